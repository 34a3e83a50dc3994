"""What Markdown and LaTeX share: the cells of a row and the footnotes, in the signs of either."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from iqa_tui.results.columns import MEDIANS, ResultColumn
from iqa_tui.results.row import Row
from iqa_tui.results.table import Table
from iqa_tui.results.tuning import tuning_words
from iqa_tui.words.durations import hours_words

FIRST_HEADING = "Loss"


@dataclass(frozen=True, slots=True)
class Markup:
    """The signs of one of the two formats."""

    text: Callable[[str], str]
    bold: Callable[[str], str]
    plus_minus: str
    minus: str
    recorded: str
    across: str


def cells(row: Row, markup: Markup, columns: Sequence[ResultColumn]) -> list[str]:
    """The name of the row, and what it says in each column."""
    label = markup.text(f"{row.label} ({row.id})" if row.id and row.id != row.label else row.label)
    return [
        f"{label} {markup.recorded}" if row.recorded else label,
        *(_cell(row, column.key, markup) for column in columns),
    ]


def _cell(row: Row, key: str, markup: Markup) -> str:
    if key == "srcc":
        return _score(row.srcc, row.srcc_sd, row.best_srcc, markup)
    if key == "plcc":
        return _score(row.plcc, row.plcc_sd, row.best_plcc, markup)
    if key in MEDIANS:
        return _score(getattr(row, key), None, False, markup)
    says = {
        "delta": lambda: _delta(row, markup),
        "tuned": lambda: markup.text(tuning_words(row)),
        "epoch": lambda: ", ".join(map(str, row.best_epochs)),
        "hours": lambda: hours_words(row.hours) if row.hours is not None else "",
        "gpu": lambda: f"{row.peak_gpu_gib:.1f}" if row.peak_gpu_gib is not None else "",
        "status": lambda: markup.text(row.status),
        "notes": lambda: markup.text(row.notes),
    }
    if key in says:
        return says[key]()
    value, sd = row.more.get(key, (None, None))
    return _score(value, sd, False, markup)


def _score(value: float | None, sd: float | None, best: bool, markup: Markup) -> str:
    if value is None:
        return ""
    text = f"{value:.4f}".replace("-", markup.minus)
    if sd is not None:
        text += f"{markup.plus_minus}{sd:.4f}"
    return markup.bold(text) if best else text


def _delta(row: Row, markup: Markup) -> str:
    if row.delta_srcc is None:
        return ""
    sign = markup.minus if row.delta_srcc < 0 else "+"
    return f"{sign}{abs(row.delta_srcc):.4f}{markup.across if row.delta_note else ''}"


def footnotes(table: Table) -> list[tuple[str, str]]:
    """(the name of a sign, `recorded` or `across`; what it means)."""
    notes = []
    recorded = [row for row in table.rows if row.recorded]
    if recorded:
        protocols = " and ".join(dict.fromkeys(row.protocol for row in recorded if row.protocol)) or "unknown"
        notes.append(("recorded", f"recorded: measured elsewhere, protocol {protocols}, not by a run of this table."))
    across = dict.fromkeys(row.delta_note for row in table.rows if row.delta_note)
    notes += [("across", f"{note}.") for note in across]
    return notes


def counted_runs(table: Table) -> list[tuple[str, tuple[str, ...]]]:
    """(id of a row, the runs that its numbers come from)."""
    return [(row.id or row.label, row.run_ids) for row in table.rows if row.run_ids]
