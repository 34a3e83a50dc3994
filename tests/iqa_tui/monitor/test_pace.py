from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from iqa_tui.monitor.fold import fold
from iqa_tui.monitor.pace import seconds_between_epochs, seconds_per_step, time_left
from iqa_tui.monitor.state import RunState
from iqa_tui.words.durations import duration_words
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase, Status
from training.runfolder.schema import Event, ProcessRecord


def running(events: list[Event], *, phase: Phase = Phase.RUNNING, attempt: int = 1) -> RunState:
    process = ProcessRecord(boot_id="b", pid=1, start_ticks=1, host="h", started=0.0)
    return fold(RunState(RunFolder(Path("r")), Status(phase, attempt=attempt), process=process), events)


def epochs_of_ten(
    steps: range, *, pace: float = 2.0, pause: float = 30.0, start: float = 0.0, attempt: int = 1
) -> list[Event]:
    """3 epochs of 10 steps, `pace` seconds a step and `pause` after each epoch."""
    events = [Event("started", start, attempt, {"epochs": 3, "steps_per_epoch": 10})]
    for number in steps:
        t = start + number * pace + (number - 1) // 10 * pause
        events.append(Event("step", t, attempt, {"step": number, "epoch": (number - 1) // 10 + 1, "loss": 1.0}))
    return events


def test_nothing_is_promised_before_two_steps() -> None:
    assert time_left(running(epochs_of_ten(range(1, 2))), now=5.0) is None


def test_pauses_between_epochs_do_not_slow_the_pace_but_count_for_the_time_left() -> None:
    state = running(epochs_of_ten(range(1, 16)))
    assert seconds_per_step(state) == pytest.approx(2.0)
    assert seconds_between_epochs(state) == pytest.approx(32.0)
    assert time_left(state, now=state.updated) == pytest.approx(15 * 2.0 + 2 * 32.0)


def test_time_left_shrinks_while_nothing_new_is_heard_and_never_below_zero() -> None:
    state = running(epochs_of_ten(range(1, 16)))
    assert time_left(state, now=state.updated + 4) == pytest.approx(90.0)
    assert time_left(state, now=state.updated + 1e6) == 0.0


def test_time_left_follows_a_pace_that_changes() -> None:
    quick = epochs_of_ten(range(1, 101), pace=1.0, pause=0.0)
    for event in (fast := [event for event in quick if event.kind == "step"]):
        event.fields["epoch"] = 1
    started = Event("started", 0.0, 1, {"epochs": 1, "steps_per_epoch": 1000})
    assert time_left(running([started, *fast]), now=100.0) == pytest.approx(900 * 1.0)
    slow = [Event("step", 100.0 + 7.0 * n, 1, {"step": 100 + n, "epoch": 1, "loss": 1.0}) for n in range(1, 41)]
    assert time_left(running([started, *fast, *slow]), now=380.0) == pytest.approx(860 * 7.0)


def test_steps_of_an_earlier_attempt_do_not_count() -> None:
    old = epochs_of_ten(range(1, 10), pace=50.0)
    new = epochs_of_ten(range(10, 15), pace=1.0, start=10_000.0, attempt=2)
    assert seconds_per_step(running(old + new, attempt=2)) == pytest.approx(1.0)
    assert seconds_per_step(running(old, attempt=2)) is None
    assert seconds_per_step(running(old + new[:1], attempt=2)) is None


@pytest.mark.parametrize("set_back", [3600.0, 50.0, 1e6])
def test_a_clock_that_is_set_back_changes_no_pace(set_back: float) -> None:
    true = epochs_of_ten(range(1, 16), start=2e6)
    set_anew = [*true[:8], *(replace(event, t=event.t - set_back) for event in true[8:])]
    told, so = running(set_anew), running(true)
    assert seconds_per_step(told) == pytest.approx(2.0)
    assert seconds_between_epochs(told) == pytest.approx(32.0)
    assert time_left(told, now=told.updated) == pytest.approx(time_left(so, now=so.updated))


def test_a_run_that_is_over_has_no_time_left() -> None:
    assert time_left(running(epochs_of_ten(range(1, 16)), phase=Phase.FAILED), now=50.0) is None


def test_reported_steps_may_be_sparse() -> None:
    events = [event for event in epochs_of_ten(range(1, 31)) if event.kind != "step" or event.fields["step"] % 5 < 2]
    state = running(events)
    assert seconds_per_step(state) == pytest.approx(2.0)
    assert seconds_between_epochs(state) == pytest.approx(32.0)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-3, "<1 s"),
        (0, "<1 s"),
        (3.2, "3 s"),
        (12, "10 s"),
        (54, "55 s"),
        (55, "1 min"),
        (19 * 60, "19 min"),
        (48 * 60, "50 min"),
        (97 * 60, "95 min"),
        (98 * 60, "1.6 h"),
        (6120, "1.7 h"),
        (11.2 * 3600, "11 h"),
        (5 * 86400, "5 d"),
    ],
)
def test_times_are_rounded_to_what_is_known(seconds: float, words: str) -> None:
    assert duration_words(seconds) == words


def test_every_length_of_time_fits_its_column() -> None:
    assert max(len(duration_words(seconds)) for seconds in range(0, 10**7, 37)) <= 6


def test_more_epochs_than_can_be_counted_are_not_counted() -> None:
    events = [Event("started", 0.0, 1, {"epochs": 2**53, "steps_per_epoch": 1})]
    events += [Event("step", float(t), 1, {"step": number, "epoch": 1}) for t, number in enumerate((1, 2, 2**53))]
    state = running(events)
    assert seconds_between_epochs(state) == 1.0
    assert time_left(state, now=3.0) is None


@pytest.mark.parametrize("ahead", [600.0, -600.0])
def test_another_hosts_clock_counts_for_its_run_and_ours_does_not(ahead: float) -> None:
    state = running(epochs_of_ten(range(1, 16), start=1000.0))
    process = ProcessRecord(boot_id="b", pid=1, start_ticks=1, host="nodeb", started=990.0)
    state = replace(state, process=process, status=replace(state.status, host="nodeb"))
    ours = state.updated + ahead
    assert time_left(state, now=ours) == pytest.approx(15 * 2.0 + 2 * 32.0)
    assert state.elapsed_seconds(ours) == pytest.approx(state.updated - 990.0)
