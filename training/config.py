"""The settings of one run, checked and frozen. `training.flags` makes them of a command line.

Standard library only, as the flags are: a launcher that asks for them waits a tenth of a second.
"""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from training.loss_parts import ANSWERS, HISTOGRAM, has_part, outputs_of
from training.runfolder import image_packs
from training.runfolder.mixed import dataset_names, is_mixed, places

RESIZE = "384"
"""KonIQ-10k's short side, at which a crop shows a good part of the picture."""
CROSS_DATASETS = ("spaq", "kadid-10k", "agiqa-3k")
"""A finished network is tested on these too, if their folders are there."""
SWIN_WEIGHTS = "ms_in22k_ft_in1k"
"""The pretrained weights of every Swin size. timm's own choice is ImageNet-1k for tiny and ImageNet-22k for the others,
but sizes are compared with each other."""
OFF: dict[str, Any] = {
    "accumulate": 1,
    "warmup_steps": 0,
    "warmup_epochs": 0.0,
    "layer_decay": 1.0,
    "freeze_backbone": None,
    "ema": 0.0,
}
"""The values of `training.step_flags` that change nothing; checkpoints from before these flags mean them."""
MAY_CHANGE = (
    "data_path",
    "runs_dir",
    "run_folder",
    "num_workers",
    "train_test_num",
    "device",
    "processes",
    "tensorboard",
    "checkpoint_minutes",
    "resume",
    "check",
)
"""Flags that a resumed run may change: they change places, speed and reports, not what is trained."""


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """Every flag of one run, checked. Field names are flag names."""

    dataset: str
    """One data set, or several, such as `koniq-10k+kadid-10k`."""
    train_patch_num: int
    """Crops of each training image in an epoch."""
    test_patch_num: int
    """Crops of each evaluated image; the mean of their predictions is its score."""
    lr: float
    """Of the backbone; the new layers have `lr * lr_ratio`."""
    weight_decay: float
    lr_ratio: float
    batch_size: int
    clip_norm: float
    """A longer gradient is cut to this norm; 0: none is."""
    accumulate: int
    """Batches whose gradients make one step; 1: every batch is a step."""
    warmup_steps: int
    """Steps at the start in which the learning rate rises; 0: `warmup_epochs` says."""
    warmup_epochs: float
    """The same in epochs; 0: none."""
    layer_decay: float
    """A block of the backbone has this times the learning rate of the block after it; 1: all have `lr`."""
    freeze_backbone: str | None
    """`all`, or the number of first epochs in which the backbone stays as it is; None: it always learns."""
    ema: float
    """Decay, at each step, of the averaged weights that are scored and kept; 0: those of the last step are."""
    processes: int
    """That share out each batch, each on a GPU of its own, or with its part of the CPU's threads; 1: this one alone."""
    epochs: int
    patch_size: int
    """Side of a crop in pixels."""
    train_test_num: int
    """Seeds to train by hand, from `seed` on; one process trains one."""
    ranking_loss_alpha: float
    """Weight of the margin ranking term added to the loss; 0: none, or it is a part of `loss_type`."""
    ranking_loss_margin: float
    """On the scale of training: 0 to 1, under the published protocol 0 to 100."""
    loss_type: str
    """A loss, or a sum such as `l1+0.5*srcc`; see `training.loss_parts`."""
    answers: int
    """Of the loss emd: how many answers an opinion chooses from."""
    patience: int
    """Epochs without a better SRCC on `judged_on` before training stops."""
    no_early_stopping: bool
    no_multiscale: bool
    attention_fusion: bool
    drop_path_rate: float
    dropout_rate: float
    model_size: str
    lr_scheduler: str
    no_lr_scheduler: bool
    test_random_crop: bool
    no_spaq: bool
    no_color_jitter: bool
    pairwise_sd: str
    data_path: str | None
    """None: `$IQA_TUI_DATA/<dataset>`, else `data/<dataset>`. Or `NAME=PATH:NAME=PATH`; of several data sets also the
    folder that holds each by its name."""
    resize: str
    """Of the data set csv: images with a longer short side are shrunk to this, in pixels; `none`: no image is."""
    scale: str | None
    """Of csv: the ends of the labels' scale, `LOW,HIGH`; None: smallest and largest label outside the test split."""
    lower_is_better: bool
    """Of csv: a low label means a good image."""
    runs_dir: str
    run_folder: str | None
    """None: a new folder below `runs_dir`."""
    seed: int
    split_seed: int
    """Of data sets without an official split: each draws another one; 0: the split that all runs share."""
    backbone: str | None
    """A timm model; None: the Swin Transformer of `model_size`."""
    weights: str
    """`pretrained`, `none`, or a file."""
    num_workers: int
    device: str
    """auto, cpu, cuda. A launcher decides by `IQA_TUI_DEVICE`."""
    precision: str
    deterministic: bool
    """Operations that give other last digits each time are refused, on a GPU too."""
    torch_compile: bool
    """The network goes through torch.compile: minutes at the start, faster steps, other last digits."""
    protocol: str
    tensorboard: bool
    """Event files beside `events.jsonl`."""
    checkpoint_minutes: float
    """From one checkpoint within an epoch to the next; 0: none within an epoch."""
    resume: bool
    limit_train_images: int | None
    """None: all."""
    limit_test_images: int | None
    """None: all. Limits validation and test each."""
    no_test: bool
    """No image of the test split is used: the run is made to choose by, not to report."""
    check: str | None
    """`settings` or `network`: what to print instead of training; None: train."""

    @property
    def backbone_name(self) -> str:
        """The timm model."""
        return self.backbone or f"swin_{self.model_size}_patch4_window7_224.{SWIN_WEIGHTS}"

    @property
    def network_name(self) -> str:
        """The network as tables name it."""
        return self.backbone or f"swin-{self.model_size}"

    @property
    def outputs(self) -> int:
        """Numbers that the network gives of an image."""
        return outputs_of(self.loss_type, self.answers)

    @property
    def learns_histogram(self) -> bool:
        """Training needs the histogram of the opinions on each image."""
        return self.epochs > 0 and has_part(self.loss_type, HISTOGRAM)

    @property
    def schedule(self) -> str:
        return "none" if self.no_lr_scheduler else self.lr_scheduler

    @property
    def is_published(self) -> bool:
        """The habits of the published code are repeated."""
        return self.protocol == "published"

    @property
    def judged_on(self) -> str:
        """The split on which the best epoch is chosen."""
        return "test" if self.is_published else "val"

    @property
    def evaluated_splits(self) -> tuple[str, ...]:
        """Scored after every epoch."""
        if self.no_test:
            return ("val",)
        return ("test",) if self.is_published else ("val", "test")

    @property
    def used_splits(self) -> tuple[str, ...]:
        """Those whose images this run needs."""
        return self.evaluated_splits if self.epochs == 0 else ("train", *self.evaluated_splits)

    @property
    def test_crops(self) -> int:
        """Of each evaluated image. The published code without --test_random_crop scores the centre alone."""
        return 1 if self.is_published and not self.test_random_crop else self.test_patch_num

    @property
    def largest_short_side(self) -> int | None:
        """`resize` as a number; None: images are left as they are."""
        return None if self.resize == "none" else int(self.resize)

    @property
    def scale_ends(self) -> tuple[float, float] | None:
        """`scale` as numbers."""
        if self.scale is None:
            return None
        low, high = self.scale.split(",")
        return float(low), float(high)

    @property
    def frozen_epochs(self) -> int:
        """The first epochs, in which the backbone stays as it is."""
        return self.epochs if self.freeze_backbone == "all" else int(self.freeze_backbone or 0)

    def warmup_length(self, steps_per_epoch: int) -> int:
        """Steps at the start in which the learning rate rises."""
        return self.warmup_steps or round(self.warmup_epochs * steps_per_epoch)

    @property
    def is_limited(self) -> bool:
        """Only some images are used: the numbers are a quick look."""
        return self.limit_train_images is not None or self.limit_test_images is not None

    @property
    def dataset_names(self) -> tuple[str, ...]:
        """The data sets that are trained on, usually one."""
        return dataset_names(self.dataset)

    @property
    def is_mixed(self) -> bool:
        """Several data sets are trained on."""
        return is_mixed(self.dataset)

    def of_each_dataset(self) -> tuple[TrainConfig, ...]:
        """The settings by which each data set is read; of one data set, these."""
        return tuple(map(self._of_one, self.dataset_names)) if self.is_mixed else (self,)

    def _of_one(self, name: str) -> TrainConfig:
        by_name = places(self.data_path or "")
        folder = None if by_name or self.data_path is None else str(Path(self.data_path) / name)
        alone = replace(self, dataset=name, data_path=by_name.get(name, folder))
        return alone if name == "csv" else replace(alone, scale=None, lower_is_better=False, resize=RESIZE)

    @property
    def data_folder(self) -> Path:
        """The data set's folder; for `csv` the file itself; of several data sets the nearest folder with them all."""
        if self.is_mixed:
            read = [each.data_folder.absolute() for each in self.of_each_dataset() if each.dataset != "demo"]
            return Path(os.path.commonpath(read))
        if self.data_path is not None:
            return Path(places(self.data_path).get(self.dataset, self.data_path)).expanduser()
        return Path(os.environ.get("IQA_TUI_DATA", "data")).expanduser() / self.dataset

    @staticmethod
    def cache_folder() -> Path:
        """The folder of decoded images."""
        return image_packs.cache_folder()

    def cross_folders(self) -> dict[str, Path]:
        """Other data sets to test on after training, and their folders: beside this run's data, or in `$IQA_TUI_DATA`.

        Empty for the demo, whose labels are no opinions, and without a test.
        """
        beside = dict.fromkeys(each.data_folder.parent for each in self.of_each_dataset())
        roots = (*beside, Path(os.environ.get("IQA_TUI_DATA", "data")).expanduser())
        found = {
            name: root / name
            for name in CROSS_DATASETS
            for root in reversed(roots)  # the last written is the first
            if (root / name).is_dir()
        }
        left_out = {*self.dataset_names, "spaq" if self.no_spaq else ""}
        is_tested = "demo" not in self.dataset_names and not self.no_test
        return {} if not is_tested else {name: path for name, path in found.items() if name not in left_out}

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def what_differs(self, other: dict[str, Any]) -> list[str]:
        """Flags that make this another experiment than `other`, the `as_dict` of an earlier attempt."""
        without_them = {"split_seed": 0, "no_test": False, "answers": ANSWERS, **OFF}
        before = {**without_them, **other}  # an attempt may be of the time when there were no such flags
        names = (field.name for field in fields(self) if field.name not in MAY_CHANGE)
        return [name for name in names if name in before and before[name] != getattr(self, name)]
