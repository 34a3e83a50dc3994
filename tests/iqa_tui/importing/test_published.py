"""Logs of the published trainer, whole and damaged."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from iqa_tui.importing.pieces import BadLog
from iqa_tui.importing.published import PublishedLog, read_published
from iqa_tui.importing.table import Round
from tests.fakes.published_logs import SCORES, STEPS, TABLE, bars, epoch_line, header, table, write_log


def read(folder: Path, text: str) -> PublishedLog:
    return read_published(write_log(folder / "a.log", text))


def only_round(log: PublishedLog) -> Round:
    (this,) = log.rounds
    return this


def numbers(this: Round) -> list[tuple[float | None, ...]]:
    return [
        (each.loss, each.scores["train"]["srcc"], each.scores["test"]["srcc"], each.scores["test"]["plcc"])
        for each in this.epochs
    ]


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_whole_log_gives_its_table_its_losses_and_its_time(tmp_path: Path, ending: str) -> None:
    this = only_round(read(tmp_path, (header() + table()).replace("\n", ending)))
    assert numbers(this) == list(SCORES)
    assert this.best is not None
    assert (this.best.number, this.is_complete, this.is_cut) == (2, True, False)
    assert (this.epochs_asked, this.steps_per_epoch) == (3, STEPS)
    assert list(this.steps.steps) == [
        epoch * STEPS + max(1, step) for epoch in range(3) for step in range(0, STEPS + 1, 10)
    ]
    assert this.steps.losses[0] == pytest.approx(1.0)
    assert [each.seconds for each in this.epochs] == [12.0, 24.0, 36.0]  # loading, before the table, is not in it
    assert this.seconds == 36.0


def test_the_columns_of_spaq_and_the_parts_of_a_loss_are_understood(tmp_path: Path) -> None:
    log = read(tmp_path, header() + table([(*row, 0.86, 0.85) for row in SCORES], spaq=True))
    assert [each.scores["spaq"] for each in only_round(log).epochs] == [{"srcc": 0.86, "plcc": 0.85}] * 3
    log = read(tmp_path, f"{TABLE}\n1\t8.123 (L1:4.123,Rank:0.123)\t0.9123\t0.9000\t0.9100\n")
    assert numbers(only_round(log)) == [(8.123, 0.9123, 0.9, 0.91)]
    log = read(tmp_path, f"{TABLE}\tTime\n1\t8.1\t\t0.9123\t\t0.9000\t\t0.9100\t1h 2min\n")
    assert numbers(only_round(log)) == [(8.1, 0.9123, 0.9, 0.91)]


def test_each_round_is_a_table_of_its_own(tmp_path: Path) -> None:
    log = read(tmp_path, header() + "Round 1\n" + table() + "Round 2\n" + table(SCORES[:2]) + f"Round 3\n{TABLE}\n")
    assert [(each.number, len(each.epochs)) for each in log.rounds] == [(1, 3), (2, 2)]
    assert log.rounds[1].seconds == 24.0
    assert log.rounds[1].steps.seconds[0] < 2


@pytest.mark.parametrize("cut", range(1, 40))
def test_a_log_that_was_cut_counts_the_lines_that_are_whole(tmp_path: Path, cut: int) -> None:
    text = header() + table(SCORES[:2]).partition("  ⭐")[0] + bars(2) + epoch_line(2, SCORES[1])
    this = only_round(read(tmp_path, text[:-cut]))
    is_whole = cut == 1  # the line's end alone is missing
    assert numbers(this) == list(SCORES[: 2 if is_whole else 1])
    assert not this.is_complete


def test_a_log_without_bars_has_the_same_table_and_no_time(tmp_path: Path) -> None:
    this = only_round(read(tmp_path, header() + table(with_bars=False)))
    assert numbers(this) == list(SCORES)
    assert (this.seconds, len(this.steps.steps), this.epochs_asked) == (0.0, 0, 0)


def test_colours_are_passed_over_and_what_is_not_finite_is_no_score(tmp_path: Path) -> None:
    this = only_round(
        read(tmp_path, f"{TABLE}\n\x1b[32m1\tnan\t\tnan\t\tnan\t\tnan\x1b[0m\n2\tinf\t\t0.1\t\t0.2\t\t0.3\n")
    )
    assert numbers(this) == [(None, None, None, None), (None, 0.1, 0.2, 0.3)]
    assert this.best is not None
    assert this.best.number == 2


def test_sentences_that_begin_with_a_number_are_no_lines_of_the_table(tmp_path: Path) -> None:
    this = only_round(read(tmp_path, f"3 images\n{TABLE}\n2 images were lost\n1\t3.0\t0.8\t0.9\t0.8\n"))
    assert [each.number for each in this.epochs] == [1]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "hello\nworld\n",
            "a.log: is no log of the published trainer: none of its 2 lines begins with Epoch, Train_Loss",
        ),
        ("", "is no log of the published trainer: none of its 0 lines"),
        (f"\n\n{TABLE}\n", "a.log, line 3: the table begins here, but no epoch follows."),
        (f"{TABLE}\n1\tnan\tnan\tnan\tnan\n", "a.log, line 1: the table begins here, but no epoch has a test SRCC."),
        (
            f"{TABLE}\n1\t3.0\t0.9\t1.9\t0.8\n",
            "line 2: “1 3.0 0.9 1.9 0.8” is no line of the table: expected Test_SRCC",
        ),
        (
            f"{TABLE}\n1\t3.0\t\x1b]0;x\x07\t0.8\n",
            "line 2: “1 3.0 \\x1b]0;x\\x07 0.8” is no line of the table: expected",
        ),
        (f"{TABLE}\n1\t3.0\t0.9\n2\t3.0\t0.9\t0.9\t0.9\n", "line 2: “1 3.0 0.9” is no line of the table"),
        (
            f"{TABLE}\n2\t3.0\t.8\t.9\t.8\n1\t3.0\t.8\t.9\t.8\n",
            "line 3: “1 3.0 .8 .9 .8” is no line of the table: expe",
        ),
        (f"{TABLE}\n0\t3.0\t.8\t.9\t.8\n", "expected the next epoch of the table"),
    ],
)
def test_what_is_no_such_log_is_refused_with_file_line_and_what_was_expected(
    tmp_path: Path, text: str, words: str
) -> None:
    with pytest.raises(BadLog) as error:
        read(tmp_path, text)
    assert words in str(error.value)
    assert "\x1b" not in str(error.value)


def test_a_hundred_thousand_bars_between_two_epochs_take_no_memory(tmp_path: Path) -> None:
    path = write_log(tmp_path / "a.log", header() + f"{TABLE}\n{bars(1, steps=100_000)}{epoch_line(1, SCORES[0])}")
    tracemalloc.start()
    try:
        this = only_round(read_published(path))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert this.steps_per_epoch == 100_000
    assert numbers(this) == [SCORES[0]]
    assert path.stat().st_size > 6 << 20
    assert peak < 6 << 20


def test_what_was_printed_besides_bars_is_kept(tmp_path: Path) -> None:
    told = read(tmp_path, header() + table()).told.decode()
    assert "Primary Loss Type:        L1 (MAE)" in told
    assert epoch_line(3, SCORES[2]) in told
    assert "batch/s" not in told


def test_when_it_began_is_said_by_the_header_the_name_or_the_file(tmp_path: Path) -> None:
    by_header = read(tmp_path, header() + table()).started
    named = write_log(tmp_path / "x_20251222_161625.log", table())
    assert read_published(named).started == by_header
    log = read(tmp_path, table())
    assert log.started == (tmp_path / "a.log").stat().st_mtime - 36.0
