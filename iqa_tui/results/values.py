"""The table for programs: CSV and JSON, at full precision."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

from iqa_tui.results.caption import caption
from iqa_tui.results.row import MORE_METRICS, Row, in_order
from iqa_tui.results.table import Table
from iqa_tui.results.tuning import tuning_words
from iqa_tui.words.plain_json import plain_json

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
    "group",
    "peak_gpu_gib",
    "expected_protocol",
    *(f"{metric}{end}" for metric in MORE_METRICS for end in ("", "_sd")),
    "best_epochs",
    "tuned",
    "splits",
    "srcc_median",
    "plcc_median",
)
"""Of every table; those of other data sets that were tested on come after them."""
FORMULA = re.compile(r"((?:^|[;\t])\s*)([=+\-@＝＋－＠])")
"""The beginning of a spreadsheet's cell, and a sign that makes the cell a formula; East Asian ones take wide signs."""


def values_of(row: Row, table: Table) -> dict[str, Any]:
    """Column to value. The group is the plan's name and the settings that were changed over it at the launch."""
    values: dict[str, Any] = {"plan": table.plan_name, "group": table.group}
    values["notes"] = "; ".join(text for text in (row.notes, row.delta_note) if text)
    values["tuned"] = tuning_words(row)
    for metric in (*MORE_METRICS, *cross_tests(table)):
        values[metric], values[f"{metric}_sd"] = row.more.get(metric, (None, None))
    return {name: values[name] if name in values else getattr(row, name) for name in columns_of(table)}


def columns_of(table: Table) -> tuple[str, ...]:
    """The columns of its CSV; `spaq/srcc` is the SRCC on another data set."""
    return COLUMNS + tuple(f"{metric}{end}" for metric in cross_tests(table) for end in ("", "_sd"))


def cross_tests(table: Table) -> tuple[str, ...]:
    """`spaq/srcc`, `spaq/plcc` and the like, of any row."""
    return in_order(metric for row in table.rows for metric in row.more if "/" in metric)


def csv_text(table: Table) -> str:
    """Full precision. A value that is not known is an empty cell, several seeds, splits or runs of a row are joined by
    blanks, and a text that a spreadsheet would execute begins with an apostrophe.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(map(spreadsheet_text, columns_of(table)))
    for row in table.rows:
        writer.writerow(_cell(value) for value in values_of(row, table).values())
    return text.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, int | float):
        return str(value)
    return spreadsheet_text(" ".join(map(str, value)) if isinstance(value, tuple) else str(value))


def spreadsheet_text(text: str) -> str:
    """The text with an apostrophe before each sign that would begin a formula, so that no spreadsheet executes it.

    A semicolon counts as the end of a cell: spreadsheets of many countries separate the cells of a CSV by semicolons.
    """
    return FORMULA.sub(r"\1'\2", text)


def json_text(table: Table) -> str:
    content = {
        "plan": table.plan_name,
        "group": table.group,
        "title": table.title,
        "caption": caption(table),
        "dataset": table.dataset,
        "protocols": table.protocols,
        "seeds": table.seeds,
        "splits": table.splits,
        "demo": table.demo,
        "baseline": table.baseline,
        "rows": [values_of(row, table) | {"recorded": row.recorded} for row in table.rows],
    }
    return plain_json(content, indent=2, allow_nan=False) + "\n"
