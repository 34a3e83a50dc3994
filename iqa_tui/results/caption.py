"""The line below a table: what was compared, by which plan, on what, with which seeds and splits."""

from __future__ import annotations

from iqa_tui.results.table import Table
from iqa_tui.results.tuning import table_sentences
from iqa_tui.words.repetitions import repetitions_words


def caption(table: Table) -> str:
    """One line for readers: what, by which plan, on what, by which protocol, with which seeds."""
    parts = [f"plan {table.plan_name}"] if table.plan_name else []
    if table.group and table.group != table.plan_name:
        parts.append(f"group {table.group}")
    if table.dataset:
        parts.append(f"data set {table.dataset}")
    if table.protocols:
        parts.append(f"protocol {' and '.join(table.protocols)}")
    if repetitions := repetitions_words(table.seeds, table.splits):
        parts.append(repetitions)
    words = f"{table.title.rstrip('.')}: {', '.join(parts)}." if parts else f"{table.title}."
    if table.code_note:
        words += f" {table.code_note}"
    words = " ".join([words, *split_sentences(table), *table_sentences(table.rows)])
    return f"{words} Demo data: the labels are levels of distortion, not human opinions." if table.demo else words


def split_sentences(table: Table) -> list[str]:
    """What the numbers of a table are over, if its rows have several random splits; which rows have fewer."""
    counts = {row.id: row.split_count for row in table.rows if row.run_ids and not row.recorded}
    most = max(counts.values(), default=1)
    if most < 2:
        return [f"All runs on the random split {table.splits[0]}."] if len(table.splits) == 1 else []
    fewer = [f"{row}: {count}" for row, count in counts.items() if count < most]
    over = f"Scores are mean ± SD over {most} random splits of the data, each split by the mean of its seeds"
    told = f"{over}; beside them stands the median over the splits."
    return [told, f"Fewer splits: {', '.join(fewer)}."] if fewer else [told]
