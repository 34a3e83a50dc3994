"""The line below a table: what was compared, by which plan, on what, with which seeds."""

from __future__ import annotations

from iqa_tui.results.table import Table
from iqa_tui.results.tuning import table_sentences


def caption(table: Table) -> str:
    """One line for readers: what, by which plan, on what, by which protocol, with which seeds."""
    parts = [f"plan {table.plan_name}"] if table.plan_name else []
    if table.group and table.group != table.plan_name:
        parts.append(f"group {table.group}")
    if table.dataset:
        parts.append(f"data set {table.dataset}")
    if table.protocols:
        parts.append(f"protocol {' and '.join(table.protocols)}")
    if table.seeds:
        parts.append(f"seed{'s' if len(table.seeds) > 1 else ''} {', '.join(map(str, table.seeds))}")
    words = f"{table.title.rstrip('.')}: {', '.join(parts)}." if parts else f"{table.title}."
    if table.code_note:
        words += f" {table.code_note}"
    words = " ".join([words, *table_sentences(table.rows)])
    return f"{words} Demo data: the labels are levels of distortion, not human opinions." if table.demo else words
