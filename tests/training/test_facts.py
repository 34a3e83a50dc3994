"""What the trainer says of a run before it trains."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from training.checkpoints.resumable import Learner, save_last
from training.config import TrainConfig
from training.errors import BadData, BadUsage
from training.facts import facts_of
from training.flags import parse
from training.network.build import build_network
from training.network.ema import Ema
from training.optim import build_optimizer
from training.progress import Progress
from training.runfolder.layout import RunFolder

SMALL = ("--dataset", "demo", "--backbone", "tf_efficientnet_lite0", "--weights", "none", "--patch_size", "64")


def config_of(*flags: str) -> TrainConfig:
    return parse([*SMALL, *flags])


def test_settings_are_those_that_the_run_would_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IQA_TUI_DATA", "/sets")
    monkeypatch.setenv("IQA_TUI_CACHE", "/cache")
    facts = facts_of(parse(["--model_size", "base", "--check"]))
    assert (facts.loss_type, facts.dataset, facts.protocol) == ("l1", "livec", "clean")
    assert (facts.network, facts.backbone) == ("swin-base", "swin_base_patch4_window7_224.ms_in22k_ft_in1k")
    assert (facts.data_folder, facts.cache_folder) == ("/sets/livec", "/cache")
    assert facts.data_folders == ["/sets/livec"]
    assert facts_of(parse(["--dataset", "live+demo", "--check"])).data_folders == ["/sets/live"]
    assert (facts.parameters, facts.checkpoint_bytes) == (None, None)
    assert facts.settings == parse(["--model_size", "base"]).as_dict()


@pytest.mark.parametrize("flags", [(), ("--ema", "0.9", "--freeze_backbone")], ids=["plain", "averaged and frozen"])
def test_the_size_of_a_checkpoint_is_that_of_the_file(tmp_path: Path, flags: tuple[str, ...]) -> None:
    facts = facts_of(config_of("--check", "network", *flags))
    config = config_of(*flags)
    network = build_network(config)
    assert facts.parameters == sum(parameter.numel() for parameter in network.parameters())
    optimizer = build_optimizer(network, config)
    for name, parameter in network.named_parameters():
        if not (flags and name.startswith("backbone.")):
            parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    run = RunFolder(tmp_path / "run")
    run.path.mkdir()
    ema = Ema(network, config.ema) if flags else None
    save_last(run, Learner(network, optimizer, config, ema=ema), Progress())
    written = run.resumable_checkpoints[0].stat().st_size
    assert facts.checkpoint_bytes is not None
    assert facts.checkpoint_bytes < written < 1.05 * facts.checkpoint_bytes  # the rest are names and generators


@pytest.mark.parametrize("missing", ["torch", "timm"])
def test_without_torch_the_settings_are_known_and_the_sizes_are_not(
    monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == missing else find(name, *rest))
    facts = facts_of(config_of("--check", "network"))
    assert (facts.network, facts.parameters, facts.checkpoint_bytes) == ("tf_efficientnet_lite0", None, None)


def test_a_backbone_that_timm_does_not_have_is_refused() -> None:
    with pytest.raises(BadUsage, match=r"no_such: timm .* has no such model"):
        facts_of(replace(config_of("--check", "network"), backbone="no_such"))


@pytest.mark.parametrize(
    "flags",
    [["--check", "--loss_type", "l2"], ["--loss_type", "l2", "--check", "settings"], ["--loss_type", "l2", "--check"]],
)
def test_check_stands_anywhere_among_the_flags(flags: Sequence[str]) -> None:
    assert facts_of(parse([*SMALL, *flags])).loss_type == "l2"


@pytest.mark.parametrize("name", ["biq2021", "demo", "flive", "uhd-iqa"])
def test_another_split_is_refused_before_a_run_if_the_data_set_has_an_official_one(name: str) -> None:
    with pytest.raises(BadData, match=f"--split_seed 3: {name} has a split of its own"):
        facts_of(parse(["--dataset", name, "--split_seed", "3", "--data_path", "/nowhere"]))
    assert facts_of(parse(["--dataset", name, "--split_seed", "0"])).settings["split_seed"] == 0


def test_another_split_is_refused_if_the_labels_name_one(tmp_path: Path) -> None:
    labels = tmp_path / "labels.csv"
    asked = parse(["--dataset", "csv", "--data_path", str(labels), "--split_seed", "3"])
    assert facts_of(asked).settings["split_seed"] == 3, "there is nothing to look at: the run will say so"
    labels.write_text("image,mos\n" + "".join(f"{number}.png,{number}\n" for number in range(10)))
    assert facts_of(asked).dataset == "csv"
    rows = (f"{number}.png,{number},{'test' if number > 7 else 'train'}\n" for number in range(10))
    labels.write_text("image,mos,split\n" + "".join(rows))
    with pytest.raises(BadData, match="--split_seed 3: csv has a split of its own"):
        facts_of(asked)
