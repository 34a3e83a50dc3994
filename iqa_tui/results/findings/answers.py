"""Answers to the questions of a plan: sentences made from templates and numbers, without an adjective of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from iqa_tui.plans.questions import Question
from iqa_tui.results.findings.measured import Asked, is_higher_better
from iqa_tui.results.findings.values import SHOWN, Answer, Evidence
from iqa_tui.results.findings.wording import (
    NAMES,
    difference_words,
    estimate_words,
    listed,
    needs_words,
    number,
    p_words,
    sentence,
)
from iqa_tui.results.intervals.estimates import Difference
from iqa_tui.results.intervals.needs import seeds_needed
from iqa_tui.words.durations import duration_words, hours_words

TITLES = {
    "best": "Which row has the best {measure}?",
    "compare": "Do {rows} differ in {measure}?",
    "groups": "Do {groups} differ in {measure}?",
    "cost": "What does a better {measure} cost?",
    "worth": "Should one use {rows}?",
}


def answer(question: Question, asked: Asked, evidence: Sequence[Evidence]) -> Answer:
    """One question, answered from what has finished."""
    ways: dict[str, Callable[[Question, Asked, Sequence[Evidence]], str]] = {
        "best": _best,
        "compare": _compare,
        "groups": _groups,
        "cost": _cost,
        "worth": _worth,
    }
    missing = asked.not_run((*question.rows, *(row for group in question.groups for row in group), question.against))
    missing = [row for row in missing if row]
    if missing:
        has = "has" if len(missing) == 1 else "have"
        told = f"Not run yet: {listed(missing)} {has} no result."
    else:
        told = ways[question.kind](question, asked, evidence)
    return Answer(question.kind, question.text or _title(question), told)


def _title(question: Question) -> str:
    groups = " and ".join("+".join(group) for group in question.groups)
    return TITLES[question.kind].format(
        measure=NAMES[question.measure], rows=listed(list(question.rows)), groups=groups
    )


def _best(question: Question, asked: Asked, _evidence: Sequence[Evidence]) -> str:
    best, others = asked.rank(question.measure, question.rows)
    if best is None:
        return "Not run yet: no row has a result."
    edge = {"stability": "trained most steadily"}.get(
        question.measure,
        f"has the {'highest' if is_higher_better(question.measure) else 'lowest'} {NAMES[question.measure]}",
    )
    value = "" if question.measure == "stability" else f", {estimate_words(asked.estimate(best, question.measure))}"
    told = [f"{asked.name(best)} {edge}{value}."]
    known = [each for each in others if each.value is not None]
    shown = [each for each in known if is_shown(each)]
    open_ones = [each for each in known if not is_shown(each)]
    if shown:
        words = [f"{each.id} by {_gap(each, question.measure)}" for each in shown]
        told.append(f"Shown to differ from it: {listed(words)}.")
    if open_ones:
        words = [f"{each.id} ({_gap(each, question.measure)}{_p_of(each)})" for each in open_ones]
        reasons = dict.fromkeys(each.note for each in open_ones if each.p_holm is None and each.note)
        reasons |= dict.fromkeys(["p after Holm"] if any(each.p_holm is not None for each in open_ones) else [])
        because = f" ({listed(list(reasons))})" if reasons else ""
        told.append(f"Cannot be told from it{because}: {listed(words)}.")
    without = [each for each in others if each.value is None]
    if without:
        told.append(f"Without a value: {listed([f'{each.id} ({_reason(each)})' for each in without])}.")
    unfinished = asked.not_run(question.rows or tuple(asked.labels))
    if unfinished:
        told.append(f"Not run yet: {listed(unfinished)}.")
    return " ".join(told)


def _reason(difference: Difference) -> str:
    """Its note without the id that stands before it."""
    return difference.note.removeprefix(f"{difference.id}: ")


def _p_of(difference: Difference) -> str:
    return "" if difference.p_holm is None else f", {p_words(difference.p_holm)}"


def _gap(difference: Difference, measure: str) -> str:
    if measure == "stability":
        return f"{abs(difference.value or 0.0):.2f} in ln unsteadiness"
    return number(abs(difference.value or 0.0), measure)


def _compare(question: Question, asked: Asked, _evidence: Sequence[Evidence]) -> str:
    left, right = question.rows
    return sentence(_told(asked.difference((left,), (right,), question.measure), f"{left} − {right}", question.measure))


def _groups(question: Question, asked: Asked, _evidence: Sequence[Evidence]) -> str:
    left, right = question.groups
    names = [f"mean of {listed(list(group))}" if len(group) > 1 else group[0] for group in (left, right)]
    return sentence(_told(asked.difference(left, right, question.measure), " − ".join(names), question.measure))


def _told(found: Difference, name: str, measure: str) -> str:
    """The difference, whether it is shown, and what would tell."""
    if found.value is None:
        return f"this cannot be told: {difference_words(found)}"
    what = "ln unsteadiness, right less left" if measure == "stability" else NAMES[measure]
    numbers = f"{name} = {difference_words(found)} {what}"
    if found.p is None:
        return f"{numbers}; whether they differ cannot be told ({found.note or 'no interval'})"
    parts = [f"{'shown' if found.p < SHOWN else 'not shown'} ({p_words(found.p)}, taken alone)"]
    if found.note:
        parts.append(found.note)
    if found.p >= SHOWN and (needs := needs_words(seeds_needed(found))):
        parts.append(needs)
    return f"{numbers}: {'; '.join(parts)}"


def _cost(question: Question, asked: Asked, evidence: Sequence[Evidence]) -> str:
    costs = {each.id: each for each in evidence if each.hours is not None}
    chosen = question.rows or tuple(row.id for row in asked.table.rows if row.runs and not row.is_elsewhere)
    sign = 1.0 if is_higher_better(question.measure) else -1.0
    values = {
        row: sign * value
        for row in chosen
        if row in costs and (value := asked.estimate(row, question.measure).value) is not None
    }
    if not values:
        return "Not run yet: no row has a result and hours."
    front = [row for row in values if not any(_beats(other, row, costs, values) for other in values if other != row)]
    front.sort(key=lambda row: costs[row].hours or 0.0)
    words = [f"{row} ({_price(costs[row])}, {number(sign * values[row], question.measure)})" for row in front]
    told = f"No other row is cheaper and better than {listed(words)}; by hours a run and {NAMES[question.measure]}."
    beaten = [row for row in values if row not in front]
    if beaten:
        told += f" Another row is cheaper and better than {listed(beaten)}."
    return f"{told} These are the values as measured; the differences to the baseline say which are shown."


def _beats(one: str, other: str, costs: dict[str, Evidence], values: dict[str, float]) -> bool:
    """At no point worse, and better in one."""
    hours = (costs[one].hours or 0.0, costs[other].hours or 0.0)
    return (
        hours[0] <= hours[1] and values[one] >= values[other] and (hours[0] < hours[1] or values[one] > values[other])
    )


def _price(evidence: Evidence) -> str:
    parts = [hours_words(evidence.hours or 0.0)]
    if evidence.seconds_a_step is not None:
        seconds = evidence.seconds_a_step
        parts.append(f"{seconds:.2f} s a step" if seconds < 10 else f"{duration_words(seconds)} a step")
    if evidence.peak_gpu_gib is not None:
        parts.append(f"{evidence.peak_gpu_gib:.1f} GiB")
    return ", ".join(parts)


def _worth(question: Question, asked: Asked, evidence: Sequence[Evidence]) -> str:
    return " ".join(_worth_of(row, question, asked, evidence) for row in question.rows)


def _worth_of(row: str, question: Question, asked: Asked, evidence: Sequence[Evidence]) -> str:
    found = asked.difference((row,), (question.against,), question.measure)
    told = _told(found, f"{row} − {question.against}", question.measure)
    if found.value is None or found.p is None:
        head = "These runs do not say"
    elif found.p >= SHOWN:
        head = f"No gain of {row} over {question.against} is shown"
    else:
        is_better = (found.value > 0) == is_higher_better(question.measure)
        head = f"{'Yes' if is_better else 'No'}, by {NAMES[question.measure]}"
    costs = {each.id: each.hours for each in evidence}
    mine, its = costs.get(row), costs.get(question.against)
    price = (
        f" A run of {row} takes {hours_words(mine)}, one of {question.against} {hours_words(its)}."
        if mine and its
        else ""
    )
    return f"{head}: {sentence(told)}{price}"


def is_shown(difference: Difference) -> bool:
    """By the p that is corrected, if there are several; by its own, if it was asked for alone."""
    p = difference.p if difference.p_holm is None else difference.p_holm
    return p is not None and p < SHOWN
