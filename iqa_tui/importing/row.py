"""Which row of a plan a log belongs to, and what a reader must know of the two."""

from __future__ import annotations

from dataclasses import dataclass

from iqa_tui.errors import PlanError
from iqa_tui.importing.pieces import BadLog
from iqa_tui.importing.published import PublishedLog
from iqa_tui.plans.flags import flag_text, is_same
from iqa_tui.plans.plan import Plan
from iqa_tui.plans.toml_table import FlagValue


@dataclass(frozen=True, slots=True)
class PlanRow:
    """A row of the plan, whether it can be launched or is recorded."""

    id: str
    label: str
    order: int
    """Its place in the plan."""
    flags: dict[str, FlagValue]
    """Base and row together; of a row that cannot be launched the loss alone is its own."""


def rows_in(plan: Plan) -> dict[str, PlanRow]:
    """Id to row. A row that can be launched comes before a recorded one of its id."""
    rows: dict[str, PlanRow] = {}
    for experiment in plan.experiments:
        rows[experiment.id] = PlanRow(experiment.id, experiment.label, len(rows), plan.flags_of(experiment))
    for record in plan.recorded:
        own: dict[str, FlagValue] = {"loss_type": record.loss_type} if record.loss_type else {}
        rows.setdefault(record.id, PlanRow(record.id, record.label, len(rows), {**plan.base, **own}))
    return rows


def row_named(plan: Plan, row_id: str) -> PlanRow:
    """Raises:
    PlanError: the plan has no such row.
    """
    rows = rows_in(plan)
    if row_id not in rows:
        raise PlanError(f"{plan.source}: there is no row {row_id!r}. Choose from {', '.join(rows)}.")
    return rows[row_id]


def row_of_loss(plan: Plan, log: PublishedLog) -> PlanRow:
    """The row whose loss the log's header names.

    Raises:
        BadLog: it names none, or not exactly one row has it.
    """
    loss = log.header.loss_type
    if not loss:
        raise BadLog(f"{log.path}: its header names no loss. Say which row it is: --as {next(iter(rows_in(plan)))}.")
    found = [row for row in rows_in(plan).values() if row.flags.get("loss_type", "l1") == loss]
    if len(found) != 1:
        named = f"the rows {', '.join(row.id for row in found)} have" if found else "no row has"
        raise BadLog(f"{log.path}: its loss is {loss}, and {named} it in {plan.name}. Say which row it is: --as ID.")
    return found[0]


def refuse_other(log: PublishedLog, row: PlanRow, plan: Plan) -> None:
    """Raises:
    BadLog: the log is of another data set or loss than the row: their numbers are no numbers of that row.
    """
    for flag, said in (("dataset", log.header.dataset), ("loss_type", log.header.loss_type)):
        wanted = flag_text(row.flags.get(flag, ""))
        if said and wanted and said != wanted:
            raise BadLog(
                f"{log.path}: its {flag} is {said}, but {row.id} of {plan.name} has {wanted}. Name another row by --as."
            )


def other_settings_words(log: PublishedLog, row: PlanRow) -> str:
    """`lr=5e-7 (5e-6), epochs=10 (5)`: what the log was made with, and what the plan says; empty if all is the same."""
    others = []
    for flag, value in log.header.settings.items():
        wanted = row.flags.get(flag)
        if (
            flag in ("dataset", "loss_type", "seed")
            or wanted is None
            or isinstance(value, bool) != isinstance(wanted, bool)
        ):
            continue
        if not is_same(wanted, flag_text(value)):
            others.append(f"{flag}={flag_text(value)} ({flag_text(wanted)})")
    return ", ".join(others)
