"""What an ablation predicts: `F3 > F1`, `F1 ~ F2`, `F3 >= 0.936`, `F1 - F2 in [0, 0.1]`. Reads; judges nothing."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from iqa_tui.plans.toml_table import TomlTable

CORRELATIONS = ("srcc", "plcc", "krcc")
MEASURES = (*CORRELATIONS, "rmse", "hours", "stability")
MARGINS = {"srcc": 0.002, "stability": 0.22314355131420976}
"""What counts as equal if the plan does not say; that of stability is ln 1.25, on ratios."""
NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
ROW = r"[A-Za-z0-9][A-Za-z0-9._+-]*"
CHAIN = re.compile(rf"{ROW}(?:\s*[<>~]\s*{ROW})+")
BOUND = re.compile(rf"({ROW})(?:\s+[-−]\s+({ROW}))?\s*(>=|<=)\s*({NUMBER})")
RANGE = re.compile(rf"({ROW})(?:\s+[-−]\s+({ROW}))?\s+in\s+\[\s*({NUMBER})\s*,\s*({NUMBER})\s*\]")
FORMS = '"F3 > F1 ~ F2", "F3 >= 0.936" or "F1 - F2 in [0.002, 0.005]", with blanks around a minus'


class Sign(StrEnum):
    """How two rows of a chain compare."""

    ABOVE = ">"
    BELOW = "<"
    LIKE = "~"


@dataclass(frozen=True, slots=True)
class Link:
    """Two neighbours of a chain. For stability, above means steadier."""

    left: str
    sign: Sign
    right: str

    def __str__(self) -> str:
        return f"{self.left} {self.sign} {self.right}"

    @property
    def rows(self) -> tuple[str, ...]:
        return (self.left, self.right)


@dataclass(frozen=True, slots=True)
class Range:
    """A row, or the difference of two rows, lies within limits."""

    row: str
    minus: str = ""
    """The row that is taken off; empty: the value of `row` itself."""
    low: float | None = None
    """None: no limit below."""
    high: float | None = None
    """None: no limit above."""

    def __str__(self) -> str:
        value = f"{self.row} - {self.minus}" if self.minus else self.row
        if self.low is None:
            return f"{value} <= {self.high:g}"
        if self.high is None:
            return f"{value} >= {self.low:g}"
        return f"{value} in [{self.low:g}, {self.high:g}]"

    @property
    def rows(self) -> tuple[str, ...]:
        return (self.row, self.minus) if self.minus else (self.row,)


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """It holds if all of its links do."""

    id: str
    text: str
    """In words; empty if the plan gives none."""
    predict: tuple[str, ...]
    """As it was written, a line each."""
    links: tuple[Link | Range, ...]
    measure: str = "srcc"
    margin: float | None = None
    """What `~` means: this far apart at most, in units of the measure (natural log of a ratio for stability). None if
    no link asks."""

    @property
    def rows(self) -> tuple[str, ...]:
        """The rows that it speaks of, each once."""
        return tuple(dict.fromkeys(row for link in self.links for row in link.rows))


def read_hypotheses(table: TomlTable, rows: Collection[str], margin: float | None) -> tuple[Hypothesis, ...]:
    """The `[[hypothesis]]` tables of a plan.

    Args:
        rows: ids of the plan's rows.
        margin: the plan's own, which counts for the correlations.

    Raises:
        PlanError: a prediction that cannot be parsed or names no row, a margin that is missing, an id twice.
    """
    hypotheses: dict[str, Hypothesis] = {}
    for inner in table.rows("hypothesis"):
        hypothesis = _hypothesis(inner, rows, margin)
        if hypothesis.id in hypotheses:
            raise inner.wrong("id", "another hypothesis has this id. Give each an id of its own.")
        hypotheses[hypothesis.id] = hypothesis
    return tuple(hypotheses.values())


def _hypothesis(table: TomlTable, rows: Collection[str], plan_margin: float | None) -> Hypothesis:
    hypothesis_id = table.name("id")
    measure = table.choice("measure", MEASURES, "srcc")
    predict = table.texts("predict")
    if not predict:
        raise table.wrong("predict", f"write what is expected: {FORMS}.")
    links = tuple(link for text in predict for link in _links(text, table, rows, measure))
    margin = table.positive_number("margin")
    if margin is None:
        margin = plan_margin if measure in CORRELATIONS and plan_margin is not None else MARGINS.get(measure)
    if margin is None and any(isinstance(link, Link) and link.sign is Sign.LIKE for link in links):
        raise table.wrong("margin", f"say how far apart two rows may lie in {measure} and still count as alike.")
    text = table.text("text", "")
    table.refuse_others()
    return Hypothesis(hypothesis_id, text, predict, links, measure, margin)


def _links(text: str, table: TomlTable, rows: Collection[str], measure: str) -> tuple[Link | Range, ...]:
    links = _parsed(text.strip())
    if not links:
        raise table.wrong("predict", f"{text!r} cannot be read. Write {FORMS}.")
    for row in (row for link in links for row in link.rows):
        if row not in rows:
            raise table.wrong("predict", f"{text!r}: {row} is no row. Use {', '.join(sorted(rows))}.")
    for link in links:
        if len(set(link.rows)) < len(link.rows):
            raise table.wrong("predict", f"{text!r} compares {link.rows[0]} with itself. Name two rows.")
        if isinstance(link, Range) and measure == "stability":
            raise table.wrong(
                "predict", f"{text!r}: stability is compared between rows alone. Write it with >, < or ~."
            )
        if isinstance(link, Range) and None not in (link.low, link.high) and not link.low < link.high:  # type: ignore[operator]
            raise table.wrong("predict", f"{text!r}: write the smaller limit first.")
    return links


def _parsed(text: str) -> tuple[Link | Range, ...]:
    """Empty if it is no prediction."""
    if match := RANGE.fullmatch(text):
        return (Range(match[1], match[2] or "", float(match[3]), float(match[4])),)
    if match := BOUND.fullmatch(text):
        limit = float(match[4])
        is_low = match[3] == ">="
        return (Range(match[1], match[2] or "", limit if is_low else None, None if is_low else limit),)
    if CHAIN.fullmatch(text):
        names, signs = re.findall(ROW, text), re.findall(r"[<>~]", text)
        return tuple(Link(names[i], Sign(sign), names[i + 1]) for i, sign in enumerate(signs))
    return ()
