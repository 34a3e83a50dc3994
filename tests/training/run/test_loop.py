"""Steps of training: batches made ahead, and steps that leave the range of numbers."""

from __future__ import annotations

import threading
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.optim.optimizer import register_optimizer_step_pre_hook

from tests.fakes.opened_datasets import decoded, opened
from tests.fakes.photographs import write_csv_dataset
from tests.fakes.trainer_processes import train_here
from tests.fakes.trouble import AT_EVERY_STEP, STEPS, at_call, events_of, warnings_of
from training.device import Placement
from training.errors import BadUsage, LossNotFinite, exit_kind
from training.flags import parse
from training.images.batches import ALONE, SplitImages
from training.loss_parts import LossPart
from training.losses import Criterion
from training.network.quality import QualityNetwork
from training.progress import Progress
from training.run import evaluate, loop, setup
from training.run.loop import _batches
from training.runfolder.events import read_events
from training.runfolder.exits import ExitKind
from training.runfolder.layout import RunFolder
from training.runfolder.read import read_record
from training.runfolder.schema import Result


@pytest.mark.usefixtures("eager")
def test_a_gradient_that_is_not_finite_reaches_neither_a_checkpoint_nor_an_evaluation(
    tmp_path: Path, flags: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the last step of the second epoch, whose loss is as it should be."""
    calls = [0]

    def loss(pred: Tensor, mos: Tensor, *, mos_sd: Tensor | None) -> Tensor:
        calls[0] += 1
        steep = (pred - pred).abs().sqrt().sum()  # 0, and its slope there is no number
        return (pred - mos).abs().mean() + (steep if calls[0] == 2 * STEPS else 0)

    monkeypatch.setattr(setup, "build_criterion", lambda _: Criterion((LossPart("l1"),), (loss,)))
    with pytest.raises(LossNotFinite) as ended:
        train_here(tmp_path / "run", *flags, *AT_EVERY_STEP)
    assert str(ended.value).startswith("gradient not finite at step 8 in epoch 2: start a new run with an --lr smaller")
    assert "the best epoch, 1, is kept in checkpoints/best.pt" in str(ended.value)
    assert exit_kind(ended.value) is ExitKind.NOT_FINITE
    run = RunFolder(tmp_path / "run")
    assert read_events(run)[-1].kind == "ended"
    assert events_of(run, "ended") == [
        {"how": "loss not finite", "epoch": 2, "step": 8, "checkpoint": "last", "saved": False}
    ]
    last = torch.load(run.last_checkpoint, weights_only=True)
    assert last["progress"]["step"] == 7
    assert all(bool(tensor.isfinite().all()) for tensor in last["network"].values())
    assert {fields["epoch"] for fields in events_of(run, "evaluated")} == {1}
    assert run.best_checkpoint.exists()
    assert run.score_file("csv", "test").exists()
    assert "the gradient of step 8 has the norm nan" in warnings_of(run)[-1]
    norms = [fields["grad_norm"] for fields in events_of(run, "step")]
    assert all(norm > 0 for norm in norms)


def test_weights_that_left_the_range_of_numbers_are_never_written(
    tmp_path: Path, flags: list[object], eager: None
) -> None:
    with pytest.raises(LossNotFinite, match=r"weights not finite .* after step 1 in epoch 1"):
        train_here(tmp_path / "run", *flags, *AT_EVERY_STEP, "--lr", "1e39")
    run = RunFolder(tmp_path / "run")
    assert not run.checkpoints.exists()
    assert events_of(run, "ended") == [
        {"how": "loss not finite", "epoch": 1, "step": 1, "checkpoint": None, "saved": False}
    ]


CPU = Placement(torch.device("cpu"), "CPU", "fp32")


GPU = Placement(torch.device("cuda"), "a GPU", "bf16")


FLAGS = [
    *("--dataset", "demo", "--backbone", "test_efficientnet", "--weights", "none", "--attention_fusion"),
    *("--patch_size", "64", "--batch_size", "4", "--train_patch_num", "3", "--test_patch_num", "3"),
]


@pytest.fixture
def dataset(tmp_path):
    return opened("csv", write_csv_dataset(tmp_path))


@pytest.fixture
def images(dataset) -> SplitImages:
    return SplitImages(dataset, decoded(dataset, 64), "train")


def test_batches_made_ahead_and_pinned_for_a_gpu_hold_the_same_bytes(images, monkeypatch):
    pinned_by = set()

    def pin_memory(tensor: torch.Tensor) -> torch.Tensor:
        pinned_by.add(threading.current_thread().name)
        return tensor.clone()

    monkeypatch.setattr(torch.Tensor, "pin_memory", pin_memory)
    config = parse(FLAGS)

    def everything(placement: Placement) -> list[np.ndarray]:
        batches = _batches(
            SimpleNamespace(images={"train": (images,)}, config=config, placement=placement, part=ALONE), Progress()
        )
        parts = [
            part for batch in batches for part in (batch.crops, batch.mos, batch.mos_sd, batch.flips, batch.jitters)
        ]
        scored = evaluate._batches(images, config, placement, 8)
        return [part.numpy() for part in (*parts, *(part for pair in scored for part in pair))]

    for ours, theirs in zip(everything(GPU), everything(CPU), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert pinned_by == {"batches"}


@pytest.mark.parametrize("clip", [0.0, 1e-6, 1e6])
def test_how_many_gradients_were_cut_stands_in_events_and_result(tmp_path, flags, clip):
    run = train_here(tmp_path / "run", *flags, "--epochs", 1, "--clip_norm", clip)
    share = {0.0: None, 1e-6: 1.0, 1e6: 0.0}[clip]
    (epoch,) = events_of(run, "epoch")
    assert epoch["clipped"] == share
    assert read_record(run.result, Result).clipped == share


def test_a_gradient_is_cut_to_the_norm_that_was_asked_for(tmp_path, flags):
    """Under plain descent a step is as long as the gradient; AdamW hides it, so the gradients themselves are looked at."""
    norms = []

    def look(optimizer, *_):
        parameters = [one for group in optimizer.param_groups for one in group["params"] if one.grad is not None]
        norms.append(float(torch.linalg.vector_norm(torch.stack([one.grad.norm() for one in parameters]))))

    handle = register_optimizer_step_pre_hook(look)
    try:
        train_here(tmp_path / "run", *flags, "--epochs", 1, "--clip_norm", 0.25)
    finally:
        handle.remove()
    assert norms
    assert max(norms) <= 0.25 * 1.001


def test_an_operation_without_the_same_bits_is_named_if_the_user_asked_for_them(tmp_path, flags, monkeypatch):
    def forward(*_):
        raise RuntimeError(
            "adaptive_avg_pool2d_backward_cuda does not have a deterministic implementation, but you set …"
        )

    monkeypatch.setattr(QualityNetwork, "forward", forward)
    with pytest.raises(
        BadUsage, match=r"--deterministic: adaptive_avg_pool2d_backward_cuda does not have .* Leave the"
    ):
        train_here(tmp_path / "run", *flags, "--deterministic")
    assert torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(False)
    with pytest.raises(RuntimeError, match="adaptive"):
        train_here(tmp_path / "other", *flags)


def test_the_parts_of_a_sum_stand_in_the_events_of_steps_and_epochs(tmp_path, flags):
    run = train_here(tmp_path / "run", *flags, "--epochs", 2, "--loss_type", "l1 + 0.5 * srcc")
    steps, epochs = events_of(run, "step"), events_of(run, "epoch")
    assert steps
    for fields in (*steps, *epochs):
        assert fields["loss"] == pytest.approx(fields["loss_l1"] + 0.5 * fields["loss_srcc"], rel=1e-5)
    assert len({fields["loss_srcc"] for fields in epochs}) == 2
    assert read_record(run.result, Result).loss_type == "l1+0.5*srcc"
    assert read_record(run.result, Result).calibration is None


@pytest.mark.usefixtures("eager")
def test_an_epochs_means_of_parts_are_over_all_its_steps_after_a_resume_too(tmp_path, flags, monkeypatch):
    loss = ["--loss_type", "l1+0.5*l2", "--epochs", 2, *AT_EVERY_STEP]

    def stop() -> None:
        raise KeyboardInterrupt

    whole = train_here(tmp_path / "whole", *flags, *loss)
    with monkeypatch.context() as patched:
        patched.setattr(loop, "_train_step", at_call(STEPS + 3, stop, loop._train_step))
        with pytest.raises(KeyboardInterrupt):
            train_here(tmp_path / "broken", *flags, *loss)
    broken = train_here(tmp_path / "broken", *flags, *loss, "--resume")
    ours, theirs = (
        [{name: fields[name] for name in ("loss", "loss_l1", "loss_l2")} for fields in events_of(run, "epoch")]
        for run in (broken, whole)
    )
    assert len(theirs) == 2
    assert ours == theirs


def test_a_single_loss_has_no_parts_in_its_events(tmp_path, flags):
    run = train_here(tmp_path / "run", *flags, "--epochs", 1, "--ranking_loss_alpha", 0)
    fields = {name for kind in ("step", "epoch") for one in events_of(run, kind) for name in one}
    assert {name for name in fields if name.startswith("loss")} == {"loss"}
