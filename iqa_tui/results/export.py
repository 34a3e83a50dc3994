"""The table as a file: CSV and JSON for programs, Markdown and LaTeX for readers.

The screen and the command line both call `write_table`, so their files are the same to the byte.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from iqa_tui.results.latex_text import latex_text
from iqa_tui.results.table import Row, Table
from iqa_tui.words.plain_json import plain_json
from training.runfolder.text import plain_copy
from training.runfolder.write import write_atomic

COLUMNS = (
    "id",
    "label",
    "loss_type",
    "srcc",
    "srcc_sd",
    "plcc",
    "plcc_sd",
    "delta_srcc",
    "hours",
    "status",
    "expected_low",
    "expected_high",
    "met",
    "protocol",
    "seeds",
    "run_ids",
    "notes",
    "plan",
)
HEADINGS = ("Loss", "SRCC", "PLCC", "Δ SRCC", "Time", "Status", "Notes")
SUFFIXES = {"csv": ".csv", "markdown": ".md", "latex": ".tex", "json": ".json"}
FORMATS = tuple(SUFFIXES)
FORMULA = re.compile(r"((?:^|[;\t])\s*)([=+\-@＝＋－＠])")
"""Where a cell of a spreadsheet begins, and what makes a formula of it; the wide signs count in East Asian ones."""
LONGEST_STEM = 100
"""Characters of a file name that is suggested."""


class ExportError(Exception):
    """The table could not be written; the text names the file and what to do."""


def render(table: Table, format: str) -> str:  # noqa: A002  the command line's word
    """The whole file as text, ending in a newline. JSON has every text as it was written, the others have it plain.

    Raises:
        ExportError: no such format.
    """
    writers: dict[str, Callable[[Table], str]] = {
        "csv": _csv,
        "markdown": _markdown,
        "latex": _latex,
        "json": _json,
    }
    if format not in writers:
        raise ExportError(f"There is no format {format!r}. Choose one of: {', '.join(FORMATS)}.")
    return writers[format](table if format == "json" else plain_copy(table))


def suggested_name(table: Table, format: str) -> str:  # noqa: A002
    """A file name that says what is in it, for example `koniq-losses.md`."""
    stem = re.sub(r"[^A-Za-z0-9.+=-]+", "_", table.group or table.plan_name).strip("_") or "results"
    return stem[:LONGEST_STEM] + SUFFIXES[format]


def write_table(table: Table, format: str, path: Path) -> Path:  # noqa: A002
    """Write the table and return the absolute path.

    Raises:
        ExportError: no such format, or the file cannot be written; an older file of that name is untouched then.
    """
    path = path.expanduser().absolute()
    content = render(table, format).encode()
    if path.is_dir():
        raise ExportError(f"{path} is a folder. Name a file in it, for example {suggested_name(table, format)}.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, content, mode=0o666)  # a table is for others too, as its author's umask says
    except OSError as error:
        raise ExportError(f"{path} could not be written: {error.strerror or error}. Choose another place.") from error
    return path


def caption(table: Table) -> str:
    """One line for readers: what, by which plan, on what, by which protocol, with which seeds."""
    parts = [f"plan {table.group or table.plan_name}"] if table.group or table.plan_name else []
    if table.dataset:
        parts.append(f"data set {table.dataset}")
    if table.protocols:
        parts.append(f"protocol {' and '.join(table.protocols)}")
    if table.seeds:
        parts.append(f"seed{'s' if len(table.seeds) > 1 else ''} {', '.join(map(str, table.seeds))}")
    words = f"{table.title.rstrip('.')}: {', '.join(parts)}." if parts else f"{table.title}."
    if table.code_note:
        words += f" {table.code_note}"
    return f"{words} Demo data: the labels are levels of distortion, not human opinions." if table.demo else words


def _values(row: Row, table: Table) -> dict[str, Any]:
    return {name: getattr(row, name) for name in COLUMNS[:-1]} | {
        "notes": "; ".join(text for text in (row.notes, row.delta_note) if text),
        "plan": table.group or table.plan_name,
    }


def _csv(table: Table) -> str:
    """Full precision; empty where there is nothing; several seeds or runs of a row are joined by blanks; a text that a
    spreadsheet would execute begins with an apostrophe.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in table.rows:
        writer.writerow(_csv_cell(value) for value in _values(row, table).values())
    return text.getvalue()


def _csv_cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, int | float):
        return str(value)
    return spreadsheet_text(" ".join(map(str, value)) if isinstance(value, tuple) else str(value))


def spreadsheet_text(text: str) -> str:
    """A text that no spreadsheet executes: before what would begin a formula stands an apostrophe, as one types it.

    What follows a semicolon may begin a cell too: in many countries it, not the comma, parts the cells of a CSV.
    """
    return FORMULA.sub(r"\1'\2", text)


def _json(table: Table) -> str:
    content = {
        "plan": table.plan_name,
        "group": table.group,
        "title": table.title,
        "caption": caption(table),
        "dataset": table.dataset,
        "protocols": table.protocols,
        "seeds": table.seeds,
        "demo": table.demo,
        "baseline": table.baseline,
        "rows": [_values(row, table) | {"recorded": row.recorded} for row in table.rows],
    }
    return plain_json(content, indent=2, allow_nan=False) + "\n"


@dataclass(frozen=True, slots=True)
class _Markup:
    """The signs in which two kinds of text differ."""

    text: Callable[[str], str]
    bold: Callable[[str], str]
    plus_minus: str
    minus: str
    recorded: str
    across: str


MARKDOWN_SIGNS = re.compile(
    r"[\\`*_|<>\[\]]"
    r"|~(?=~)|(?<=~)~"  # struck out
    r"|&(?=\#?\w+;)"  # an entity
    r"|^[#+-]|^\d+(?=[.)])"  # a heading, a list
)


def _markdown_escaped(match: re.Match[str]) -> str:
    """A sign behind a backslash; of a number that would begin a list, the number and that before its point."""
    return f"{match[0]}\\" if match[0].isdigit() else f"\\{match[0]}"


def _markdown_code(text: str) -> str:
    """As code, whatever it holds: in more backticks than stand in it."""
    longest = max(map(len, re.findall("`+", text)), default=0)
    blank = " " if longest else ""
    return f"{'`' * (longest + 1)}{blank}{text}{blank}{'`' * (longest + 1)}"


_MARKDOWN = _Markup(
    text=lambda text: MARKDOWN_SIGNS.sub(_markdown_escaped, " ".join(text.split())),
    bold=lambda text: f"**{text}**",
    plus_minus=" ± ",
    minus="−",
    recorded="◆",
    across="†",
)


_LATEX = _Markup(
    text=latex_text,
    bold=lambda text: rf"\textbf{{{text}}}",
    plus_minus=r" $\pm$ ",
    minus="$-$",
    recorded=r"$^{\diamond}$",
    across=r"$^{\dagger}$",
)


def _cells(row: Row, markup: _Markup) -> list[str]:
    label = markup.text(f"{row.label} ({row.id})" if row.id and row.id != row.label else row.label)
    return [
        f"{label} {markup.recorded}" if row.recorded else label,
        _score(row.srcc, row.srcc_sd, row.best_srcc, markup),
        _score(row.plcc, row.plcc_sd, row.best_plcc, markup),
        _delta(row, markup),
        hours_words(row.hours),
        markup.text(row.status),
        markup.text(row.notes),
    ]


def _score(value: float | None, sd: float | None, best: bool, markup: _Markup) -> str:
    if value is None:
        return ""
    text = f"{value:.4f}".replace("-", markup.minus)
    if sd is not None:
        text += f"{markup.plus_minus}{sd:.4f}"
    return markup.bold(text) if best else text


def _delta(row: Row, markup: _Markup) -> str:
    if row.delta_srcc is None:
        return ""
    sign = markup.minus if row.delta_srcc < 0 else "+"
    return f"{sign}{abs(row.delta_srcc):.4f}{markup.across if row.delta_note else ''}"


def hours_words(hours: float | None) -> str:
    """`1.7 h`, `12 min`, `41 s`; empty for None."""
    if hours is None:
        return ""
    if hours >= 0.995:
        return f"{hours:.1f} h"
    minutes = hours * 60
    return f"{minutes:.0f} min" if minutes >= 1.5 else f"{minutes * 60:.0f} s"


def _footnotes(table: Table) -> list[tuple[str, str]]:
    """Which sign, `recorded` or `across`, and what it means."""
    notes = []
    recorded = [row for row in table.rows if row.recorded]
    if recorded:
        protocols = " and ".join(dict.fromkeys(row.protocol for row in recorded if row.protocol)) or "unknown"
        notes.append(("recorded", f"recorded: measured elsewhere, protocol {protocols}, not by a run of this table."))
    across = dict.fromkeys(row.delta_note for row in table.rows if row.delta_note)
    notes += [("across", f"{note}.") for note in across]
    return notes


def _runs(table: Table) -> list[tuple[str, tuple[str, ...]]]:
    """Row and the runs that it counts."""
    return [(row.id or row.label, row.run_ids) for row in table.rows if row.run_ids]


def _markdown(table: Table) -> str:
    aligned = "| --- | ---: | ---: | ---: | ---: | --- | --- |"
    lines = [_MARKDOWN.text(caption(table)), "", f"| {' | '.join(HEADINGS)} |", aligned]
    lines += [f"| {' | '.join(_cells(row, _MARKDOWN))} |" for row in table.rows]
    signs = {"recorded": _MARKDOWN.recorded, "across": _MARKDOWN.across}
    lines += ["", "Best of the table's protocol in bold."]
    lines += ["", *(f"- {signs[sign]} {_MARKDOWN.text(words)}" for sign, words in _footnotes(table))]
    lines += [f"- {_MARKDOWN.text(name)}: {', '.join(map(_markdown_code, runs))}" for name, runs in _runs(table)]
    return "\n".join(lines).rstrip("\n") + "\n"


def _latex(table: Table) -> str:
    """A float for a document that loads booktabs."""
    headings = [latex_text(heading) for heading in HEADINGS]
    lines = [
        r"% needs \usepackage{booktabs}",
        *(f"% {name}: {', '.join(runs)}" for name, runs in _runs(table)),
        r"\begin{table}",
        r"  \centering",
        rf"  \caption{{{latex_text(caption(table))}}}",
        r"  \begin{tabular}{lrrrrll}",
        r"    \toprule",
        f"    {' & '.join(headings)} \\\\",
        r"    \midrule",
        *(f"    {' & '.join(_cells(row, _LATEX))} \\\\" for row in table.rows),
        r"    \bottomrule",
        r"  \end{tabular}",
    ]
    signs = {"recorded": _LATEX.recorded, "across": _LATEX.across}
    lines += [
        rf"  \par\smallskip\footnotesize {signs[sign]} {latex_text(words)}" for sign, words in _footnotes(table) if sign
    ]
    return "\n".join([*lines, r"\end{table}"]) + "\n"
