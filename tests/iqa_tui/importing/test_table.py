"""What one round measured."""

from __future__ import annotations

from iqa_tui.importing.table import MOST_POINTS, Epoch, Round, Steps


def epoch(number: int, srcc: float | None) -> Epoch:
    return Epoch(number, 1.0, {"test": {"srcc": srcc, "plcc": 0.5}}, 0.0)


def test_a_million_steps_leave_few_points_over_the_whole_length() -> None:
    steps = Steps()
    for step in range(1, 1_000_001):
        steps.add(step, float(step), 1.0 / step)
    assert MOST_POINTS / 4 < len(steps.steps) < MOST_POINTS
    assert (steps.steps[0], steps.steps[-1] > 990_000) == (1, True)
    assert all(steps.losses[place] == 1.0 / step for place, step in enumerate(steps.steps))


def test_a_step_that_does_not_follow_is_passed_over() -> None:
    steps = Steps()
    for step in (1, 3, 3, 2, 4):
        steps.add(step, 0.0, float(step))
    assert list(steps.steps) == [1, 3, 4]


def test_the_best_epoch_is_the_first_of_the_highest_score() -> None:
    this = Round(1, 1, (), epochs=[epoch(1, None), epoch(2, 0.9), epoch(3, 0.9), epoch(4, 0.8)])
    assert this.best is not None
    assert this.best.number == 2
    assert Round(1, 1, (), epochs=[epoch(1, None)]).best is None
