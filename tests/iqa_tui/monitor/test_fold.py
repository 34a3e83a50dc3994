"""The events of a run, folded into its state."""

from __future__ import annotations

import contextlib
import json
import math
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iqa_tui.monitor import curves
from iqa_tui.monitor.fold import LONGEST_TEXT, MOST_TEXTS, fold
from iqa_tui.monitor.run_words import epoch_words, loss_words, state_words, step_words, time_words
from iqa_tui.monitor.state import RunState
from tests.trust.damage import FIELDS_OF_EVENTS, JSON_VALUES, KINDS_OF_EVENTS
from training.runfolder.events import EventTail
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase, Status
from training.runfolder.schema import Event

NEW = RunState(RunFolder(Path("a-run")), Status(Phase.RUNNING, attempt=1))


def step(number: int, loss: float | None = 0.5, *, epoch: int = 1, attempt: int = 1) -> Event:
    return Event("step", 100.0 + number, attempt, {"epoch": epoch, "step": number, "loss": loss, "lr": 1e-4})


def evaluated(epoch: int, srcc: float | None, split: str = "val") -> Event:
    return Event("evaluated", 200.0 + epoch, 1, {"epoch": epoch, "split": split, "metrics": {"srcc": srcc}})


def test_steps_become_the_curve_and_the_last_values() -> None:
    started = Event("started", 99.0, 1, {"epochs": 3, "steps_per_epoch": 2})
    state = fold(NEW, [started, step(1, 0.9), step(2, 0.8), step(3, 0.7, epoch=2)])
    assert list(state.curve.steps) == [1, 2, 3]
    assert list(state.curve.values) == [0.9, 0.8, 0.7]
    assert list(state.metrics["lr"].values) == [1e-4] * 3
    assert (state.epoch, state.epochs, state.step, state.step_in_epoch, state.loss) == (2, 3, 3, 1, 0.7)
    assert state.begun_attempt == 1
    assert state.updated == 103.0


def test_a_clock_that_is_set_back_leaves_out_the_jump() -> None:
    """Steps at 0, 10 and 20 s, then the clock is set back by an hour, and they go on every 10 s."""
    at = [5000.0, 5010.0, 5020.0, 1430.0, 1440.0]
    events = [Event("step", t, 1, {"epoch": 1, "step": number, "loss": 0.5}) for number, t in enumerate(at, 1)]
    events.append(Event("evaluated", 1445.0, 1, {"epoch": 1, "split": "val", "metrics": {"srcc": 0.5}}))
    state = fold(NEW, events)
    assert [t - 5000.0 for t in state.curve.times] == [0.0, 10.0, 20.0, 20.0, 30.0]
    assert state.evaluations[0].t - 5000.0 == 35.0
    assert state.updated == 1445.0
    assert state.clock.set_back == 3590.0


@given(st.lists(st.tuples(st.floats(0, 1e10), st.sampled_from(["step", "evaluated", "warning"])), max_size=30))
def test_time_never_runs_back_whatever_the_clock_does(told: list[tuple[float, str]]) -> None:
    events = [
        Event(kind, t, 1, {"epoch": number, "step": number, "split": "val", "metrics": {"srcc": 0.5}})
        for number, (t, kind) in enumerate(told, 1)
    ]
    state = fold(NEW, events)
    times = [each.t for each in state.evaluations]
    assert times == sorted(times)
    assert list(state.curve.times) == sorted(state.curve.times)


def test_a_resumed_run_repeats_steps_and_the_repetition_stands() -> None:
    before = fold(NEW, [step(1), step(2, epoch=2), evaluated(2, 0.5), step(3, 0.1, epoch=3), evaluated(3, 0.6)])
    state = fold(before, [step(2, 0.25, epoch=2, attempt=2)])
    assert list(state.curve.steps) == [1, 2]
    assert list(state.curve.values) == [0.5, 0.25]
    assert list(before.curve.values) == [0.5, 0.5, 0.1]
    assert state.evaluations == ()
    assert state.step == 2


def test_validation_srcc_is_the_latest_of_the_validation_split() -> None:
    state = fold(NEW, [step(1), evaluated(1, 0.8), evaluated(2, 0.9), evaluated(2, 0.1, "test")])
    assert state.val_srcc == 0.9


def test_an_evaluation_said_twice_counts_once() -> None:
    state = fold(NEW, [evaluated(1, 0.8), evaluated(1, 0.85)])
    assert [known.metrics["srcc"] for known in state.evaluations] == [0.85]


def test_progress_shows_until_the_next_step() -> None:
    state = fold(NEW, [Event("progress", 1.0, 1, {"what": "reading images", "done": 3, "total": 9})])
    assert state.progress is not None
    assert (state.progress.what, state.progress.done, state.progress.total) == ("reading images", 3, 9)
    assert fold(state, [step(1)]).progress is None


def test_unknown_kinds_and_torn_fields_leave_the_values_as_they_were() -> None:
    known = fold(NEW, [step(1, 0.5)])
    odd = [Event("weather", 5.0, 1, {"rain": True}), Event("step", 6.0, 1, {"step": "two", "loss": [1]})]
    state = fold(known, odd)
    assert state.curve == known.curve
    assert state.loss == 0.5


def test_a_loss_that_was_not_finite_is_none_and_keeps_its_step() -> None:
    state = fold(NEW, [step(1, None)])
    assert math.isnan(state.curve.values[0])
    assert list(state.curve.steps) == [1]
    assert state.curve.last is None
    assert state.loss is None


def test_no_events_leave_the_very_state() -> None:
    assert fold(NEW, []) is NEW


TOLD = st.lists(
    st.tuples(
        st.integers(1, 12),
        st.sampled_from(["started", "step", "epoch", "evaluated", "progress", "warning"]),
        st.sampled_from([{}, {"lr": 0.1}, {"lr": None, "clipped": 2}, {"loss": None, "val/srcc": 3, "b": True}]),
        st.sampled_from(["val", "test", "epoch"]),
    ),
    max_size=30,
)


@pytest.mark.parametrize("most_points", [4, curves.MOST_RAW_POINTS])  # with curves that are thinned, and without
@given(told=TOLD, cuts=st.lists(st.integers(0, 30), max_size=4))
def test_folding_in_any_pieces_is_folding_at_once(
    most_points: int, told: list[tuple[int, str, dict[str, Any], str]], cuts: list[int]
) -> None:
    with patch.multiple(curves, MOST_RAW_POINTS=most_points, MOST_THINNED_POINTS=most_points):
        check_pieces(told, cuts)


def check_pieces(told: list[tuple[int, str, dict[str, Any], str]], cuts: list[int]) -> None:
    events = [
        Event(
            kind,
            float(place),
            1,
            {"what": "w", "text": "t", "split": split, "metrics": {"srcc": number / 12, "rmse": more.get("lr")}}
            | {"step": number, "epoch": number // 4 + 1, "loss": number / 7, "steps_per_epoch": 4}
            | more,
        )
        for place, (number, kind, more, split) in enumerate(told)
    ]
    at_once = fold(NEW, events)
    pieces, begin = [NEW], 0
    for cut in [*sorted(cuts), len(events)]:
        pieces.append(fold(pieces[-1], events[begin:cut]))
        assert pieces[-1] == fold(NEW, events[:cut])  # and what was seen before stays as it was
        begin = max(begin, cut)
    assert pieces[-1] == at_once
    assert list(at_once.curve.steps) == sorted(set(at_once.curve.steps))
    for curve in at_once.metrics.values():
        assert list(curve.steps) == sorted(curve.steps)
        assert list(curve.times) == sorted(curve.times)


LINES = st.lists(
    st.tuples(
        st.integers(-3, 3),  # by how much the step goes on, if it is not one
        st.sampled_from([1, 1, 1, 1, 1, 1, 1, 2, -50]),  # seconds
        st.sampled_from(["0.5", "null", "1e85", "3"]),
        st.sampled_from(["step", "step", "step", "step", "step", "step", "evaluated", "resumed"]),
    ),
    max_size=60,
)


@given(LINES, st.integers(0, 3), st.integers(200, 9000))
@settings(deadline=None)
def test_steps_as_columns_are_folded_as_one_by_one(
    tmp_path_factory: pytest.TempPathFactory, told: list[tuple[int, float, str, str]], odd: int, most_bytes: int
) -> None:
    """With up to three odd steps among steps that go on by one, in polls of any size."""
    step, t, attempt, lines = 1, 1000.0, 1, []
    for more, seconds, number, kind in told:
        odd -= more != 1
        step, t = max(1, step + (more if odd >= 0 else 1)), max(0.0, t + (seconds if odd >= 0 else 0.1))
        attempt += kind == "resumed"
        lines.append(
            f'{{"kind": "{kind}", "t": {t}, "attempt": {attempt}, "epoch": {step // 9 + 1}, "step": {step}, '
            f'"loss": {number}, "lr": {"null" if step < 5 else number}'
            + (', "split": "val", "metrics": {"srcc": 0.5}}' if kind == "evaluated" else "}")
        )
    path = tmp_path_factory.mktemp("events") / "events.jsonl"
    path.write_text("".join(f"{line}\n" for line in lines))
    tail, state = EventTail(path), NEW
    while (parts := tail.poll_steps(most_bytes)) or tail.is_behind:
        state = fold(state, parts)
    assert state == fold(NEW, EventTail(path).poll())


def values() -> list[object]:
    """Whatever JSON can hold."""
    kept = []
    for text in JSON_VALUES:
        with contextlib.suppress(ValueError, RecursionError):
            kept.append(json.loads(text))
    return kept


@pytest.mark.parametrize("kind", KINDS_OF_EVENTS)
def test_any_value_in_any_field_of_any_event_leaves_a_state_that_can_be_shown(kind: str) -> None:
    for value in values():
        for name in FIELDS_OF_EVENTS:
            sound = {"epoch": 1, "step": 2, "epochs": 3, "steps_per_epoch": 4, "split": "val", "metrics": {"srcc": 0.5}}
            state = fold(NEW, [step(1), Event(kind, 5.0, 1, sound | {name: value}), evaluated(1, 0.5)])
            assert state_words(state)
            assert epoch_words(state) + step_words(state) + loss_words(state.loss) + time_words(state, 9.0)
            json.dumps([state.epoch, state.step, state.loss, state.warnings, state.val_srcc], allow_nan=False)


def test_numbers_that_cannot_be_counted_with_leave_the_value_as_it_was() -> None:
    before = fold(NEW, [Event("started", 1.0, 1, {"epochs": 3, "steps_per_epoch": 2}), step(1)])
    for number in (float("nan"), float("inf"), 10**400, -1, 1e300, True):
        state = fold(before, [Event("started", 1.0, 1, {"epochs": number, "steps_per_epoch": number})])
        assert (state.epochs, state.steps_per_epoch) == (3, 2)
        assert fold(before, [Event("step", 2.0, 1, {"step": number, "loss": 1.0})]).curve == before.curve
    assert fold(before, [step(2, 1e200)]).loss is None


def test_an_evaluation_that_is_told_again_stands_last_and_once() -> None:
    state = fold(NEW, [step(1), evaluated(1, 0.1), evaluated(2, 0.2, "test"), evaluated(2, 0.2), evaluated(1, 0.3)])
    assert [(each.epoch, each.split) for each in state.evaluations] == [(2, "test"), (2, "val"), (1, "val")]
    assert state.evaluations[-1].metrics == {"srcc": 0.3}
    assert [each.epoch for each in fold(state, [step(2), step(1, epoch=2)]).evaluations] == [1]


def test_of_warnings_without_end_the_newest_are_kept() -> None:
    state = fold(NEW, [Event("warning", 1.0, 1, {"text": str(number)}) for number in range(500)])
    assert state.warnings == tuple(str(number) for number in range(500 - MOST_TEXTS, 500))
    assert len(fold(NEW, [Event("warning", 1.0, 1, {"text": "x" * 9999})]).warnings[0]) == LONGEST_TEXT
