from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

import pytest

from iqa_tui.devices.device import Device, DeviceState
from iqa_tui.devices.gpus.sample import GpuSample
from iqa_tui.devices.lease import Holder
from iqa_tui.devices.survey import Survey
from iqa_tui.messages import HostLoad
from iqa_tui.monitor.catalog import Catalog
from iqa_tui.monitor.fold import fold
from iqa_tui.monitor.state import RunState
from iqa_tui.monitor.view import CurveKind, CurveView
from iqa_tui.panels.command_view import wrapped_command
from iqa_tui.panels.curves import series_of
from iqa_tui.panels.experiment_list import experiment_row
from iqa_tui.panels.gpu import Form, GpuPanel, Place, device_lines, host_lines, short_name
from iqa_tui.panels.result_table import delta, number, result_row, srcc_bounds
from iqa_tui.panels.run_list import COLUMNS, recorded_row, run_row
from iqa_tui.results.row import Row
from iqa_tui.results.table import Table
from iqa_tui.widgets.canvas import Line, line_width
from iqa_tui.widgets.row_table import Column, TableRow, fitting_columns, row_line
from tests.fakes.run_folders import FakeRun
from tests.fakes.runs import PLAN
from training.runfolder.exits import ExitKind
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase, Status
from training.runfolder.schema import Event


def only(runs_dir: Path) -> RunState:
    (state,) = Catalog(runs_dir).refresh()
    return state


ONE_SEED = [column for column in COLUMNS if column.key != "seed"]


def text_of(row: TableRow, width: int = 100, columns: Sequence[Column] = ONE_SEED) -> str:
    return "".join(text for text, _ in row_line(row, fitting_columns(columns, width), width))


def joined(line: Line) -> str:
    return "".join(text for text, _ in line)


def test_a_queued_run_says_what_it_waits_for(tmp_path: Path) -> None:
    FakeRun.queue(tmp_path, "F5")
    row = run_row(only(tmp_path), "needs a GPU: GPU 3 held by ann, python 21.3 GiB, 3.0 h", None, 0.0)
    assert "○ queued" in text_of(row)
    assert "needs a GPU: GPU 3 held by ann" in text_of(row)


def test_a_failed_run_says_its_cause_at_every_width(tmp_path: Path) -> None:
    FakeRun.queue(tmp_path, "F2").start().train(10).end(ExitKind.FAILED, "exit 1: CUDA out of memory")
    row = run_row(only(tmp_path), "", None, 0.0)
    for width in (56, 76, 86, 120):
        assert "✗ failed" in text_of(row, width)
        assert "exit 1: CUDA" in text_of(row, width)
        assert line_width(row_line(row, fitting_columns(COLUMNS, width), width)) == width


def test_a_finished_run_says_how_long_it_took(tmp_path: Path) -> None:
    FakeRun.queue(tmp_path, "F2").start().train(200).finish(hours=1.7)
    assert "took 1.7 h" in text_of(run_row(only(tmp_path), "", None, 0.0))


def test_a_recorded_result_is_marked_by_glyph_and_word() -> None:
    text = text_of(recorded_row(PLAN["recorded"][0]))
    assert "◆ recorded" in text
    assert "0.9354" in text


def test_seeds_are_told_apart_if_there_are_several(tmp_path: Path) -> None:
    FakeRun.queue(tmp_path, "F2", seed=1234)
    assert "F2   1234 L2 (MSE)" in text_of(run_row(only(tmp_path), "", None, 0.0), columns=COLUMNS)


@pytest.mark.parametrize("width", [20, 34, 44, 76])
@pytest.mark.parametrize("form", Form)
def test_a_gpu_whose_driver_tells_nothing_shows_question_marks_not_zeros(width: int, form: Form) -> None:
    device = Device("GPU-a", "gpu", 0, "NVIDIA H100")
    silent = DeviceState(device, False, "busy", GpuSample(0, "GPU-a", "NVIDIA H100"))
    text = "".join(map(joined, device_lines(silent, (), ("busy", "warning"), Place(width, form))))
    assert "?/? GiB" in text
    assert "0%" not in text


def test_a_gpu_in_two_lines_fits_its_panel() -> None:
    sample = GpuSample(0, "GPU-a", "NVIDIA H100 80GB HBM3", 44 << 30, 80 << 30, 97, 64)
    state = DeviceState(Device("GPU-a", "gpu", 0, sample.name), False, "held", sample)
    lines = device_lines(state, (1.0, 50.0, 100.0), ("F2 L2 (MSE)", "accent"), Place(44, Form.TWO_LINES))
    assert [line_width(line) for line in lines] == [44, 44]
    assert "44.0/80 GiB" in joined(lines[0])
    assert "97%" in joined(lines[0])
    assert "64°C" in joined(lines[0])
    assert joined(lines[1]).endswith("▁▅█")


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("NVIDIA H100 80GB HBM3", "H100"),
        ("NVIDIA GeForce RTX 3090", "RTX 3090"),
        ("NVIDIA A100-SXM4-80GB", "A100-SXM4-80GB"),
        ("Tesla V100 PCIe 32GB", "V100"),
        ("NVIDIA", "NVIDIA"),
    ],
)
def test_a_gpu_is_called_by_its_model(name: str, short: str) -> None:
    assert short_name(name) == short


def test_a_gpu_that_was_withdrawn_says_so_beside_the_run_that_it_has() -> None:
    sample = GpuSample(0, "GPU-a", "NVIDIA H100 80GB HBM3", 44 << 30, 80 << 30, 97, 64)
    holder = Holder("ann", "run", 1, "F2 L2 (MSE)")
    state = DeviceState(Device("GPU-a", "gpu", 0, sample.name), False, "", sample, (holder,), withdrawn=True)
    panel = GpuPanel()
    panel.show(Survey((state,), "", 1.0, "gpu"), None, {}, {"run": "F2 L2 (MSE)"}, 1.0)
    assert "F2 L2 (MSE); gets no more runs" in "".join(map(joined, panel.draw(76, 4)))


def test_the_host_is_said_plainly() -> None:
    host = HostLoad(45.0, 2, 3 << 30, 16 << 30)
    text = joined(host_lines(host, 44, compact=False)[0])
    assert "2 cores" in text
    assert "45%" in text
    assert line_width(host_lines(host, 76, compact=True)[0]) <= 76


def test_a_command_is_wrapped_so_that_a_shell_reads_the_same_words() -> None:
    words = ["python", "-m", "training", "--dataset", "koniq-10k", "--lr", "5e-6", "--data_path", "/a b/c", "--no_spaq"]
    for width in (24, 40, 80, 200):
        lines = wrapped_command(words, width)
        joined_by_the_shell = "\n".join(lines).replace("\\\n", "")
        assert shlex.split(joined_by_the_shell) == words
    assert wrapped_command([], 40) == []
    assert any("--dataset koniq-10k" in line for line in wrapped_command(words, 30))


def test_curves_come_from_steps_or_from_evaluations(tmp_path: Path) -> None:
    FakeRun.queue(tmp_path, "F2").start(at=1000.0).train(450).end()
    state = only(tmp_path)
    loss = series_of(state, 0, CurveView())
    assert (loss.name, len(loss.x), loss.x[0]) == ("F2", 450, 1)
    srcc = series_of(state, 0, CurveView(kind=CurveKind.SRCC))
    assert list(srcc.x) == [200, 400]
    assert list(srcc.y) == [state.evaluations[0].metrics["srcc"], state.evaluations[1].metrics["srcc"]]
    over_time = series_of(state, 0, CurveView(over_time=True))
    assert over_time.x[0] == 0.0
    assert over_time.x[1] == pytest.approx(0.5)


def test_a_run_without_a_validation_split_shows_its_test_scores_as_such(tmp_path: Path) -> None:
    state = RunState(RunFolder(tmp_path), Status(Phase.RUNNING))
    event = Event("evaluated", 5.0, 1, {"epoch": 1, "split": "test", "metrics": {"srcc": 0.9}})
    srcc = series_of(fold(state, [event]), 0, CurveView(kind=CurveKind.SRCC))
    assert srcc.label.endswith("(test)")
    assert list(srcc.y) == [0.9]


def test_a_difference_is_signed_and_marked_across_protocols() -> None:
    assert delta(Row("F2", "L2", "l2", delta_srcc=-0.0012)) == ("−0.0012", "bad")
    assert delta(Row("F2", "L2", "l2", delta_srcc=0.002, delta_note="across protocols")) == ("+0.0020†", "good")
    assert delta(Row("F1", "L1", "l1")) == ("", "")
    assert number(0.93, 0.001, True) == "0.9300 ±0.0010"
    assert number(None, None, False) == "–"


def test_the_scale_of_the_bars_holds_every_value_and_range() -> None:
    rows = (Row("F1", "L1", "l1", srcc=0.9), Row("F2", "L2", "l2", expected_low=0.93, expected_high=0.95))
    table = Table("t", "g", "p", "d", (), (), False, "F1", rows)
    low, high = srcc_bounds(table)
    assert low < 0.9
    assert high > 0.95
    assert srcc_bounds(Table("t", "g", "p", "d", (), (), False, "F1", ())) == (0.0, 1.0)


def test_a_failed_row_of_results_says_why() -> None:
    row = result_row(Row("F2", "L2", "l2", status="failed: exit 1", phase=Phase.FAILED), (0.0, 1.0), False)
    assert row.span == (("failed: exit 1", "bad"),)


def test_a_tick_is_a_sign_not_a_colour() -> None:
    from iqa_tui.plans.plan import Experiment

    ticked, unticked = (experiment_row(Experiment("F2", "L2"), state).cells["tick"] for state in (True, False))
    assert (ticked[0][0], unticked[0][0]) == ("[x]", "[ ]")


def test_gpus_and_parts_of_them_stand_in_line_and_name_every_holder(tmp_path: Path) -> None:
    whole, part = Device("GPU-a", "gpu", 0, "H100"), Device("MIG-b", "gpu", 1, "H100 MIG", instance=2)
    holders = tuple(
        Holder("ann", run_id, 1, label, reserved_bytes=1) for run_id, label in (("x", "F2 L2"), ("y", "F3"))
    )
    shared = DeviceState(whole, False, "shared by …", GpuSample(0, "GPU-a", "H100", 1 << 30, 80 << 30, 50), holders)
    other = DeviceState(part, True, "free", GpuSample(1, "MIG-b", "H100", 1 << 30, 80 << 30, None, instance=2))
    panel = GpuPanel()
    panel.compact = True
    panel.redraw = lambda: None
    panel.set_title = lambda title: setattr(panel, "shown_title", title)
    panel.show(Survey((shared, other), "", 100.0, "gpu", 60.0), None, {}, {"x": "F2 L2 (MSE)"}, now=100.0)
    first, second = (joined(line) for line in panel.draw(80, 9))
    assert first.index("H100") == second.index("H100") == 4
    assert first.startswith("0   H100")
    assert second.startswith("1:2 H100")
    assert first.endswith("F2 · F3")
    assert panel.shown_title == "GPUs · last seen 40 s ago"  # their driver hangs; the survey itself is fresh
