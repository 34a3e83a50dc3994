"""Findings in sections of sentences and small tables, which text, Markdown, the report and the screen set out."""

from __future__ import annotations

from dataclasses import dataclass

from iqa_tui.results.findings.answers import is_shown
from iqa_tui.results.findings.tuning import chosen_score, tuning_table
from iqa_tui.results.findings.values import Across, Findings, HypothesisFinding, Verdict
from iqa_tui.results.findings.wording import NAMES, difference_words, estimate_words, number, p_words, sentence
from iqa_tui.results.intervals.estimates import Difference
from iqa_tui.words.durations import hours_words
from training.runfolder.text import plain

SIGNS = {Verdict.HOLDS: "✓", Verdict.FAILS: "✗", Verdict.OPEN: "?", Verdict.NOT_RUN: "○"}
WHAT_AN_INTERVAL_IS = (
    "Intervals of 95% from {resamples:,} resamples of the test images, and from the seeds if there are several; a"
    " difference is paired by image and by seed. “Shown” means p < 0.05 after Holm's correction over the differences of"
    " one metric."
)

WHAT_TUNING_IS = (
    "Validation SRCC of each value that was tried, by runs of its own; * was chosen, – has no score. The test split was"
    " not scored while tuning."
)


OVER_SPLITS = (
    "Intervals of 95% from the spread over the random splits, corrected as their training images overlap (Nadeau and"
    " Bengio), without resampling; a difference is paired by split and by seed. “Shown” means p < 0.05 after Holm's"
    " correction over the differences of one metric."
)


def what_an_interval_is(findings: Findings) -> str:
    """What the intervals of a table speak of."""
    if any(each.splits > 1 for each in findings.rows):
        return OVER_SPLITS
    return WHAT_AN_INTERVAL_IS.format(resamples=findings.resamples)


@dataclass(frozen=True, slots=True)
class Point:
    """One thing that is said."""

    head: str
    """A short text before it; empty for none."""
    told: str
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Grid:
    """A small table: its first column is text, all others are numbers."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, and what is said below it."""

    heading: str
    points: tuple[Point, ...]
    note: str = ""
    grid: Grid | None = None
    """Between the points and the note."""


def sections(findings: Findings) -> tuple[Section, ...]:
    """Without those that are empty."""
    found = (
        Section("Recommendation", (Point("", findings.recommendation.why),)),
        Section("Hypotheses", tuple(_hypothesis(each) for each in findings.hypotheses)),
        Section("Questions", tuple(Point(each.text, each.answer) for each in findings.questions)),
        Section(
            "Test SRCC",
            tuple(
                Point(each.id, _with_note(estimate_words(each), each.note))
                for each in findings.rows
                if each.metric == "srcc"
            ),
            what_an_interval_is(findings),
        ),
        *(_differences(findings, metric) for metric in ("srcc", "plcc")),
        *(_across(findings, metric) for metric in ("srcc", "plcc")),
        _tuning(findings),
        Section("Training and cost", tuple(_evidence(findings))),
        Section("Limits", tuple(Point("", text) for text in findings.limits)),
    )
    return tuple(section for section in found if section.points)


def _tuning(findings: Findings) -> Section:
    tunings = findings.tunings
    points = []
    for each in tunings:
        score = chosen_score(each.tuning)
        by = "" if score is None else f", validation SRCC {number(score, 'srcc')}"
        told = f"{each.words}{by}{f' (mean of {each.ways} tunings)' if each.ways > 1 else ''}"
        points.append(Point(each.id, " ".join([sentence(f"chosen: {told}"), *each.edge])))
    return Section("Tuning", tuple(points), WHAT_TUNING_IS, Grid(*tuning_table(tunings)) if points else None)


def _hypothesis(finding: HypothesisFinding) -> Point:
    head = f"{finding.id} {SIGNS[finding.verdict]} {finding.verdict}"
    said = "; ".join(finding.predict)
    measure = "" if finding.measure == "srcc" else f", by {NAMES[finding.measure]}"
    told = f"{sentence(finding.text)} Predicted{measure}: {said}." if finding.text else f"Predicted{measure}: {said}."
    links = tuple(f"{SIGNS[link.verdict]} {link.link}: {link.verdict}. {sentence(link.why)}" for link in finding.links)
    return Point(head, told, links)


def _differences(findings: Findings, metric: str) -> Section:
    own = [each for each in findings.differences if each.metric == metric]
    points = tuple(Point(each.id, _with_note(_shown(each), each.note)) for each in own)
    return Section(f"Difference to {findings.baseline} in {NAMES[metric]}", points)


def _across(findings: Findings, metric: str) -> Section:
    across = findings.across
    if across is None:
        return Section("", ())
    heading = f"Difference to {plain(across.group)} in {NAMES[metric]}"
    points = [
        Point(each.id, _with_note(_shown(each), each.note)) for each in across.differences if each.metric == metric
    ]
    if not points:
        return Section(heading, (Point("", "No row has results in both groups."),) if metric == "srcc" else ())
    if metric != "srcc":
        return Section(heading, tuple(points))
    return Section(heading, tuple(points), " ".join(_across_notes(across)))


def _across_notes(across: Across) -> list[str]:
    """In which order the rows stand, which no p corrects, and what is not alike but for the settings."""
    here, there = ", ".join(across.order), ", ".join(across.other_order)
    order = f"Order of the means: {here}" + ("; the same in both groups." if here == there else f"; there {there}.")
    code = ["The two groups were trained by different trainer code."] if across.is_other_code else []
    return ["Each row less the row of that id there, paired by image and by seed.", order, *code]


def _shown(each: Difference) -> str:
    words = difference_words(each)
    p = each.p_holm
    if p is None:
        return words
    least = each.min_detectable
    would = "" if least is None or is_shown(each) else f"; one of about {number(least, each.metric)} would be found"
    return f"{words}: {'shown' if is_shown(each) else 'not shown'}, {p_words(p)}{would}"


def _with_note(text: str, note: str) -> str:
    return f"{text} ({note})" if note and note not in text else text


def _evidence(findings: Findings) -> list[Point]:
    points = []
    for each in findings.evidence:
        parts = [f"{hours_words(each.hours)} a run" if each.hours is not None else ""]
        if each.seconds_a_step is not None:
            parts.append(f"{each.seconds_a_step:.2f} s a step")
        if each.peak_gpu_gib is not None:
            parts.append(f"{each.peak_gpu_gib:.1f} GiB of GPU memory at most")
        if each.unsteadiness is not None:
            parts.append(f"unsteadiness {each.unsteadiness:.3f} (SD of the log of the gradient norm)")
            parts.append(f"{each.spikes} spike{'s' if each.spikes != 1 else ''} of the loss")
        if each.not_finite:
            parts.append(
                f"{each.not_finite} {'losses that were' if each.not_finite > 1 else 'loss that was'} not finite"
            )
        if each.zero_norms:
            parts.append(f"{each.zero_norms} step{'s' if each.zero_norms > 1 else ''} with a gradient of 0")
        if each.largest_fall is not None:
            parts.append(f"validation SRCC fell by {each.largest_fall:.4f} at most between two epochs")
        if each.srcc_sd is not None:
            over = "splits" if each.splits > 1 else "seeds"
            parts.append(f"SD of the test SRCC over {over} {each.srcc_sd:.4f}")
        if told := "; ".join(part for part in parts if part):
            points.append(Point(each.id, sentence(told)))
    return points
