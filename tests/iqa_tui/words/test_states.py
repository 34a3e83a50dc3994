"""How the state of a run is said and drawn."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.cells import cell_len

from iqa_tui.words.states import RECORDED_SIGN, SIGNS, SPECIAL, refusal, shown_state, status_words, told_state
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase, Status


def test_every_state_has_a_glyph_of_its_own_one_cell_wide() -> None:
    assert set(SIGNS) == set(Phase)
    glyphs = [glyph for glyph, _ in (*SIGNS.values(), RECORDED_SIGN)] + [shown.glyph for shown, _ in SPECIAL]
    assert len(set(glyphs)) == len(Phase) + 1 + len(SPECIAL)
    assert {cell_len(glyph) for glyph in glyphs} == {1}


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (Status(Phase.FINISHED), "finished"),
        (Status(Phase.FAILED, cause="exit 1"), "failed: exit 1"),
        (Status(Phase.RUNNING, cause="unsupervised"), "running, unsupervised"),
        (Status(Phase.STOPPED, cause="stopped by ann, 14:02"), "stopped by ann, 14:02"),
        (Status(Phase.STOPPED), "stopped"),
        (Status(Phase.STOPPING, cause="asked by ann"), "stopping, asked by ann"),
    ],
)
def test_a_status_is_said_with_its_cause(status: Status, words: str) -> None:
    assert status_words(status) == words


@pytest.mark.parametrize(
    ("status", "glyph", "word"),
    [
        (Status(Phase.RUNNING), "●", "running"),
        (Status(Phase.QUEUED), "○", "queued"),
        (Status(Phase.QUEUED, held=True), "⏸", "held"),
        (Status(Phase.QUEUED, elsewhere=True), "⚿", "elsewhere"),
        (Status(Phase.RUNNING, supervised=False), "◌", "unsupervised"),
        (Status(Phase.RUNNING, host="nodeb", supervised=False), "⇄", "running"),
        (Status(Phase.FAILED, host="nodeb"), "✗", "failed"),
        (Status(Phase.RUNNING, host="lab1", host_is_node=True), "●", "running"),
        (Status(Phase.STOPPING, host="lab1", host_is_node=True), "◐", "stopping"),
    ],
)
def test_a_state_in_a_table_is_a_glyph_and_a_word(status: Status, glyph: str, word: str) -> None:
    assert shown_state(status)[:2] == (glyph, word)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (Status(Phase.FAILED, cause="exit 1"), "✗ failed: exit 1"),
        (Status(Phase.STOPPED, cause="stopped by ann, 14:02"), "■ stopped by ann, 14:02"),
        (Status(Phase.QUEUED, held=True), "⏸ held"),
        (Status(Phase.QUEUED, elsewhere=True), "⚿ elsewhere"),
        (Status(Phase.RUNNING, supervised=False, cause="unsupervised"), "◌ running, unsupervised"),
        (Status(Phase.RUNNING, host="nodeb"), "⇄ running"),
    ],
)
def test_a_command_says_a_state_with_the_glyph_of_the_screens(status: Status, words: str) -> None:
    assert told_state(status) == words


def test_an_order_is_refused_with_the_state_and_the_rule() -> None:
    run = RunFolder(Path("runs/a"))
    said = refusal(run, Status(Phase.FINISHED), "there is nothing to stop")
    assert said == "a is finished: there is nothing to stop."
    said = refusal(run, Status(Phase.UNREADABLE, cause="spec.json: damaged"), "there is nothing to stop")
    assert said == "a is unreadable: spec.json: damaged"
