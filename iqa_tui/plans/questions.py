"""What an ablation asks: which loss is best, is one worth its cost. Reads; answers nothing."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from iqa_tui.plans.hypotheses import MEASURES
from iqa_tui.plans.toml_table import TomlTable

KINDS = ("best", "compare", "groups", "cost", "worth")


@dataclass(frozen=True, slots=True)
class Question:
    """Answered from the finished runs, in a sentence or two."""

    kind: str
    """`best`: which row is highest. `compare`: two rows. `groups`: the mean of some rows with the mean of others.
    `cost`: which rows no other beats in both cost and measure. `worth`: whether to use these rows, not `against`.
    """
    text: str
    """In the words of the plan; empty if it gives none."""
    measure: str = "srcc"
    rows: tuple[str, ...] = ()
    """Ids; empty for `best` and `cost`: all."""
    groups: tuple[tuple[str, ...], ...] = ()
    """Of `groups`: two lists of ids."""
    against: str = ""
    """Of `worth`: the row that one would use otherwise."""


def read_questions(table: TomlTable, rows: Collection[str], baseline: str) -> tuple[Question, ...]:
    """The `[[question]]` tables of a plan.

    Args:
        rows: ids of the plan's rows.
        baseline: of the plan; what `worth` compares with if the question does not say.

    Raises:
        PlanError: an unknown kind, a row that is none, too few or too many rows.
    """
    return tuple(_question(inner, rows, baseline) for inner in table.rows("question"))


def _question(table: TomlTable, rows: Collection[str], baseline: str) -> Question:
    kind = table.choice("kind", KINDS, "")
    if not kind:
        raise table.wrong("kind", f"write one of {', '.join(KINDS)}.")
    question = Question(
        kind=kind,
        text=table.text("text", ""),
        measure=table.choice("measure", MEASURES, "srcc"),
        rows=table.texts("rows"),
        groups=_groups(table) if kind == "groups" else (),
        against=table.text("against", baseline) if kind == "worth" else "",
    )
    for key, named in (("rows", question.rows), ("groups", sum(question.groups, ())), ("against", (question.against,))):
        for row in named:
            if row and row not in rows:
                raise table.wrong(key, f"{row} is no row. Use {', '.join(sorted(rows))}.")
        if len(set(named)) < len(named):
            raise table.wrong(key, "name each row once.")
    _check_rows(question, table)
    table.refuse_others()
    return question


def _groups(table: TomlTable) -> tuple[tuple[str, ...], ...]:
    groups = table.lists("groups")
    if len(groups) != 2 or not all(groups):
        raise table.wrong("groups", 'write two lists of rows, for example [["F3", "F4"], ["F1", "F2"]].')
    return groups


def _check_rows(question: Question, table: TomlTable) -> None:
    if question.kind == "groups" and question.rows:
        raise table.wrong("rows", 'name the rows of this kind in groups: groups = [["F3", "F4"], ["F1", "F2"]].')
    if question.kind == "compare" and len(question.rows) != 2:
        raise table.wrong("rows", 'name two rows to compare, for example ["F3", "F1"].')
    if question.kind == "best" and len(question.rows) == 1:
        raise table.wrong("rows", "name two rows or more, or none: then all count.")
    if question.kind == "worth":
        if not question.rows:
            raise table.wrong("rows", 'name what one may use, for example ["F5"].')
        if not question.against:
            raise table.wrong("against", "name the row that one would use otherwise; the plan has no baseline.")
        if question.against in question.rows:
            raise table.wrong("against", "name a row that is not among rows.")
