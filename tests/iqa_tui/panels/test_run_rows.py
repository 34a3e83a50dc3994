"""The table of runs, line by line."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from iqa_tui.monitor.catalog import Catalog
from iqa_tui.monitor.colours import colours_of
from iqa_tui.monitor.rows import Row, RowKind, rows_of
from iqa_tui.monitor.view import MonitorView
from iqa_tui.panels.run_columns import SD_WIDTH, columns_for, has_deviations
from iqa_tui.panels.run_rows import Context, recorded_row, table_row
from iqa_tui.widgets.canvas import line_width
from iqa_tui.widgets.table_lines import fitting_columns, header_line, row_line
from iqa_tui.words.waits import Wait, WaitKind
from tests.fakes.run_folders import FakeRun
from tests.fakes.runs import PLAN
from tests.fakes.tuned import FakeTuning
from training.runfolder.engines import SLURM, SPEC_FORMAT
from training.runfolder.exits import ExitKind
from training.runfolder.phase import Phase, Status
from training.runfolder.schema import Place
from training.runfolder.write import write_record


def lines(
    runs_dir: Path, width: int = 100, context: Context | None = None, view: MonitorView | None = None
) -> list[str]:
    """The rows as text, without the recorded one."""
    view = view or MonitorView(filter=" ")
    runs = view.passing(Catalog(runs_dir).refresh(), 0.0)
    rows = [row for row in rows_of(runs, view, 0.0) if row.kind is not RowKind.RECORDED]
    context = context or Context(0.0, colours=colours_of(runs))
    columns = fitting_columns(columns_for(rows, has_signs=context.has_signs), width)
    drawn = [row_line(table_row(row, context, has_sd=has_deviations(rows)), columns, width) for row in rows]
    assert {line_width(line) for line in drawn} <= {width, sum(column.width + 1 for column in columns) - 1}
    return ["".join(text for text, _ in line) for line in drawn]


def heading(runs_dir: Path) -> str:
    rows = rows_of(Catalog(runs_dir).refresh(), MonitorView(filter=" "), 0.0)
    ((text, _),) = header_line(fitting_columns(columns_for(rows), 100))
    return text


@contextmanager
def held(fake: FakeRun) -> Iterator[None]:
    """The run is alive meanwhile."""
    descriptors = fake.hold()
    yield
    for descriptor in descriptors:
        os.close(descriptor)


def test_a_queued_run_says_what_it_waits_for(tmp_path: Path) -> None:
    fake = FakeRun.queue(tmp_path, "F5")
    why = "GPU 3 held by ann, python 21.3 GiB, 3.0 h"
    waiting = {fake.run.run_id: Wait(WaitKind.CLOSED, why=why)}
    text = lines(tmp_path, context=Context(0.0, waiting))[1]
    assert "○ queued" in text
    assert "held by ann" in text


def test_without_colours_every_row_has_the_sign_of_its_curve_chosen_or_not(tmp_path: Path) -> None:
    run_ids = [FakeRun.queue(tmp_path, experiment).run.run_id for experiment in ("F2", "F3")]
    looks, marked = dict(zip(run_ids, (1, 2), strict=True)), frozenset(run_ids[:1])
    told = lines(tmp_path, context=Context(0.0, colours=looks, marked=marked, has_signs=True))
    assert [line[:2] for line in told[1:]] == ["▌o", " +"]
    assert [line[:2] for line in lines(tmp_path, context=Context(0.0, colours=looks, marked=marked))[1:]] == [
        "▌ ",
        "  ",
    ]


def test_a_failed_run_says_its_cause_at_every_width(tmp_path: Path) -> None:
    FakeRun.queue(tmp_path, "F2").start().train(10).end(ExitKind.FAILED, "exit 1: CUDA out of memory")
    for width in (56, 76, 86, 120):
        text = lines(tmp_path, width)[1]
        assert "✗ failed" in text
        assert "exit 1: CUDA" in text


@pytest.mark.parametrize(("hours", "words"), [(1.7, "1.7 h"), (43 / 60, "43 min"), (41 / 3600, "41 s")])
def test_what_a_run_took_is_said_alike_in_both_columns(tmp_path: Path, hours: float, words: str) -> None:
    FakeRun.queue(tmp_path, "F2").start().train(200).finish(hours=hours)
    (state,) = Catalog(tmp_path).refresh()
    cells = table_row(Row(RowKind.RUN, state.run_id, (state,)), Context(0.0)).cells
    assert (cells["progress"], cells["took"]) == (f"took {words}", words)


def test_a_finished_run_says_how_long_it_took(tmp_path: Path) -> None:
    FakeRun.queue(tmp_path, "F2").start().train(200).finish(hours=1.7)
    assert "took 1.7 h" in lines(tmp_path)[1]


@pytest.mark.parametrize("seconds", [59.0, 59 * 60.0, 3600 * 9.9, 3600 * 23.0])
def test_no_length_of_time_is_cut_in_80_columns(tmp_path: Path, seconds: float) -> None:
    FakeRun.queue(tmp_path, "F2").start().finish(elapsed_seconds=seconds)
    told = "\n".join(lines(tmp_path, 76))
    assert re.search(r"took \d[\d.]* (s|min|h) ", told), told


def test_a_living_run_has_a_bar_that_is_short_in_a_narrow_table(tmp_path: Path) -> None:
    fake = FakeRun.queue(tmp_path, "F2").start(at=0.0).train(580)
    with held(fake):
        assert "▇▇▇▇▇▁▁▁▁▁ 3/5  58%" in lines(tmp_path)[1]
        assert "▇▇▁▁▁  58%" in lines(tmp_path, 62)[1]


def test_a_recorded_result_is_marked_by_glyph_and_word() -> None:
    row = recorded_row("recorded/0", PLAN["recorded"][0])
    columns = columns_for([Row(RowKind.RECORDED, row.key, recorded=PLAN["recorded"][0])])
    text = "".join(text for text, _ in row_line(row, fitting_columns(columns, 100), 100))
    assert "◆ recorded" in text
    assert "0.9354" in text


def test_there_is_no_room_for_deviations_before_there_is_one(tmp_path: Path) -> None:
    fakes = [FakeRun.queue(tmp_path, "F2", seed=seed, created=9.0) for seed in (1, 2)]
    fakes[0].start().train(200).finish(0.93)
    assert "±" not in heading(tmp_path)
    fakes[1].start().train(200).finish(0.932)
    assert heading(tmp_path).count("val SRCC   ± SD") == 1


def test_seeds_stand_below_their_experiment_and_means_below_each_other(tmp_path: Path) -> None:
    for experiment, seed, srcc in (("F2", 1, 0.93), ("F2", 2, 0.932), ("F3", 1, 0.935)):
        FakeRun.queue(tmp_path, experiment, seed=seed, created=9.0).start().train(200).finish(srcc)
    group, mean, seed1, seed2, alone = lines(tmp_path, 120)
    recorded = recorded_row("recorded/0", PLAN["recorded"][0], has_sd=True)
    assert recorded.cells["srcc"].index("0.9354") + len("0.9354") == len(recorded.cells["srcc"]) - SD_WIDTH
    assert mean.split()[:4] == ["▾", "F2", "L2", "(MSE)"]
    assert "2 seeds" in mean
    assert "2 of 2" in mean
    assert "0.9330 ±.0014" in mean
    assert seed1.split()[0] == "s1"
    assert seed2.split()[0] == "s2"
    places = {text.index(number) for text, number in zip((group, mean, seed1, seed2, alone), NUMBERS, strict=True)}
    assert len(places) == 1


NUMBERS = ("0.9370", "0.9330", "0.9320", "0.9340", "0.9370")


def test_an_id_is_never_cut_while_there_is_room(tmp_path: Path) -> None:
    FakeRun.queue(tmp_path, "F2", experiment="lr1e-4-warm-up")
    FakeRun.queue(tmp_path, "F3", experiment="lr3e-4-warm-up")
    assert [text.split()[0] for text in lines(tmp_path, 76)[1:]] == ["lr1e-4-warm-up", "lr3e-4-warm-up"]


LONG_ID, LONG_LABEL = "a-very-long-identity-of-an-experiment", "A label that says all that there is to say of it"


def test_no_name_is_cut_while_there_is_room_beside_it(tmp_path: Path) -> None:
    FakeRun.queue(tmp_path, "F2", experiment=LONG_ID, label=LONG_LABEL).start().train(200).finish()
    for width in range(170, 240):
        text = lines(tmp_path, width)[1]
        assert LONG_ID in text
        assert LONG_LABEL in text


def test_a_short_bar_leaves_names_their_room(tmp_path: Path) -> None:
    fake = FakeRun.queue(tmp_path, "F2", label="Pairwise fidelity").start(at=0.0).train(580)
    with held(fake):
        assert "▇▇▇▇▇▁▁▁▁▁ 3/5  58%" in lines(tmp_path, 86)[1]
        text = lines(tmp_path, 80)[1]
        assert "Pairwise fidelity" in text
        assert "▇▇▁▁▁  58%" in text


def test_a_run_that_cannot_be_read_has_its_folder_s_name_in_the_columns_that_it_leaves_empty(tmp_path: Path) -> None:
    FakeRun.queue(tmp_path, "F3", experiment=LONG_ID, seed=2)
    run = FakeRun.queue(tmp_path, "F2").run
    run.spec.write_text("{")
    (text,) = [line for line in lines(tmp_path, 110) if "unreadable" in line and "▾" not in line]
    assert run.run_id in text


@pytest.mark.parametrize(("place", "glyph"), [(Place("ann", 1.0, held=True), "⏸"), (Place("ann", 1.0), "○")])
def test_a_folded_row_has_the_glyph_that_its_run_has(tmp_path: Path, place: Place, glyph: str) -> None:
    for seed in (1, 2):
        write_record(FakeRun.queue(tmp_path, "F2", seed=seed).run.place, place)
    _, folded, run, *_ = lines(tmp_path, 120)
    assert f"{glyph} 2 seeds" in folded
    assert glyph in run


def test_a_folded_row_shows_the_state_that_needs_its_user(tmp_path: Path) -> None:
    FakeRun.queue(tmp_path, "F2", seed=1).start().train(200).finish()
    FakeRun.queue(tmp_path, "F2", seed=2).start().train(200).end()
    FakeRun.queue(tmp_path, "F2", seed=3)
    text = lines(tmp_path, 120)[1]
    assert "✗ 3 seeds" in text
    assert "1 of 3 · exit 1: CUDA out of memory" in text
    assert "0.9362" in text


def test_a_narrow_group_leaves_out_whole_numbers(tmp_path: Path) -> None:
    FakeRun.queue(tmp_path, "F2", seed=1, created=0.0)
    FakeRun.queue(tmp_path, "F2", seed=2, created=0.0)
    assert "koniq-losses · seeds 1 2 · 0 of 2 finished, 2 queued" in lines(tmp_path, 120)[0]
    assert not any("…" in lines(tmp_path, width)[0] for width in range(60, 120))
    assert "2 queued" not in lines(tmp_path, 60)[0]


AT_80, AT_140, AT_200 = 76, 90, 150
"""Cells in the frame of the table at these columns of the terminal."""


def test_at_80_columns_runs_keep_id_loss_state_progress_time_left_and_score_and_a_wide_terminal_shows_more(
    tmp_path: Path,
) -> None:
    FakeRun.queue(tmp_path, "F3").start().train(20)
    rows = rows_of(Catalog(tmp_path).refresh(), MonitorView(), 0.0)
    shown = {
        width: [column.key for column in fitting_columns(columns_for(rows), width)] for width in (AT_80, AT_140, AT_200)
    }
    assert {"id", "label", "state", "short", "left", "srcc"} <= set(shown[AT_80])
    assert {"progress", "device", "loss"} <= set(shown[AT_140])
    assert {"plcc", "lr", "speed", "peak", "batch", "attempt"} <= set(shown[AT_200])


def test_a_row_of_tuning_says_how_far_it_is_and_its_runs_what_they_try(tmp_path: Path) -> None:
    tuning = FakeTuning(tmp_path, "F1").try_all((0.7, None))
    tuning.queue()
    group, folded, *_ = lines(tmp_path, 140)
    assert folded.rstrip() == " ▸ tuning · 1 of 4 done, 2 queued, 1 failed: exit 1: the loss is not finite"
    assert "tuning 1 of 4" in group
    opened = lines(tmp_path, view=MonitorView(filter=" ").fold("tuning/koniq-losses", is_open=True))
    assert [line.split()[:3] for line in opened[2:6]] == [
        ["F1", "lr", rate] for rate in ("1e-6", "2e-6", "5e-6", "1e-5")
    ]
    assert "0.7000" in opened[2]


def test_the_best_of_a_group_is_never_that_of_a_tuning_run(tmp_path: Path) -> None:
    tuning = FakeTuning(tmp_path, "F1").try_all((0.99, 0.98, 0.97, 0.96))
    tuning.finish(tuning.queue(), (0.99, 0.98, 0.97, 0.96), 0.93)
    assert "0.9000" in lines(tmp_path)[0]


def test_splits_are_named_below_their_experiment_and_counted_in_its_row(tmp_path: Path) -> None:
    for split in (0, 13):
        FakeRun.queue(tmp_path, "F2", seed=1, argv=["--split_seed", str(split)]).start().train(200).finish(0.93)
    told = lines(tmp_path)
    assert "2 splits" in told[1]
    assert [line.split()[:3] for line in told[2:]] == [["s1", "split", "0"], ["s1", "split", "13"]]
    FakeRun.queue(tmp_path, "F2", seed=2, argv=["--split_seed", "0"])
    assert "3 runs" in lines(tmp_path)[1]


def test_the_column_of_splits_is_there_once_a_run_has_one(tmp_path: Path) -> None:
    FakeRun.queue(tmp_path, "F3", seed=1)
    assert "split" not in heading(tmp_path)
    FakeRun.queue(tmp_path, "F2", seed=1, argv=["--split_seed", "3"])
    assert "split" in heading(tmp_path)


def test_the_name_of_a_node_is_whole_if_there_is_room_for_it(tmp_path: Path) -> None:
    fake = FakeRun.queue(tmp_path, "F2", engine=SLURM, slurm={"gres": "gpu:2"}, format=SPEC_FORMAT).start()
    (state,) = Catalog(tmp_path).refresh()
    state = replace(state, status=Status(Phase.RUNNING, "", 1, host="gpu-node012"))
    assert state.device_label == "gpu-node012 GPU 0"
    rows = rows_of([state], MonitorView(filter=" "), 0.0)
    columns = columns_for(rows)
    (line,) = [each for each in rows if each.run is not None and each.run.run_id == fake.run.run_id]
    drawn = {
        width: "".join(
            text for text, _ in row_line(table_row(line, Context(0.0)), fitting_columns(columns, width), width)
        )
        for width in (80, 110)
    }
    assert "gpu-node012 GPU 0" in drawn[110]
    assert "gpu-node0" in drawn[80]
