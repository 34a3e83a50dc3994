"""The curve of tuning: each value that was tried stands at its place, the chosen one is marked."""

from __future__ import annotations

import pytest

from iqa_tui.monitor.tuning import Tried, Tuning
from iqa_tui.panels.tuning_curve import TuningPlot
from iqa_tui.results.row import Row
from iqa_tui.results.tuning import curve_of


def tuning(chosen: object, **grid: dict[object, float | None]) -> Tuning:
    ((flag, scores),) = grid.items()
    tried = tuple(Tried({flag: value}, srcc) for value, srcc in scores.items())
    return Tuning({flag: chosen}, {flag: tuple(scores)}, tried)


RATES = tuning(1e-4, lr={1e-4: 0.9, 1e-5: 0.5, 1e-3: 0.7, 1e-2: None})


def row(*tunings: Tuning | None) -> Row:
    return Row("F3", "SRCC", "srcc", run_ids=tuple(map(str, range(len(tunings)))), tunings=tunings)


def drawn(shown: Row, width: int = 40, height: int = 8, *, ascii_mode: bool = False) -> list[str]:
    plot = TuningPlot(ascii_mode=ascii_mode)
    plot.show(shown, "series-0")
    return ["".join(text for text, _ in line) for line in plot.draw(width, height)]


def test_values_stand_at_their_logarithms_and_scores_in_order() -> None:
    lines = drawn(row(RATES))
    places = {(line.index(sign), number) for number, line in enumerate(lines[:-1]) for sign in "○●" if sign in line}
    (lowest, low), (chosen, high), (largest, middle) = sorted(places)
    assert (lowest, chosen, largest) == (7, 23, 39)
    assert high < middle < low
    assert lines[high].startswith(" 0.900┤")
    assert lines[low].startswith(" 0.500┤")
    assert lines[-1].split("└")[1].replace("─", " ").split() == ["1e-5", "0.0001", "0.001"]
    assert {len(line) for line in lines} == {40}
    assert not [line for line in drawn(row(RATES), ascii_mode=True)[:-1] if not line[7:].isascii()]
    assert "@" in "".join(drawn(row(RATES), ascii_mode=True))


def test_the_chosen_value_is_named_first_if_names_would_touch() -> None:
    many = tuning(16, batch_size=dict.fromkeys(range(10, 24), 0.5))
    names = drawn(row(many), width=24)[-1].split("└")[1].replace("─", " ").split()
    assert "16" in names
    assert 2 <= len(names) < 14


@pytest.mark.parametrize(
    "shown",
    [
        row(),
        row(None),
        row(tuning("cosine", lr_scheduler={"cosine": 0.9, "none": 0.8})),
        row(tuning(True, deterministic={True: 0.9, False: 0.8})),
        row(Tuning({"lr": 1.0, "batch_size": 2}, {"lr": (1.0,), "batch_size": (2,)})),
        row(tuning(1e-4, lr={1e-4: None})),
    ],
)
def test_without_one_number_that_was_tuned_there_is_no_curve(shown: Row) -> None:
    plot = TuningPlot(ascii_mode=False)
    assert not plot.show(shown, "accent")
    assert plot.draw(40, 8) == []


def test_splits_that_were_tuned_apart_are_one_curve_of_means() -> None:
    other = tuning(1e-5, lr={1e-5: 0.8, 1e-4: 0.6})
    curve = curve_of(row(RATES, RATES, other))
    assert curve is not None
    assert curve.chosen == 1e-4
    assert dict(curve.points) == pytest.approx({1e-5: 0.65, 1e-4: 0.75, 1e-3: 0.7})
    one = curve_of(row(tuning(0, weight_decay={0: 0.4, 1e-4: 0.5})))
    assert one is not None
    assert not one.is_log
    assert drawn(row(tuning(5, epochs={5: 0.4})))[-1].strip("└─ ") == "5"
