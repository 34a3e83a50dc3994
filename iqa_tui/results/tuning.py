"""Which values the rows of a table were tuned to, and whether the rows were tuned alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from iqa_tui.monitor.listing import ListedRun
from iqa_tui.monitor.tuning import Tuning, read_tuning
from iqa_tui.results.row import Row
from iqa_tui.words.values import value_words
from training.runfolder.text import plain

HOW = "its best value was chosen by SRCC on the validation split, and the test split was not scored while tuning"


def with_tuning(rows: Sequence[Row], entries: Sequence[ListedRun]) -> list[Row]:
    """Each row with what was chosen for the runs that its numbers come from.

    Args:
        entries: at least the runs that the rows count.
    """
    by_run = {entry.run_id: entry for entry in entries if not entry.is_recorded}
    return [replace(row, tunings=tuple(_tuning(by_run.get(run_id)) for run_id in row.run_ids)) for row in rows]


def _tuning(entry: ListedRun | None) -> Tuning | None:
    return read_tuning(entry.result.tuned) if entry is not None and entry.result is not None else None


def tuning_words(row: Row) -> str:
    """`lr 5e-6 of 4`; if its runs differ `lr 5e-6 of 4 (2 of 3 runs), not tuned (1 of 3 runs)`; empty if no run of
    the row was tuned.
    """
    if not row.is_tuned:
        return ""
    said = [each.words if each is not None else "not tuned" for each in row.tunings]
    different = dict.fromkeys(said)
    if len(different) == 1:
        return said[0]
    return ", ".join(f"{words} ({said.count(words)} of {len(said)} runs)" for words in different)


@dataclass(frozen=True, slots=True)
class TuningCurve:
    """The validation SRCC of each value of the one flag that a row was tuned by."""

    flag: str
    points: tuple[tuple[float, float], ...]
    """(value, SRCC) in rising order, at least one."""
    chosen: float | None
    """Value of most of the row's runs; None if that has no score."""
    is_log: bool
    """Values lie at their logarithms: the grid of a rate is one of factors."""


def curve_of(row: Row) -> TuningCurve | None:
    """None if the row was not tuned, or by several flags, or by one that is no number: no curve says how they change a
    score.
    """
    tuning = tuning_of(row)
    if tuning is None or len(tuning.grid) != 1:
        return None
    (flag,) = tuning.grid
    points = tuning_points(tuning, flag)
    if not points:
        return None
    chosen = next((value for value, _ in points if value == tuning.choice.get(flag)), None)
    return TuningCurve(flag, tuple(points), chosen, points[0][0] > 0 and len(points) > 1)


def tuning_points(tuning: Tuning, flag: str) -> list[tuple[float, float]]:
    """(value, SRCC) of one flag that is a number, in rising order."""
    found = []
    for each in tuning.tried:
        value = each.values.get(flag)
        if isinstance(value, int | float) and not isinstance(value, bool) and each.srcc is not None:
            found.append((value, each.srcc))
    return sorted(found)


def tuning_of(row: Row) -> Tuning | None:
    """Of a row whose runs were tuned more than once, as each random split is: the choice of most runs, and the mean
    score of each value.
    """
    known = [each for each in row.tunings if each is not None]
    ways = ways_of(row)
    if len(ways) < 2:
        return ways[0] if ways else None
    common = max(known, key=lambda way: sum(other.choice == way.choice for other in known))
    tried = []
    for each in common.tried:
        same = [other for way in ways for other in way.tried if other.values == each.values]
        scores = [other.srcc for other in same if other.srcc is not None]
        mean = fmean(scores) if scores else None
        tried.append(replace(each, srcc=mean, runs=tuple(run for other in same for run in other.runs)))
    return replace(common, tried=tuple(tried))


def ways_of(row: Row) -> list[Tuning]:
    """The different ways in which its runs were tuned."""
    known = [each for each in row.tunings if each is not None]
    return [each for place, each in enumerate(known) if each not in known[:place]]


def flags_of(rows: Sequence[Row]) -> tuple[str, ...]:
    """The flags that were tuned, if it was the same ones for every row that was tuned; else ()."""
    found = {tuple(each.choice) for row in rows for each in row.tunings if each is not None}
    return tuple(plain(flag) for flag in found.pop()) if len(found) == 1 else ()


def short_tuning_words(row: Row, rows: Sequence[Row]) -> str:
    """As `tuning_words` for a narrow column whose title names the flags of `flags_of`: `5e-6 of 4`; of several flags
    the values alone, `5e-6, 32`.

    Args:
        rows: of the whole table.
    """
    if not row.is_tuned:
        return ""
    named = not flags_of(rows)
    return ", ".join(dict.fromkeys(_short_words(each, named=named) for each in row.tunings))


def _short_words(tuning: Tuning | None, *, named: bool) -> str:
    if tuning is None:
        return "not tuned"
    if named:
        return tuning.chosen_words
    values = ", ".join(plain(value_words(value)) for value in tuning.choice.values())
    counts = [len(tuning.grid.get(flag, ())) for flag in tuning.choice]
    return f"{values} of {counts[0]}" if len(counts) == 1 else values


def tuning_note(row: Row, base: Row) -> str:
    """Why a difference between two rows may be one of tuning; empty if both were tuned alike, or neither was."""
    if row.recorded or base.recorded or not (row.srcc is not None and base.srcc is not None):
        return ""
    if row.is_tuned != base.is_tuned:
        one, other = (row, base) if row.is_tuned else (base, row)
        return f"difference of a row that was tuned and one that was not ({one.id} was, {other.id} was not)"
    if (None in row.tunings) != (None in base.tunings):
        one = row if None in row.tunings else base
        return f"only some runs of {one.id} were tuned"
    if row.is_tuned and grids_of([row]) != grids_of([base]):
        return f"difference of rows that were tuned over different grids ({row.id}, {base.id})"
    return ""


def table_sentences(rows: Sequence[Row]) -> list[str]:
    """How the rows of a table were tuned, and which were not; empty if none was."""
    own = [row for row in rows if row.run_ids and not row.recorded and row.srcc is not None]
    tuned = [row for row in own if row.is_tuned]
    if not tuned:
        return []
    grids = grids_of(tuned)
    which = "Every row" if len(tuned) == len(own) > 1 else listed_ids(tuned)
    over = f"over one grid ({grids[0]})" if len(grids) == 1 else "over different grids"
    told = [f"{which} {'was' if len(tuned) == 1 or which == 'Every row' else 'were'} tuned {over}: {HOW}."]
    if len(grids) > 1:
        told += [f"{row.id} was tuned over {' and '.join(grids_of([row]))}." for row in tuned]
    if others := [row for row in own if not row.is_tuned]:
        was = "was" if len(others) == 1 else "were"
        told.append(f"{listed_ids(others)} {was} not tuned: a difference to a tuned row is one of tuning, too.")
    if partly := [row for row in tuned if None in row.tunings]:
        told.append(f"Only some runs of {listed_ids(partly)} were tuned.")
    return told + edge_sentences(tuned)


def edge_sentences(rows: Sequence[Row]) -> list[str]:
    """`The best lr of F3 is the highest of its grid (1e-5): a higher one may be better.`"""
    told = [
        f"The best {plain(flag)} of {row.id} is the {end} of its grid ({value_words(each.choice[flag])}): "
        f"a {'higher' if end == 'highest' else 'lower'} one may be better."
        for row in rows
        for each in row.tunings
        if each is not None
        for flag in each.edge
        if (end := each.end_of(flag))
    ]
    return list(dict.fromkeys(told))


def listed_ids(rows: Sequence[Row]) -> str:
    """`F1, F2 and F3`."""
    ids = [row.id for row in rows]
    return ids[0] if len(ids) == 1 else f"{', '.join(ids[:-1])} and {ids[-1]}"


def grids_of(rows: Sequence[Row]) -> list[str]:
    """Each grid that a row was tuned over, once, with how long the tuning runs were: `lr 1e-6, 2e-6; 2 epochs …`."""
    found = dict.fromkeys(
        "; ".join(filter(None, (each.grid_words, each.how_words)))
        for row in rows
        for each in row.tunings
        if each is not None
    )
    return list(found)
