"""Flags of a step in a whole run, against a plain torch loop written out here, and resumed after a kill."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from tests.fakes.opened_datasets import decoded, opened
from tests.fakes.trainer_processes import train_here
from tests.fakes.trouble import AT_EVERY_STEP, STEPS, at_call, events_of
from training.config import TrainConfig
from training.device import Placement
from training.errors import BadUsage, LossNotFinite
from training.flags import parse
from training.images.batches import SplitImages, TrainBatch, train_batches
from training.images.transforms import Normalisation, plan_crops, to_network_input
from training.losses import build_criterion
from training.losses.table import Criterion
from training.network.build import build_network
from training.progress import Progress
from training.readout import Readout
from training.run import loop, setup
from training.run.loop import MOST_SKIPPED, Unread
from training.runfolder.layout import RunFolder
from training.runfolder.read import read_record
from training.runfolder.schema import Result
from training.seed import seed_network

FP32 = ["--precision", "fp32", "--ranking_loss_alpha", "0"]
EVERY_WAY = [
    *("--accumulate", 3, "--warmup_steps", 3, "--ema", 0.9, "--layer_decay", 0.7, "--freeze_backbone", 1),
    *("--train_patch_num", 2, "--epochs", 2),
]
CPU_IN_FP16 = Placement(torch.device("cpu"), "CPU", "fp16")


def checkpoint(run: RunFolder) -> dict[str, Any]:
    content: dict[str, Any] = torch.load(run.last_checkpoint, weights_only=True)
    return content


def config_of(*flags: object) -> TrainConfig:
    return parse([str(flag) for flag in flags])


def same(ours: Any, theirs: Any) -> bool:
    """Bit for bit, tensors within dicts and lists too."""
    if torch.is_tensor(ours):
        return torch.equal(ours, theirs)
    if isinstance(ours, dict):
        return ours.keys() == theirs.keys() and all(same(value, theirs[key]) for key, value in ours.items())
    return bool(ours == theirs)


def test_accumulation_and_average_are_those_of_a_plain_loop(tmp_path: Path, flags: list[object]) -> None:
    """Ten crops in batches of three: steps of six and of four crops."""
    given = [*flags, *FP32, "--epochs", 1, "--no_lr_scheduler", "--accumulate", 2, "--ema", 0.9, "--clip_norm", 0.5]
    run = train_here(tmp_path / "run", *given)

    config = config_of(*given)
    dataset = opened("csv", config.data_path)
    images = SplitImages(dataset, decoded(dataset, config.patch_size), "train")
    plan = plan_crops(len(images), config.train_patch_num, seed=config.seed, epoch=1)
    batches = list(train_batches(images, plan, config))
    seed_network(config.seed)
    network = build_network(config)
    network.train()
    slow = [one for name, one in network.named_parameters() if name.startswith("backbone.")]
    fast = [one for name, one in network.named_parameters() if not name.startswith("backbone.")]
    groups = [
        {"params": [one for one in part if (one.ndim > 1) is decays], "lr": lr, "weight_decay": 5e-4 * decays}
        for part, lr in ((fast, 1e-2), (slow, 1e-3))
        for decays in (True, False)
    ]
    optimizer = torch.optim.AdamW(groups, fused=True)  # the loop over tensors has other last digits
    average = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    means = []
    for first in (0, 2):
        pair = batches[first : first + 2]
        crops = sum(len(batch.mos) for batch in pair)
        optimizer.zero_grad()
        mean = 0.0
        for batch in pair:
            pred = network(to_network_input(batch.crops, network.normalisation, batch.flips, batch.jitters))
            part = (pred - batch.mos).abs().mean() * (len(batch.mos) / crops)
            part.backward()
            mean += part.item()
        nn.utils.clip_grad_norm_(network.parameters(), 0.5)
        optimizer.step()
        means.append(mean)
        for name, tensor in network.state_dict().items():
            average[name] = 0.9 * average[name] + 0.1 * tensor if tensor.is_floating_point() else tensor.clone()

    written = checkpoint(run)
    for name, tensor in network.state_dict().items():
        torch.testing.assert_close(written["network"][name], tensor, rtol=1e-5, atol=1e-6)
        torch.testing.assert_close(written["ema"][name], average[name], rtol=1e-5, atol=1e-6)
    assert [step["loss"] for step in events_of(run, "step")] == pytest.approx(means, rel=1e-5)
    assert written["progress"]["step"] == events_of(run, "started")[0]["steps_per_epoch"] == 2


class OneLayer(nn.Linear):
    normalisation = Normalisation((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
    readout = Readout()

    def forward(self, images: Tensor) -> Tensor:
        return super().forward(images.flatten(1)).squeeze(1)


def test_a_step_of_unequal_batches_is_the_step_of_one_large_batch() -> None:
    draw = torch.Generator().manual_seed(3)
    crops = torch.randint(0, 256, (5, 8, 8, 3), generator=draw, dtype=torch.uint8)
    mos, flips, jitters = torch.rand(5, generator=draw), torch.zeros(5, dtype=torch.bool), torch.ones(5, 3)

    def weights_after(*parts: slice) -> Tensor:
        torch.manual_seed(4)
        network = OneLayer(8 * 8 * 3, 1)
        config = config_of("--dataset", "demo", "--loss_type", "l2", "--ranking_loss_alpha", 0, "--clip_norm", 0)
        used = SimpleNamespace(
            config=config,
            network=network,
            placement=Placement(torch.device("cpu"), "CPU", "fp32"),
            criterion=build_criterion(config),
            optimizer=torch.optim.SGD(network.parameters(), lr=0.01),
            scaler=torch.amp.GradScaler("cpu", enabled=False),
            ema=None,
            team=None,
        )
        batches = [TrainBatch(crops[part], mos[part], None, flips[part], jitters[part]) for part in parts]
        loop._train_step(used, batches)
        return network.weight.detach()

    whole = weights_after(slice(0, 5))
    torch.testing.assert_close(weights_after(slice(0, 2), slice(2, 4), slice(4, 5)), whole, rtol=1e-6, atol=1e-6)
    assert not torch.allclose(weights_after(slice(0, 2)), whole, atol=1e-4)


def test_the_averaged_weights_are_scored_and_kept_and_the_others_go_on_learning(
    tmp_path: Path, flags: list[object]
) -> None:
    run = train_here(tmp_path / "run", *flags, *FP32, "--epochs", 1, "--ema", 0.5)
    written, kept = checkpoint(run), torch.load(run.best_checkpoint, weights_only=True)["network"]
    assert same(kept, written["ema"])
    assert not same(kept, written["network"])
    plain = train_here(tmp_path / "plain", *flags, *FP32, "--epochs", 1)
    assert same(checkpoint(plain)["network"], written["network"])
    assert "averaged weights (EMA, decay 0.5) are scored and kept" in read_record(run.result, Result).notes
    again = train_here(tmp_path / "again", *flags, *FP32, "--epochs", 0, "--weights", run.best_weights)
    assert read_record(again.result, Result).metrics["test"] == read_record(run.result, Result).metrics["test"]


def test_a_frozen_backbone_keeps_weights_and_statistics_until_it_may_learn(tmp_path: Path, flags: list[object]) -> None:
    given = [*flags, *FP32, "--drop_path_rate", 0.5, "--epochs", 1]
    seed_network(42)
    first = {name: one for name, one in build_network(config_of(*given)).state_dict().items() if "backbone" in name}
    for length, stays in (("all", True), ("1", False)):
        run = train_here(tmp_path / length, *given, "--epochs", 2, "--freeze_backbone", length)
        written = checkpoint(run)
        assert all(torch.equal(written["network"][name], tensor) for name, tensor in first.items()) is stays
        moments = [state["step"].item() for state in written["optimizer"]["state"].values()]
        assert (min(moments), max(moments)) == ((2 * STEPS, 2 * STEPS) if stays else (STEPS, 2 * STEPS))
        assert (len(moments) < len(first)) is stays


def test_a_warm_up_that_does_not_end_is_refused(tmp_path: Path, flags: list[object]) -> None:
    with pytest.raises(BadUsage, match=r"--warmup_epochs 2: a warm-up of 8 steps does not end within the 8 of this"):
        train_here(tmp_path / "run", *flags, "--warmup_epochs", 2)


def kill() -> None:
    raise MemoryError


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize(
    "precision", [None, CPU_IN_FP16], ids=["every way of making a step", "the same in fp16 with a scaled loss"]
)
def test_a_kill_within_an_accumulation_in_the_warm_up_or_after_it_changes_no_bit(
    tmp_path: Path, flags: list[object], monkeypatch: pytest.MonkeyPatch, precision: Placement | None
) -> None:
    """Seven batches an epoch in steps of three; the batches at which it is killed are the second of a step."""
    if precision is not None:
        monkeypatch.setattr(setup, "place", lambda *_: precision)
    unbroken = train_here(tmp_path / "unbroken", *flags, *EVERY_WAY, *AT_EVERY_STEP)
    for batch in (2, 5, 6):  # of an attempt: in step 1; in step 2; from there on in step 4, after the warm-up
        with monkeypatch.context() as patched:
            patched.setattr(loop, "_values", at_call(batch, kill, loop._values))
            with pytest.raises(MemoryError):
                train_here(tmp_path / "killed", *flags, *EVERY_WAY, *AT_EVERY_STEP, "--resume")
    killed = train_here(tmp_path / "killed", *flags, *EVERY_WAY, *AT_EVERY_STEP, "--resume")
    assert [event["step"] for event in events_of(killed, "resumed")] == [1, 3]
    ours, theirs = checkpoint(killed), checkpoint(unbroken)
    for part in ("network", "ema", "optimizer", "scaler", "generators"):
        assert same(ours[part], theirs[part]), part
    assert bool(ours["scaler"]) is (precision is not None)
    assert read_record(killed.result, Result).metrics == read_record(unbroken.result, Result).metrics
    name = killed.scores / "csv_test.csv"
    assert name.read_bytes() == (unbroken.scores / "csv_test.csv").read_bytes()


def test_fp16_scales_the_loss_and_skips_a_step_whose_gradient_overflows(
    tmp_path: Path, flags: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = Criterion.total, [0]

    def steep_once(criterion: Criterion, values: Sequence[Tensor]) -> Tensor:
        calls[0] += 1
        return real(criterion, values) * (1e35 if calls[0] == 2 else 1)

    monkeypatch.setattr(setup, "place", lambda *_: CPU_IN_FP16)
    monkeypatch.setattr(Criterion, "total", steep_once)
    run = train_here(tmp_path / "run", *flags, "--epochs", 1)
    result, written = read_record(run.result, Result), checkpoint(run)
    assert result.precision == "fp16"
    skipped = written["progress"]["skipped"]
    assert 1 <= skipped < STEPS  # at the first scale another may overflow
    assert written["scaler"]["scale"] == 2.0 ** (16 - skipped)
    assert {state["step"].item() for state in written["optimizer"]["state"].values()} == {STEPS - skipped}
    (note,) = [note for note in result.notes if "changed no weight" in note]
    assert note.startswith(f"{skipped} of 4 steps")
    assert all(step["grad_norm"] is None or math.isfinite(step["grad_norm"]) for step in events_of(run, "step"))


def test_a_gradient_that_overflows_whatever_the_scale_ends_the_run() -> None:
    said = SimpleNamespace(close_bar=lambda: None, warning=lambda _: None)
    progress = Progress(step=MOST_SKIPPED)
    unread = Unread(progress, config_of("--dataset", "demo"), (), is_scaled=True)
    for _ in range(MOST_SKIPPED):
        unread.add(torch.tensor([1.0, math.inf]))
    unread.read(said)
    assert (progress.skipped, progress.clipped) == (MOST_SKIPPED, 0)
    progress.step += 1
    unread.add(torch.tensor([1.0, math.inf]))
    with pytest.raises(LossNotFinite, match=r"gradient not finite at step 41 .* or with --precision fp32"):
        unread.read(said)
