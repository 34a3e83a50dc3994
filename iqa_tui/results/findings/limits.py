"""What the numbers of a table cannot say, a sentence each."""

from __future__ import annotations

from collections.abc import Sequence

from iqa_tui.monitor.listing import ListedRun
from iqa_tui.plans.plan import Plan
from iqa_tui.results.caption import split_sentences
from iqa_tui.results.comparison import are_of_several_data_sets
from iqa_tui.results.findings.measured import Asked
from iqa_tui.results.findings.wording import listed
from iqa_tui.results.row import Row
from iqa_tui.results.table import Table
from iqa_tui.results.tuning import table_sentences

SEEDS = "One seed: training noise is not in the intervals. Train each row with three seeds or more to know it."


def limits(table: Table, plan: Plan | None, entries: Sequence[ListedRun], asked: Asked) -> tuple[str, ...]:
    """The sentences that apply to this table."""
    rows = [row for row in table.rows if not row.recorded and row.srcc is not None]
    told = []
    if table.demo:
        told.append(
            "Demo data: the labels are levels of distortion, not human opinions. The numbers say nothing of IQA."
        )
    told += split_sentences(table)
    counts = {row.id: len(set(row.seeds)) for row in rows}
    if table.splits:
        told += _splits(rows)
    elif rows and max(counts.values()) == 1:
        told.append(SEEDS)
    elif single := [row for row, count in counts.items() if count == 1]:
        told.append(f"One seed of {listed(single)}: training noise is not in what is said of {_them(single)}.")
    if len(set(counts.values())) > 1 and not table.splits:
        words = listed([f"{row} {count}" for row, count in counts.items()])
        told.append(
            f"The rows have unequal numbers of seeds ({words}); a difference counts the seeds that both rows have."
        )
    told += _tested(table, entries, asked)
    told += table_sentences(table.rows) or _untuned(plan)
    told += _elsewhere(table, entries)
    if len(table.protocols) > 1:
        told.append(f"Rows by different protocols ({listed(list(table.protocols))}) are not compared.")
    if are_of_several_data_sets(rows):
        names = listed(list(dict.fromkeys(row.dataset for row in rows)))
        told.append(f"Rows of different data sets ({names}) are not compared: they were tested on different images.")
    if any(entry.result is not None and entry.result.limited for entry in entries):
        told.append("Some runs used only part of the images, for a quick look.")
    if table.code_note:
        told.append(table.code_note)
    return tuple(told)


def _elsewhere(table: Table, entries: Sequence[ListedRun]) -> list[str]:
    """Of rows that no run of the table trained."""
    tested = {entry.run_id for entry in entries if entry.is_recorded}
    recorded = [row for row in table.rows if row.recorded]
    without = dict.fromkeys(row.id for row in recorded if not tested.intersection(row.run_ids))
    evaluated = dict.fromkeys(row.id for row in recorded if tested.intersection(row.run_ids))
    told = []
    if without:
        words = "measured elsewhere, without scores by image; a difference to it has no interval."
        told.append(f"◆ {listed(list(without))}: {words}")
    if evaluated:
        words = (
            "trained elsewhere and tested here on the same images: an interval of its difference holds the noise of the"
            " images, not that of its training."
        )
        told.append(f"◆ {listed(list(evaluated))}: {words}")
    return told


def _splits(rows: Sequence[Row]) -> list[str]:
    """What is known of training noise and of images, if the runs are on random splits."""
    alone = [row.id for row in rows if row.split_count == 1 and len(set(row.seeds)) == 1]
    told = [f"One split and one seed of {listed(alone)}: training noise is not in what is said of it."] if alone else []
    if any(row.split_count > 1 for row in rows):
        told.append(
            "The training images of random splits overlap, so an interval counts the spread over splits by more than "
            "their number alone (Nadeau and Bengio); a difference counts the splits and seeds that both rows have."
        )
    return told


def _them(rows: Sequence[str]) -> str:
    return "it" if len(rows) == 1 else "them"


def _tested(table: Table, entries: Sequence[ListedRun], asked: Asked) -> list[str]:
    counts = {entry.result.images.get("test") for entry in entries if entry.result is not None} - {None}
    if len(counts) != 1:
        return []
    (count,) = counts
    units = {row.id: asked.estimate(row.id, "srcc") for row in asked.table.rows if row.runs}
    groups = {each.units for each in units.values() if each.units and each.units != each.images}
    by = f" of {listed([f'{number:,}' for number in sorted(groups)])} reference images" if groups else ""
    what = f"Tested on {count:,} images{by} of {table.dataset}"
    return [f"{what}: the intervals speak of other images like these, not of another data set."]


def _untuned(plan: Plan | None) -> list[str]:
    """A reviewer's first objection: one learning rate may suit one loss more than another."""
    if plan is None or "lr" not in plan.base or len(plan.experiments) < 2:
        return []
    if any("lr" in experiment.flags for experiment in plan.experiments):
        return []
    return [f"Every row was trained with the same learning rate ({plan.base['lr']:g}); none was tuned for its row."]
