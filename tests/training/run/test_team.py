"""Several processes on one run, against the run of one process: CPU processes that meet through gloo."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from tests.fakes.trainer_processes import SMALL, train, train_here
from tests.fakes.trouble import AT_EVERY_STEP, at_call, events_of
from training.config import TrainConfig
from training.device import Placement, share_out
from training.errors import BadUsage, NoDevice, WorkerLost
from training.images.batches import Part
from training.network.quality import QualityNetwork
from training.optim import build_optimizer
from training.process import workers
from training.run import loop, setup
from training.runfolder.layout import RunFolder
from training.runfolder.read import read_record
from training.runfolder.schema import Result

NETWORK = ["--backbone", "test_convnext", "--weights", "none", "--precision", "fp32", "--ranking_loss_alpha", 0]
"""Without batch norm."""
NO_DROPOUT = ["--dropout_rate", 0, "--drop_path_rate", 0]
"""Each process draws its own masks."""
TWO = ["--processes", 2]
CPU_IN_FP16 = Placement(torch.device("cpu"), "CPU", "fp16")


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


@pytest.fixture(autouse=True)
def linear_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """AdamW divides a gradient by its size, so of a gradient that is nearly zero the last digits would be the step."""

    def with_momentum(network: QualityNetwork, config: TrainConfig) -> torch.optim.Optimizer:
        groups = build_optimizer(network, config).param_groups
        kept = ("params", "lr", "first_lr", "weight_decay")
        return torch.optim.SGD([{name: group[name] for name in kept} for group in groups], momentum=0.9)

    monkeypatch.setattr(setup, "build_optimizer", with_momentum)


@pytest.fixture
def few(flags: list[object]) -> list[object]:
    """Nine crops in batches of four: the second process has no crop in the last one."""
    flags.remove("--attention_fusion")  # its dropout cannot be turned off
    return [*flags, *NETWORK, "--limit_train_images", 9, "--batch_size", 4, "--lr", 3e-4, "--lr_ratio", 1]


def checkpoint(run: RunFolder) -> dict[str, Any]:
    content: dict[str, Any] = torch.load(run.last_checkpoint, weights_only=True)
    return content


def scores_of(run: RunFolder) -> list[float]:
    rows = (row for split in ("val", "test") for row in run.score_file("csv", split).read_text().splitlines()[1:])
    return [float(row.split(",")[2]) for row in rows]


def reported(run: RunFolder) -> dict[int, dict[str, float]]:
    """Step to loss, its parts and the norm of the gradient; the first and the last of each epoch are always there."""
    return {
        step["step"]: {name: value for name, value in step.items() if name.startswith("loss") or name == "grad_norm"}
        for step in events_of(run, "step")
    }


def assert_same_steps(ours: RunFolder, theirs: RunFolder, within: float) -> None:
    found, expected = reported(ours), reported(theirs)
    shared = sorted(found.keys() & expected.keys())
    assert len(shared) >= 2
    for step in shared:
        norm = expected[step].pop("grad_norm")  # a root of millions of squares
        assert found[step].pop("grad_norm") == pytest.approx(norm, rel=max(within, 1e-4))
        assert found[step] == pytest.approx(expected[step], rel=within, abs=within)


def assert_same_run(ours: RunFolder, theirs: RunFolder) -> None:
    """Weights, averages, moments of the optimiser, losses and scores."""
    written, expected = checkpoint(ours), checkpoint(theirs)
    for part in ("network", "ema"):
        for name, tensor in (expected[part] or {}).items():
            torch.testing.assert_close(written[part][name], tensor, rtol=1e-6, atol=1e-6)
    for number, state in expected["optimizer"]["state"].items():
        for name, tensor in state.items():
            torch.testing.assert_close(written["optimizer"]["state"][number][name], tensor, rtol=1e-6, atol=1e-6)
    assert written["progress"]["loss_sum"] == pytest.approx(expected["progress"]["loss_sum"], rel=1e-6, abs=1e-6)
    assert written["progress"]["clipped"] == expected["progress"]["clipped"]
    assert_same_steps(ours, theirs, within=1e-5)
    assert scores_of(ours) == pytest.approx(scores_of(theirs), rel=1e-6, abs=1e-5)  # on a scale of 1 to 5


def test_two_processes_make_the_steps_of_one_whatever_the_loss(tmp_path: Path, few: list[object]) -> None:
    """Accumulated, clipped and averaged; the events hold the value of each loss."""
    loss = "l1+l2+0.5*srcc+rank+pairwise+0.5*plcc+thurstone"
    ways = ["--accumulate", 2, "--clip_norm", 0.3, "--ema", 0.9, "--epochs", 2, *NO_DROPOUT, "--loss_type", loss]
    one = train_here(tmp_path / "one", *few, *ways)
    two = train_here(tmp_path / "two", *few, *ways, *TWO)
    assert checkpoint(one)["progress"]["clipped"] > 0
    assert_same_run(two, one)
    result = read_record(two.result, Result)
    assert result.device == "CPU (2 processes, 1 thread each)"
    assert "2 processes share out each batch of 4 crops" in result.notes
    assert result.config["processes"] == 2
    assert "--processes 2" in two.model_card.read_text()


def test_three_processes_with_a_frozen_beginning_and_more_of_them_than_images(
    tmp_path: Path, few: list[object]
) -> None:
    ways = ["--freeze_backbone", 1, "--limit_test_images", 2, "--batch_size", 6, "--epochs", 2, *NO_DROPOUT]
    one = train_here(tmp_path / "one", *few, *ways)
    three = train_here(tmp_path / "three", *few, *ways, "--processes", 3)
    assert_same_run(three, one)


def test_scaled_losses_reach_every_process(tmp_path: Path, few: list[object], monkeypatch: pytest.MonkeyPatch) -> None:
    """In fp16, at a scale at which no gradient overflows."""
    monkeypatch.setattr(setup, "place", lambda *_: CPU_IN_FP16)
    monkeypatch.setattr(Placement, "grad_scaler", lambda _: torch.amp.GradScaler("cpu", init_scale=64.0))
    given = [*few, *NO_DROPOUT, "--epochs", 1]
    one, two = train_here(tmp_path / "one", *given), train_here(tmp_path / "two", *given, *TWO)
    assert checkpoint(two)["scaler"] == checkpoint(one)["scaler"]
    assert_same_steps(two, one, within=1e-2)


def kill() -> None:
    raise MemoryError


@pytest.mark.usefixtures("eager")
def test_a_resume_may_have_another_number_of_processes(
    tmp_path: Path, few: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    unbroken = train_here(tmp_path / "unbroken", *few, *NO_DROPOUT, *AT_EVERY_STEP)
    for batch, processes in ((3, 2), (3, 1)):
        with monkeypatch.context() as patched:
            patched.setattr(loop, "_values", at_call(batch, kill, loop._values))
            with pytest.raises(MemoryError):
                train_here(tmp_path / "run", *few, *NO_DROPOUT, *AT_EVERY_STEP, "--resume", "--processes", processes)
    run = train_here(tmp_path / "run", *few, *NO_DROPOUT, *AT_EVERY_STEP, "--resume", *TWO)
    assert [event["step"] for event in events_of(run, "resumed")] == [2, 4]
    assert_same_run(run, unbroken)
    assert any("from step 3 on CPU (1 thread)" in note for note in read_record(run.result, Result).notes)


@pytest.mark.usefixtures("eager")
def test_the_masks_of_dropout_are_drawn_again_after_a_kill(
    tmp_path: Path, few: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    given = [*few, "--attention_fusion", "--drop_path_rate", 0.3, *AT_EVERY_STEP, *TWO]
    unbroken = train_here(tmp_path / "unbroken", *given)
    with monkeypatch.context() as patched:
        patched.setattr(loop, "_values", at_call(3, kill, loop._values))
        with pytest.raises(MemoryError):
            train_here(tmp_path / "run", *given)
    run = train_here(tmp_path / "run", *given, "--resume")
    theirs = checkpoint(unbroken)["network"]
    assert all(torch.equal(tensor, theirs[name]) for name, tensor in checkpoint(run)["network"].items())
    assert (run.scores / "csv_test.csv").read_bytes() == (unbroken.scores / "csv_test.csv").read_bytes()


@pytest.mark.gpu
@pytest.mark.skipif(torch.cuda.device_count() < 2, reason="torch finds fewer than two GPUs here")
def test_two_gpus_make_the_steps_of_one(tmp_path: Path, few: list[object]) -> None:
    given = [*few, *NO_DROPOUT, "--device", "cuda", "--epochs", 1]
    one, two = train_here(tmp_path / "one", *given), train_here(tmp_path / "two", *given, *TWO)
    assert_same_steps(two, one, within=1e-3)
    assert read_record(two.result, Result).device.startswith("2 × ")


def test_more_processes_than_gpus_are_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    gpu = Placement(torch.device("cuda"), "H100", "bf16")
    assert share_out(gpu, 1) is gpu
    with pytest.raises(NoDevice, match=r"--processes 2 needs as many GPUs, and this run has 1 \(CUDA_VISIBLE_DEVICES="):
        share_out(gpu, 2)


def test_each_row_of_a_batch_is_one_processes() -> None:
    for count in range(1, 12):
        for of in range(1, 5):
            rows = [row for rank in range(of) for row in range(count)[Part(rank, of).rows(count)]]
            assert rows == list(range(count))
            made = [len(range(count)[Part(rank, of).rows_to_make(count)]) for rank in range(of)]
            assert min(made) >= 1
            assert sum(made) == max(count, of)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--backbone", "test_efficientnet"], "--processes 2: test_efficientnet has batch norm"),
        (["--backbone", "test_resnet"], "take a backbone without it"),
    ],
)
def test_batch_norm_is_refused_unless_it_is_frozen(
    tmp_path: Path, few: list[object], more: list[object], words: str
) -> None:
    with pytest.raises(BadUsage, match=words):
        train_here(tmp_path / "run", *few, *more, *TWO)


def test_a_frozen_backbone_may_have_batch_norm(tmp_path: Path, few: list[object]) -> None:
    ways = ["--backbone", "test_efficientnet", "--freeze_backbone", *NO_DROPOUT, "--epochs", 1]
    one = train_here(tmp_path / "one", *few, *ways)
    assert_same_run(train_here(tmp_path / "two", *few, *ways, *TWO), one)


def test_a_batch_that_cannot_be_shared_out_evenly_is_refused() -> None:
    refused = train(*SMALL, "--data_path", "unused.csv", "--processes", 2)
    assert refused.returncode == 2
    assert refused.stderr.splitlines()[-1].endswith("make --batch_size 3 a multiple of 2")


def test_a_worker_that_cannot_begin_says_why(
    tmp_path: Path, few: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = workers._environment
    monkeypatch.setattr(
        workers, "_environment", lambda hello: real(hello) | {"IQA_TUI_CACHE": str(tmp_path / "labels.csv" / "x")}
    )
    (tmp_path / "labels.csv").write_text("a file")
    with pytest.raises(WorkerLost, match=r"process 2 of 2 .* failed: .*labels.csv"):
        train_here(tmp_path / "run", *few, *TWO)
