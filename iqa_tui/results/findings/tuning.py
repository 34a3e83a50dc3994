"""What the findings say of tuning: what each row's values scored, what was chosen, whether the choice is at an edge."""

from __future__ import annotations

from collections.abc import Sequence

from iqa_tui.monitor.tuning import Tuning
from iqa_tui.results.findings.values import RowTuning
from iqa_tui.results.findings.wording import number
from iqa_tui.results.row import Row
from iqa_tui.results.tuning import edge_sentences, tuning_of, tuning_words, ways_of

CHOSEN = "*"
NO_SCORE = "–"


def row_tunings(rows: Sequence[Row], names: Sequence[str]) -> tuple[RowTuning, ...]:
    """Of each row that was tuned.

    Args:
        names: what each row is called.
    """
    found = []
    for row, name in zip(rows, names, strict=True):
        merged = tuning_of(row)
        if merged is not None:
            edges = tuple(edge_sentences([row]))
            found.append(RowTuning(name, row.label, merged, tuning_words(row), len(ways_of(row)), edges))
    return tuple(found)


def chosen_score(tuning: Tuning) -> float | None:
    """Of the value that was chosen, on the validation split."""
    return next((each.srcc for each in tuning.tried if dict(each.values) == dict(tuning.choice)), None)


def tuning_table(tunings: Sequence[RowTuning]) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Headings, and a line for each value that was tried: `lr 5e-6`, and the score that it gave in each row."""
    headings = ("", *(each.id for each in tunings))
    values = dict.fromkeys(tried.words for each in tunings for tried in each.tuning.tried)
    return headings, tuple((value, *(_cell(each.tuning, value) for each in tunings)) for value in values)


def _cell(tuning: Tuning, value: str) -> str:
    tried = next((each for each in tuning.tried if each.words == value), None)
    if tried is None:
        return ""
    if tried.srcc is None:
        return NO_SCORE
    return f"{number(tried.srcc, 'srcc')}{CHOSEN if dict(tried.values) == dict(tuning.choice) else ''}"
