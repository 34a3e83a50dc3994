"""What the findings say of tuning: what each row's values scored, what was chosen, whether the choice is at an edge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from statistics import fmean

from iqa_tui.monitor.tuning import Tuning
from iqa_tui.results.findings.values import RowTuning
from iqa_tui.results.findings.wording import number
from iqa_tui.results.row import Row
from iqa_tui.results.tuning import edge_sentences, tuning_words

CHOSEN = "*"
NO_SCORE = "–"


def row_tunings(rows: Sequence[Row], names: Sequence[str]) -> tuple[RowTuning, ...]:
    """Of each row that was tuned.

    Args:
        names: what each row is called.
    """
    found = []
    for row, name in zip(rows, names, strict=True):
        known = [each for each in row.tunings if each is not None]
        if known:
            ways = [each for place, each in enumerate(known) if each not in known[:place]]
            merged = _together(known, ways)
            told = RowTuning(name, row.label, merged, tuning_words(row), len(ways), tuple(edge_sentences([row])))
            found.append(told)
    return tuple(found)


def _together(known: Sequence[Tuning], ways: Sequence[Tuning]) -> Tuning:
    """Of a row whose runs were tuned more than once, as each random split is: the choice of most runs, and the mean
    score of each value.
    """
    if len(ways) == 1:
        return ways[0]
    common = max(known, key=lambda way: sum(other.choice == way.choice for other in known))
    tried = []
    for each in common.tried:
        same = [other for way in ways for other in way.tried if other.values == each.values]
        scores = [other.srcc for other in same if other.srcc is not None]
        mean = fmean(scores) if scores else None
        tried.append(replace(each, srcc=mean, runs=tuple(run for other in same for run in other.runs)))
    return replace(common, tried=tuple(tried))


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
