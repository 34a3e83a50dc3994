from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from iqa_tui.monitor.state import RunState, fold
from training.runfolder.layout import RunFolder
from training.runfolder.schema import Event, State, Status

NEW = RunState(RunFolder(Path("a-run")), Status(State.RUNNING, attempt=1))


def step(number: int, loss: float | None = 0.5, *, epoch: int = 1, attempt: int = 1) -> Event:
    return Event("step", 100.0 + number, attempt, {"epoch": epoch, "step": number, "loss": loss, "lr": 1e-4})


def evaluated(epoch: int, srcc: float | None, split: str = "val") -> Event:
    return Event("evaluated", 200.0 + epoch, 1, {"epoch": epoch, "split": split, "metrics": {"srcc": srcc}})


def test_steps_become_the_curve_and_the_last_values() -> None:
    started = Event("started", 99.0, 1, {"epochs": 3, "steps_per_epoch": 2})
    state = fold(NEW, [started, step(1, 0.9), step(2, 0.8), step(3, 0.7, epoch=2)])
    assert state.curve.steps == (1, 2, 3)
    assert state.curve.losses == (0.9, 0.8, 0.7)
    assert (state.epoch, state.epochs, state.step, state.step_in_epoch, state.loss) == (2, 3, 3, 1, 0.7)
    assert state.begun_attempt == 1
    assert state.updated == 103.0


def test_a_resumed_run_repeats_steps_and_the_repetition_stands() -> None:
    before = fold(NEW, [step(1), step(2, epoch=2), evaluated(2, 0.5), step(3, 0.1, epoch=3), evaluated(3, 0.6)])
    state = fold(before, [step(2, 0.25, epoch=2, attempt=2)])
    assert state.curve.steps == (1, 2)
    assert state.curve.losses == (0.5, 0.25)
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
    assert state.curve.losses == (None,)
    assert state.loss is None


def test_no_events_leave_the_very_state() -> None:
    assert fold(NEW, []) is NEW


@given(
    st.lists(st.tuples(st.integers(1, 12), st.sampled_from(["step", "evaluated", "progress", "warning"])), max_size=20),
    st.integers(0, 20),
)
def test_folding_in_two_pieces_is_folding_at_once(steps: list[tuple[int, str]], cut: int) -> None:
    fields = {"what": "w", "text": "t", "split": "val", "metrics": {"srcc": 0.5}}
    events = [
        Event(kind, float(place), 1, fields | {"step": number, "epoch": number // 4 + 1, "loss": number / 7})
        for place, (number, kind) in enumerate(steps)
    ]
    at_once = fold(NEW, events)
    assert fold(fold(NEW, events[:cut]), events[cut:]) == at_once
    assert list(at_once.curve.steps) == sorted(set(at_once.curve.steps))
