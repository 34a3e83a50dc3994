"""The flags of `python -m training`, and what is refused of them.

Flags and defaults are those of the published code (github.com/cny123222/Perceptual-IQA-CS3324) with ours on top.
Standard library only: checking flags takes a tenth of a second.
"""

from __future__ import annotations

import argparse
import importlib.util
import itertools
import re
import shlex
import sys
from collections.abc import Sequence
from typing import NoReturn

from training.config import CROSS_DATASETS, RESIZE, TrainConfig
from training.dataset_flag import DATASETS, EXAMPLE, dataset, refused_data
from training.flag_values import above_zero, from_zero, not_negative, positive, rate, resize, scale, seed
from training.loss_flags import add_loss_flags, refused_losses
from training.loss_parts import default_alpha
from training.step_flags import Group, add_step_flags, refused_steps

MODEL_SIZES = ("tiny", "small", "base")
DEVICES = ("auto", "cpu", "cuda")
PRECISIONS = ("auto", "fp32", "tf32", "bf16", "fp16")
PROTOCOLS = ("clean", "published")
CHECK_SETTINGS, CHECK_NETWORK = "settings", "network"
NEGATIVE = re.compile(r"-[\d.]")
"""How a word begins that is a value, not a flag."""


class Parser(argparse.ArgumentParser):
    """Prints `error: <words>` as its last line, where the supervisor looks for a cause."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(2, f"error: {message}\n")


def parse(argv: list[str]) -> TrainConfig:
    """Read and check flags; exits with code 2 and a reason if they are refused."""
    parser = build_parser()
    flags = vars(parser.parse_args(argv))
    config = TrainConfig(**{"ranking_loss_alpha": default_alpha(flags["loss_type"]), **flags})
    reason = refusal(config)
    if reason:
        parser.error(reason)
    return config


def refusal(config: TrainConfig) -> str | None:
    """Why these flags are refused, in words; None if they are not."""
    reasons = (
        *refused_steps(config),
        *refused_data(config),
        *refused_losses(config),
        (
            config.tensorboard and importlib.util.find_spec("tensorboard") is None,
            "--tensorboard needs a package that is not installed: pip install 'iqa-tui[tensorboard]'",
        ),
        (
            config.attention_fusion and config.no_multiscale,
            "--attention_fusion weighs the scales of the multi-scale fusion, so it cannot go with --no_multiscale",
        ),
        (
            config.no_test and config.is_published,
            "--no_test: the published protocol has no validation split to score instead: use --protocol clean",
        ),
        (
            config.resume and config.run_folder is None,
            "--resume needs --run_folder, the folder of the run to go on with",
        ),
    )
    return next((reason for is_refused, reason in reasons if is_refused), None)


def command_of(config: TrainConfig) -> str:
    """The shortest command that means the same, without the place of its run folder."""
    defaults = {**vars(build_parser().parse_args([])), "ranking_loss_alpha": default_alpha(config.loss_type)}
    left_out = {"runs_dir", "run_folder", "device", "tensorboard", "resume", "check"}
    words = ["python", "-m", "training"]
    for name, value in config.as_dict().items():
        if name not in left_out and (value != defaults[name] or name == "dataset"):
            words += [f"--{name}"] if value is True else [f"--{name}", str(value)]
    return shlex.join(words)


def without_flags(argv: Sequence[str], flags: dict[str, int]) -> list[str]:
    """`argv` without some flags, written in either way (`--seed 1`, `--seed=1`).

    Args:
        argv: of `python -m training`.
        flags: those to leave out, and how many words follow each.
    """
    kept: list[str] = []
    words = iter(argv)
    for word in words:
        if word in flags:
            list(itertools.islice(words, flags[word]))
        elif word.partition("=")[0] not in flags:
            kept.append(word)
    return kept


def build_parser() -> Parser:
    """All flags, grouped as a reader looks for them."""
    parser = Parser(
        prog="python -m training",
        description="Train one no-reference image-quality network and test it. Writes a run folder.",
        allow_abbrev=False,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser._negative_number_matcher = NEGATIVE  # noqa: SLF001 - argparse takes the value `-1,1` for a flag otherwise
    _add_data_flags(parser.add_argument_group("data"))
    _add_network_flags(parser.add_argument_group("network"))
    add_loss_flags(parser.add_argument_group("loss"))
    _add_training_flags(parser.add_argument_group("training"))
    add_step_flags(parser.add_argument_group("steps, each off unless asked for"))
    _add_run_flags(parser.add_argument_group("run"))
    return parser


def _add_data_flags(group: Group) -> None:
    group.add_argument(
        "--dataset",
        default="livec",
        type=dataset,
        metavar="NAME",
        help=f"one of {', '.join(DATASETS)}; several, such as {EXAMPLE}, train one network on all",
    )
    group.add_argument(
        "--data_path",
        help="folder of the data set, or the file for csv; otherwise $IQA_TUI_DATA/NAME or data/NAME; of several data "
        "sets the folder that holds them all, or NAME=FOLDER:NAME=FOLDER",
    )
    group.add_argument(
        "--scale",
        type=scale,
        metavar="LOW,HIGH",
        help="csv: the labels' scale; otherwise as far as training labels reach",
    )
    group.add_argument(
        "--lower_is_better", action="store_true", help="csv: a low label means a good image, as with DMOS"
    )
    group.add_argument(
        "--resize", type=resize, default=RESIZE, metavar="N|none", help="csv: shrink images to this short side, pixels"
    )
    group.add_argument("--patch_size", type=positive, default=224, help="side of a crop, pixels")
    group.add_argument("--train_patch_num", type=positive, default=25, help="crops of a training image in an epoch")
    group.add_argument("--test_patch_num", type=positive, default=25, help="crops of a test image")
    group.add_argument(
        "--test_random_crop",
        action="store_true",
        help="test crops at places drawn from seed and image name; otherwise on a regular grid (published: the centre)",
    )
    group.add_argument("--no_color_jitter", action="store_true", help="leave brightness, contrast, saturation alone")
    group.add_argument(
        "--no_spaq",
        action="store_true",
        help=f"leave SPAQ out of the tests on other data sets after training ({', '.join(CROSS_DATASETS)})",
    )
    group.add_argument("--limit_train_images", type=positive, metavar="N", help="a quick look: only N images")
    group.add_argument("--limit_test_images", type=positive, metavar="N", help="same for validation and for test")
    group.add_argument(
        "--no_test", action="store_true", help="score the validation split alone, for runs that are chosen by"
    )
    group.add_argument("--num_workers", type=positive, default=4, help="threads that decode images")


def _add_network_flags(group: Group) -> None:
    group.add_argument("--model_size", choices=MODEL_SIZES, default="tiny", help="of the Swin Transformer")
    group.add_argument("--backbone", metavar="TIMM_MODEL", help="any timm model with four feature maps, not a Swin")
    group.add_argument(
        "--weights",
        default="pretrained",
        help="pretrained, none, or a file: the backbone's, a run's best.pt or best.safetensors, a published checkpoint",
    )
    group.add_argument("--no_multiscale", action="store_true", help="use the last feature map alone")
    group.add_argument("--attention_fusion", action="store_true", help="weigh the scales by the image")
    group.add_argument("--drop_path_rate", type=rate, default=0.2, help="stochastic depth of the backbone")
    group.add_argument("--dropout_rate", type=rate, default=0.3, help="of the hyper-network and the target network")


def _add_training_flags(group: Group) -> None:
    group.add_argument("--protocol", choices=PROTOCOLS, default="clean", help="published: as the published code")
    group.add_argument("--lr", type=above_zero, default=2e-5, help="of the backbone")
    group.add_argument("--lr_ratio", type=above_zero, default=10.0, help="new layers learn at lr times this")
    group.add_argument("--weight_decay", type=not_negative, default=5e-4)
    group.add_argument(
        "--clip_norm", type=not_negative, default=1.0, help="cut the gradient of a step to this norm; 0: leave it"
    )
    group.add_argument("--batch_size", type=positive, default=96, help="crops a step")
    group.add_argument("--epochs", type=from_zero, default=16, help="0: score the network as --weights made it")
    group.add_argument("--lr_scheduler", choices=("cosine", "step", "none"), default="cosine")
    group.add_argument("--no_lr_scheduler", action="store_true", help="the same as --lr_scheduler none")
    group.add_argument(
        "--patience", type=positive, default=5, help="epochs without a better SRCC (of validation; published: of test)"
    )
    group.add_argument("--no_early_stopping", action="store_true")
    group.add_argument(
        "--train_test_num",
        type=positive,
        default=10,
        help="seeds to train one after another, from --seed on; each is a run of its own",
    )
    group.add_argument("--seed", type=seed, default=42, help="all that is random follows from it, but for the split")
    group.add_argument("--split_seed", type=seed, default=0, help="another split, if the data set has no official one")
    group.add_argument(
        "--device",
        choices=DEVICES,
        default="auto",
        help="auto: a GPU if torch can use one, and the CPU only of a machine without GPUs",
    )
    group.add_argument(
        "--precision",
        choices=PRECISIONS,
        default="auto",
        help="auto: bf16 if the device has it; tf32: fp32 with faster, coarser products on a GPU that has them; "
        "fp16: with scaled losses, for a GPU without bf16",
    )
    group.add_argument(
        "--deterministic",
        action="store_true",
        help="two runs of one seed on one GPU give the same bits; slower, and refused if an operation cannot",
    )
    group.add_argument(
        "--torch_compile",
        action="store_true",
        help="compile the network: minutes at the start, then faster steps; for long runs on a GPU",
    )


def _add_run_flags(group: Group) -> None:
    group.add_argument("--runs_dir", default="runs", help="the folder in which a new run folder is made")
    group.add_argument(
        "--run_folder", help="this folder instead of a new one; with several seeds, _s<seed> is added for each"
    )
    group.add_argument(
        "--tensorboard", action="store_true", help="write TensorBoard event files into the run folder as well"
    )
    group.add_argument(
        "--checkpoint_minutes",
        type=not_negative,
        default=10.0,
        help="between checkpoints within an epoch; 0: only after each epoch",
    )
    group.add_argument("--resume", action="store_true", help="go on from the run folder's last checkpoint")
    group.add_argument(
        "--check",
        nargs="?",
        const=CHECK_SETTINGS,
        choices=(CHECK_SETTINGS, CHECK_NETWORK),
        help="check the flags, print the settings as JSON, and exit; network: with the sizes of network and checkpoint",
    )
