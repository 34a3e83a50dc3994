"""Which values the rows of a table were tuned to, and whether the rows were tuned alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

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
