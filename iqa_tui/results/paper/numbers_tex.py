"""`numbers.tex`: one macro a number, so that the paper's text cannot disagree with its table.

A number that is not known has no macro: LaTeX stops at a text that uses it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from iqa_tui.results.findings.answers import is_shown
from iqa_tui.results.findings.wording import NAMES, p_words
from iqa_tui.results.intervals.estimates import Difference
from iqa_tui.results.paper.content import Content, PaperRow
from iqa_tui.results.paper.macro_names import RECORDED_SIGN, MacroNames, spelled
from iqa_tui.results.paper.table_tex import number_tex, signed_tex

METRICS = ("srcc", "plcc", "plcc_fitted", "krcc", "rmse")
NAMING = """\
Names: \\Iqa, the row's id in letters (digits spelled out, words with a capital: F3 is Fthree), then what it is:
  Srcc, Plcc, PlccFitted, Krcc, Rmse   mean over the seeds, or over the random splits, on the test split
  …Sd, …Low, …High                     SD over the seeds, or the splits; ends of the 95% interval
  SrccMedian, PlccMedian               median over several random splits
  …Delta, …DeltaLow, …DeltaHigh        difference to the baseline, with its 95% interval
  …DeltaP                              its p after Holm's correction, with its sign: `p = 0.044`
  …DeltaLeast                          the smallest true difference that four of five such experiments would find
  SpaqSrcc, SpaqPlcc, …, …Sd           on another data set that the networks were tested on
  Seeds, Hours, StepSeconds, GpuGib    how many seeds; mean hours a run; seconds a step; most GPU memory
  Splits                               how many random splits, if there are several
Without a row: \\IqaImages, \\IqaSeeds, \\IqaSplits, \\IqaResamples, \\IqaShown (differences in SRCC that are shown).
A recorded row has Recorded behind its id. If two names would be one, the later one has B, C, … behind it.
A number that is not known has no macro."""


@dataclass(frozen=True, slots=True)
class Macro:
    """One number."""

    name: str
    value: str
    """In LaTeX."""
    words: str
    """What it is, plain."""


def numbers_tex(content: Content) -> str:
    r"""A file for `\input` in the preamble."""
    lines = [f"% {line}" for line in NAMING.splitlines()]
    lines += [rf"\newcommand{{\{each.name}}}{{{each.value}}}% {each.words}" for each in macros(content)]
    return "\n".join(lines) + "\n"


def macros(content: Content) -> list[Macro]:
    """Of the whole table, then row by row."""
    names = MacroNames()
    found = [Macro(names.name("", what), value, words) for what, value, words in _of_table(content)]
    for row in content.rows:
        numbers = [*_of_row(row, content), *(each for metric in METRICS for each in _of_metric(row, metric, content))]
        numbers += _of_other_data(row)
        found += [Macro(names.name(_called(row), what), value, f"{row.id}: {words}") for what, value, words in numbers]
    return found


def _called(row: PaperRow) -> str:
    """A recorded row is called so, whether a launched one has its id too or not: no text may change to another row."""
    return f"{row.id} {RECORDED_SIGN}" if row.row.recorded and RECORDED_SIGN not in row.id else row.id


def _of_table(content: Content) -> Iterator[tuple[str, str, str]]:
    counts = {run.result.images.get("test") for run in content.runs} - {None}
    if len(counts) == 1:
        yield "Images", _thousands(counts.pop() or 0), "test images"
    yield "Seeds", str(len({run.spec.seed for run in content.trained})), "different seeds"
    if len(content.table.splits) > 1:
        yield "Splits", str(len(content.table.splits)), "random splits"
    yield "Resamples", _thousands(content.findings.resamples), "resamples of the test images"
    shown = [each for each in content.findings.differences if each.metric == "srcc" and is_shown(each)]
    yield "Shown", str(len(shown)), "differences to the baseline in SRCC that are shown"


def _of_row(row: PaperRow, content: Content) -> Iterator[tuple[str, str, str]]:
    if row.runs:
        yield "Seeds", str(len({run.spec.seed for run in row.runs})), "seeds"
    if row.row.split_count > 1:
        yield "Splits", str(row.row.split_count), "random splits"
    for metric, median in (("Srcc", row.row.srcc_median), ("Plcc", row.row.plcc_median)):
        if median is not None:
            yield f"{metric}Median", number_tex(median), f"{metric.upper()}, median over the splits"
    if row.row.hours is not None:
        yield "Hours", number_tex(row.row.hours, 2), "hours a run"
    for each in content.findings.evidence:
        if each.id == row.id and each.seconds_a_step is not None:
            yield "StepSeconds", number_tex(each.seconds_a_step, 3), "seconds a step"
        if each.id == row.id and each.peak_gpu_gib is not None:
            yield "GpuGib", number_tex(each.peak_gpu_gib, 1), "GiB of GPU memory at most"


def _of_metric(row: PaperRow, metric: str, content: Content) -> Iterator[tuple[str, str, str]]:
    what = "".join(word.capitalize() for word in metric.split("_"))
    estimate = content.estimate(row, metric)
    if estimate.value is None:
        return
    words = NAMES[metric]
    yield what, number_tex(estimate.value), words
    for name, value in (("Sd", estimate.sd), ("Low", estimate.low), ("High", estimate.high)):
        if value is not None:
            yield what + name, number_tex(value), f"{words}, {name.lower()}"
    found = content.difference(row, metric)
    if found is not None:
        yield from _of_difference(f"{what}Delta", f"{words} minus that of {content.findings.baseline}", found)


def _of_other_data(row: PaperRow) -> Iterator[tuple[str, str, str]]:
    for key, (value, sd) in row.row.more.items():
        dataset, sign, metric = key.rpartition("/")
        if not sign:
            continue
        what, words = spelled(dataset) + metric.capitalize(), f"{NAMES.get(metric, metric)} on {dataset}"
        yield what, number_tex(value), words
        if sd is not None:
            yield f"{what}Sd", number_tex(sd), f"{words}, sd"


def _of_difference(what: str, words: str, found: Difference) -> Iterator[tuple[str, str, str]]:
    for name, value in (("", found.value), ("Low", found.low), ("High", found.high)):
        if value is not None:
            yield what + name, signed_tex(value), f"{words}{', ' if name else ''}{name.lower()}"
    if found.p_holm is not None:
        yield f"{what}P", p_tex(found.p_holm), f"{words}: p after Holm"
    if found.min_detectable is not None:
        yield f"{what}Least", number_tex(found.min_detectable), f"{words}: the least that would be found"


def p_tex(p: float) -> str:
    """As the findings say it, for text and for mathematics."""
    return rf"\ensuremath{{{p_words(p)}}}"


def _thousands(count: int) -> str:
    return f"{count:,}".replace(",", "{,}")
