"""In which order queued runs start, and which must end before another."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iqa_tui.queue.order import held_back_by, in_starting_order, trials_before, with_given_priority
from iqa_tui.queue.queued_run import QueuedRun, Waiting
from tests.fakes.runs import make_run
from training.runfolder.layout import RunFolder
from training.runfolder.read import read_spec
from training.runfolder.schema import Place
from training.runfolder.spec import Spec
from training.runfolder.write import write_record


def queued(name: str, **fields: object) -> QueuedRun:
    values = {"group": "g", "created": 0.0, **fields}
    return QueuedRun(RunFolder(Path("/runs") / name), Spec(run_id=name, label=name, argv=[], **values))  # type: ignore[arg-type]


def names(runs: Sequence[QueuedRun]) -> list[str]:
    return [run.run_id for run, _ in runs]


def waiting(*runs: QueuedRun, alive: tuple[QueuedRun, ...] = ()) -> Waiting:
    return Waiting(queued=runs, alive=alive)


RUNS = st.lists(
    st.builds(
        lambda number, **fields: queued(f"r{number}", **fields),
        st.integers(0, 999),
        priority=st.sampled_from(["high", "medium", "low", "of a later version"]),
        created=st.sampled_from([0.0, 1.0]),
        expected_hours=st.sampled_from([None, 0.5, 2.0]),
        order=st.integers(0, 3),
    ),
    unique_by=lambda run: run[0].run_id,
)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"priority": "high", "created": 9.0}, {"priority": "medium"}),
        ({"priority": "medium", "created": 9.0}, {"priority": "low", "expected_hours": 9.0}),
        ({"created": 1.0}, {"created": 2.0, "expected_hours": 9.0}),
        ({"created": 1.0}, {"created": 2.0, "trial": {"values": {"lr": 1}}}),
        ({"trial": {"values": {"lr": 1}}, "expected_hours": 0.1, "order": 5}, {"expected_hours": 2.0}),
        ({"expected_hours": 2.0, "order": 5}, {"expected_hours": 1.0}),
        ({"expected_hours": 0.1, "order": 5}, {"expected_hours": None}),
        ({"order": 1}, {"order": 2}),
    ],
)
def test_priority_goes_before_age_before_length_before_the_plans_order(first: dict, second: dict) -> None:
    runs = [queued("b", **first), queued("a", **second)]
    assert names(in_starting_order(runs)) == names(in_starting_order(runs[::-1])) == ["b", "a"]


def test_runs_that_are_alike_start_by_name() -> None:
    assert names(in_starting_order([queued("b"), queued("a")])) == ["a", "b"]


@given(RUNS, st.randoms(use_true_random=False))
def test_the_order_is_that_of_the_runs_and_not_of_the_listing(runs: list[QueuedRun], shuffle: object) -> None:
    ordered = in_starting_order(runs)
    assert sorted(names(ordered)) == sorted(names(runs))
    shuffle.shuffle(runs)  # type: ignore[attr-defined]
    assert in_starting_order(runs) == ordered
    assert in_starting_order(ordered) == ordered


def test_all_at_once_holds_nothing_back() -> None:
    run, other = queued("a", strategy="all"), queued("b", strategy="all", priority="high")
    assert held_back_by(run, waiting(other, run, alive=(queued("c"),))) == []


def test_one_at_a_time_waits_for_what_is_alive_else_for_the_first_of_its_group() -> None:
    first, second = (queued(name, strategy="sequential") for name in "ab")
    other_group = queued("x", group="other")
    alive = queued("c", strategy="sequential")
    assert held_back_by(first, waiting(other_group, first, second)) == []
    assert names(held_back_by(second, waiting(other_group, first, second))) == ["a"]
    assert names(held_back_by(first, waiting(first, second, alive=(other_group, alive)))) == ["c"]
    assert held_back_by(first, waiting(first, second, alive=(other_group,))) == []


def test_by_priority_waits_for_every_higher_one_of_its_group_queued_or_alive() -> None:
    high, medium, low = (queued(name, strategy="priority", priority=name) for name in ("high", "medium", "low"))
    other_group = queued("x", group="other", priority="high")
    assert names(held_back_by(low, waiting(medium, low, other_group, alive=(high,)))) == ["high", "medium"]
    assert names(held_back_by(medium, waiting(medium, low, alive=(high,)))) == ["high"]
    assert held_back_by(high, waiting(high, medium, low)) == []
    assert held_back_by(low, waiting(low, other_group)) == []


def test_the_priority_that_a_user_gave_goes_before_that_of_the_plan(tmp_path: Path) -> None:
    run = make_run(tmp_path, "a", priority="low")
    asked = QueuedRun(run, read_spec(run))
    assert with_given_priority(asked) == asked
    write_record(run.place, Place("ann", 1.0))
    assert with_given_priority(asked).spec.priority == "low"
    write_record(run.place, Place("ann", 1.0, priority="high"))
    assert with_given_priority(asked).spec.priority == "high"
    run.place.write_text("{")
    assert with_given_priority(asked) == asked, "the status says what is wrong with the file"


def trial(name: str, **fields: object) -> QueuedRun:
    return queued(name, trial={"values": {"lr": 1}}, **fields)


def tuned(name: str, *trials: str, **fields: object) -> QueuedRun:
    return queued(name, tune={"grid": {"lr": [1, 2]}, "trials": list(trials)}, **fields)


@pytest.mark.parametrize("part", ["queued", "alive", "held", "resumable", "elsewhere"])
def test_a_tuned_run_waits_for_tuning_runs_that_may_still_give_a_score(part: str) -> None:
    run, first, second = tuned("a", "t1", "t2"), trial("t1"), trial("t2")
    everything = {"queued": (run,), "alive": (second,)}
    everything[part] = (*everything.get(part, ()), first)
    now = Waiting(**everything)
    assert names(trials_before(run, now)) == names(held_back_by(run, now))
    assert set(names(trials_before(run, now))) == {"t1", "t2"}


def test_a_tuned_run_starts_when_the_last_of_its_tuning_runs_is_over() -> None:
    run = tuned("a", "t1", "t2")
    assert trials_before(run, waiting(run, trial("t3"))) == []
    assert held_back_by(run, waiting(run, trial("t3"), alive=(trial("t4"),))) == []
    assert trials_before(queued("b"), waiting(queued("b"), trial("t1"))) == []
    assert trials_before(queued("b", tune={"trials": 3}), waiting(trial("t1"))) == []


def test_a_retry_that_has_its_value_waits_for_no_tuning_run(tmp_path: Path) -> None:
    run = make_run(tmp_path, "a", tune={"trials": ["t1"]})
    again = QueuedRun(run, read_spec(run))
    assert names(trials_before(again, waiting(again, trial("t1")))) == ["t1"]
    run.tuned.write_text("{}")
    assert trials_before(again, waiting(again, trial("t1"))) == []


@pytest.mark.parametrize("strategy", ["sequential", "priority"])
def test_runs_that_wait_for_tuning_runs_keep_these_from_nothing(strategy: str) -> None:
    """A user may have given a tuning run a lower priority than the run that waits for it."""
    run = tuned("a", "t1", strategy=strategy, priority="high")
    last = trial("t1", strategy=strategy, priority="low")
    assert held_back_by(last, waiting(run, last)) == []
    assert names(held_back_by(run, waiting(run, last))) == ["t1"]


def test_by_priority_lower_ones_wait_for_a_tuned_run_that_can_be_trained() -> None:
    run, low = tuned("a", "t1", strategy="priority", priority="high"), trial("t2", strategy="priority", priority="low")
    assert names(held_back_by(low, waiting(run, low))) == ["a"]
