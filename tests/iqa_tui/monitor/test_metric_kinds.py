"""What metrics are called, and which are shown."""

from __future__ import annotations

from array import array
from dataclasses import replace
from pathlib import Path

from iqa_tui.monitor.curves import Curve
from iqa_tui.monitor.metric_kinds import DEFAULT, compares, known_metrics, metric_kind, shown_metrics
from iqa_tui.monitor.state import RunState
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase, Status
from training.runfolder.raw_errors import LEFT_OUT
from training.runfolder.schema import Result


def run(*metrics: str) -> RunState:
    point = Curve().extended(array("d", [1.0]), array("d", [5.0]), array("d", [0.5]))
    curves = dict.fromkeys(metrics, point) | {"empty": Curve()}
    return RunState(RunFolder(Path("run")), Status(Phase.RUNNING), metrics=curves)


def test_every_metric_has_a_title_with_its_unit() -> None:
    titles = {
        "loss": "loss",
        "lr": "learning rate",
        "grad_norm": "gradient norm",
        "images_per_second": "images/s",
        "machine/gpu_memory_bytes": "GPU memory, GiB",
        "machine/fan_percent": "fan percent",
        "val/srcc": "validation SRCC",
        "test/rmse": "test RMSE",
        "spaq/plcc": "spaq PLCC",
        "epoch/loss": "loss, of an epoch",
        "my_own": "my own",
        "epoch/my_own": "my own, of an epoch",
        "loss_smooth_l1": "loss: smooth_l1",
        "epoch/loss_srcc": "loss: srcc, of an epoch",
    }
    assert {name: metric_kind(name).title for name in titles} == titles


def test_what_is_measured_at_every_step_is_smoothed_and_what_is_measured_once_an_epoch_has_points() -> None:
    kinds = {name: metric_kind(name) for name in ("loss", "lr", "val/srcc", "epoch/loss", "my_own")}
    assert [name for name, kind in kinds.items() if kind.is_smoothed] == ["loss", "my_own"]
    assert [name for name, kind in kinds.items() if kind.has_points] == ["val/srcc", "epoch/loss"]
    assert [name for name, kind in kinds.items() if kind.is_loss] == ["loss", "epoch/loss"]


def test_the_part_of_a_sum_is_the_same_measure_in_every_run_that_has_it() -> None:
    part = metric_kind("loss_srcc")
    assert (part.is_loss, part.may_be_log, part.is_smoothed) == (False, True, True)


def test_values_are_said_in_seven_characters() -> None:
    assert metric_kind("val/srcc").words(0.93421) == "0.9342"
    memory = metric_kind("machine/gpu_memory_bytes")
    assert memory.words(43.2e9 * memory.factor) == "40.2"
    assert metric_kind("lr").words(5e-6) == "5.00e-6"


def test_the_default_metrics_are_those_that_some_run_has_in_the_order_of_their_worth() -> None:
    assert shown_metrics((), [run("loss", "lr"), run("val/srcc", "test/srcc", "my_own")]) == ["val/srcc", "loss", "lr"]
    assert shown_metrics((), [run(*reversed(DEFAULT))]) == list(DEFAULT)
    assert shown_metrics((), [run("empty")]) == []


def test_an_error_without_a_unit_is_no_curve_beside_those_of_other_runs() -> None:
    own = Result("r", {}, "clean", "koniq-10k", "srcc", 1, "swin-base", 0.0, 1.0, notes=[LEFT_OUT])
    raw = replace(run("val/rmse", "val/srcc"), result=own)
    assert known_metrics([raw]) == ["val/srcc"]
    assert known_metrics([raw, run("val/rmse")]) == ["val/srcc", "val/rmse"]
    assert (compares(raw, "val/rmse"), compares(run("val/rmse"), "val/rmse")) == (False, True)


def test_without_a_validation_split_the_test_score_is_shown() -> None:
    assert shown_metrics((), [run("loss", "test/srcc")]) == ["test/srcc", "loss"]


def test_the_chosen_metrics_stand_as_the_user_put_them() -> None:
    assert shown_metrics(("lr", "gone", "loss"), [run("loss", "lr", "val/srcc")]) == ["lr", "loss"]


def test_all_metrics_are_offered_the_default_ones_first() -> None:
    known = known_metrics([run("zeta", "loss", "machine/fan", "epoch/loss"), run("val/srcc")])
    assert known == ["val/srcc", "loss", "zeta", "epoch/loss", "machine/fan"]
