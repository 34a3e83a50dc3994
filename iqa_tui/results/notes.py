"""What a reader must know of a row's runs: other trainer code, other settings than the plan's."""

from __future__ import annotations

from dataclasses import replace

from iqa_tui.monitor.listing import ListedRun
from iqa_tui.plans.plan import Plan
from iqa_tui.plans.settings import other_settings
from iqa_tui.results.row import Row, in_order
from iqa_tui.words.code import code_words


def with_code(rows: list[Row], entries: list[ListedRun]) -> tuple[list[Row], str]:
    """If the rows come from different trainer code, each row's notes name its own."""
    digests = {entry.run.run_id: entry.trainer_digests for entry in entries}
    of_rows = [in_order(digest for run_id in row.run_ids for digest in digests.get(run_id, ())) for row in rows]
    codes: dict[str, list[str]] = {}
    for row, own in zip(rows, of_rows, strict=True):
        for digest in own:
            codes.setdefault(digest, []).append(row.id)
    if len(codes) < 2:
        return rows, ""
    noted = [
        replace(row, notes="; ".join(in_order([row.notes, f"trainer code {' and '.join(own)}"]))) if own else row
        for row, own in zip(rows, of_rows, strict=True)
    ]
    return noted, f"Rows by different trainer code: {code_words(codes)}."


def _other_settings(entry: ListedRun | None, plan: Plan) -> list[str]:
    """Of an imported run its log says them: it is not among the entries."""
    return other_settings(entry.spec, plan) if entry is not None else []


def with_settings(rows: list[Row], entries: list[ListedRun], plan: Plan) -> tuple[list[Row], str]:
    """If a row comes from an earlier plan of this name, its notes say which settings that plan had."""
    by_run = {entry.run.run_id: entry for entry in entries}
    of_rows = [
        ", ".join(in_order(word for run_id in row.run_ids for word in _other_settings(by_run.get(run_id), plan)))
        for row in rows
    ]
    told = "; ".join(f"{row.id} with {words}" for row, words in zip(rows, of_rows, strict=True) if words)
    if not told:
        return rows, ""
    noted = [
        replace(row, notes="; ".join(in_order([row.notes, f"with {words}"]))) if words else row
        for row, words in zip(rows, of_rows, strict=True)
    ]
    return noted, f"Rows of other settings than the plan's: {told}."
