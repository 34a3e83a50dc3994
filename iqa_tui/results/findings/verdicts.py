"""Whether a link of a hypothesis holds: from a difference and its interval to a verdict and its reason.

That a hypothesis holds needs all of its links, so each holds by its own interval. That it does not needs one, so a link
fails only by a p that is corrected for all links of the hypothesis.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from iqa_tui.plans.hypotheses import Hypothesis, Link, Range, Sign
from iqa_tui.results.findings.measured import ONE_SEED_STABILITY, Asked
from iqa_tui.results.findings.values import SHOWN, HypothesisFinding, LinkFinding, Verdict
from iqa_tui.results.findings.wording import (
    difference_words,
    estimate_words,
    listed,
    needs_words,
    p_words,
)
from iqa_tui.results.intervals.correlation import CORRELATIONS
from iqa_tui.results.intervals.estimates import Difference, Estimate
from iqa_tui.results.intervals.needs import seeds_needed
from iqa_tui.results.intervals.student import holm, two_sided_p


@dataclass(frozen=True, slots=True)
class _Tested:
    """One link before the correction over the hypothesis."""

    link: Link | Range
    missing: tuple[str, ...]
    """Rows without a result."""
    holds: bool
    p_against: float | None
    """Of the side on which the link does not hold; 1 if the number lies on the other side; None: no p."""
    numbers: str
    """What it rests on."""
    tell: str
    """What would tell."""


def judge(hypothesis: Hypothesis, asked: Asked) -> HypothesisFinding:
    """The verdict of a hypothesis and of each of its links."""
    tested = [_tested(link, hypothesis, asked) for link in hypothesis.links]
    against = holm([each.p_against for each in tested])
    links = tuple(_found(each, p) for each, p in zip(tested, against, strict=True))
    verdict = _together([link.verdict for link in links])
    return HypothesisFinding(
        hypothesis.id,
        hypothesis.text,
        hypothesis.predict,
        hypothesis.measure,
        verdict,
        _why(verdict, links, asked.not_run(hypothesis.rows)),
        links,
    )


def _together(verdicts: list[Verdict]) -> Verdict:
    for verdict in (Verdict.FAILS, Verdict.NOT_RUN, Verdict.OPEN):
        if verdict in verdicts:
            return verdict
    return Verdict.HOLDS


def _why(verdict: Verdict, links: tuple[LinkFinding, ...], missing: list[str]) -> str:
    if verdict is Verdict.NOT_RUN:
        return f"{listed(missing)} {'has' if len(missing) == 1 else 'have'} no result yet"
    if verdict is Verdict.HOLDS:
        return "every link holds" if len(links) > 1 else links[0].why
    decisive = [link.link for link in links if link.verdict is verdict]
    told = listed(decisive) if len(links) > 1 else links[0].why
    return told if len(links) == 1 else f"{told} {verdict}"


def _found(tested: _Tested, p: float | None) -> LinkFinding:
    link = str(tested.link)
    if tested.missing:
        has = "has" if len(tested.missing) == 1 else "have"
        return LinkFinding(link, Verdict.NOT_RUN, f"{listed(list(tested.missing))} {has} no result yet")
    if tested.holds:
        return LinkFinding(link, Verdict.HOLDS, tested.numbers)
    if p is not None and p < SHOWN:
        return LinkFinding(link, Verdict.FAILS, f"{tested.numbers}, {p_words(p)} after Holm")
    tell = tested.tell
    if p is not None and tested.p_against is not None and tested.p_against < SHOWN:
        alone, corrected = p_words(tested.p_against), p_words(p)
        tell = f"its opposite would be shown if it were the only link ({alone}; {corrected} after Holm)"
    return LinkFinding(link, Verdict.OPEN, "; ".join(part for part in (tested.numbers, tell) if part))


def _tested(link: Link | Range, hypothesis: Hypothesis, asked: Asked) -> _Tested:
    missing = tuple(asked.not_run(link.rows))
    if missing:
        return _Tested(link, missing, holds=False, p_against=None, numbers="", tell="")
    if isinstance(link, Range):
        if not link.minus:
            return _within(link, asked.estimate(link.row, hypothesis.measure))
        return _within(link, asked.difference((link.row,), (link.minus,), hypothesis.measure))
    found = asked.difference((link.left,), (link.right,), hypothesis.measure)
    numbers = _difference_numbers(link, found, hypothesis.measure)
    if hypothesis.measure == "stability" and len(found.seeds) < 2 and found.splits < 2:
        return _Tested(link, (), holds=False, p_against=None, numbers=numbers, tell=ONE_SEED_STABILITY)
    if link.sign is Sign.LIKE:
        margin = hypothesis.margin or 0.0
        limit = f"a ratio of {math.exp(margin):.3g}" if hypothesis.measure == "stability" else f"{margin:.4g}"
        return _alike(link, found, margin, f"{numbers}; alike means within {limit}")
    return _ordered(link, found, numbers)


def _ordered(link: Link, found: Difference, numbers: str) -> _Tested:
    side = 1.0 if link.sign is Sign.ABOVE else -1.0
    ends = found.interval()
    holds = ends is not None and min(side * ends[0], side * ends[1]) > 0
    against = None if found.p is None else found.p if side * (found.value or 0.0) < 0 else 1.0
    return _Tested(link, (), holds, against, numbers, _tell(found, abs(found.value or 0.0)))


def _alike(link: Link, found: Difference, margin: float, numbers: str) -> _Tested:
    narrow = found.interval(0.90)
    holds = narrow is not None and -margin <= narrow[0] and narrow[1] <= margin
    beyond = abs(found.value or 0.0) - margin
    what = "would show them alike" if beyond < 0 else "would show them apart"
    return _Tested(link, (), holds, _p_beyond(found, beyond), numbers, _tell(found, abs(beyond), what))


def _within(link: Range, found: Difference | Estimate) -> _Tested:
    """A number or a difference within limits; with one limit alone as `>`."""
    words = difference_words(found) if isinstance(found, Difference) else estimate_words(found)
    numbers = f"{_left_side(link)} = {words}" if found.value is not None else words
    numbers = _with_note(numbers, found)
    is_open = link.low is None or link.high is None
    ends = found.interval(0.95 if is_open else 0.90)
    low = -math.inf if link.low is None else link.low
    high = math.inf if link.high is None else link.high
    if ends is None:
        holds = False
    elif is_open:
        holds = low < ends[0] and ends[1] < high
    else:
        holds = low <= ends[0] and ends[1] <= high
    if found.value is None:
        return _Tested(link, (), holds=False, p_against=None, numbers=numbers, tell="")
    nearest = min((low, high), key=lambda limit: abs(found.value - limit))  # type: ignore[operator]
    is_beyond = not low <= found.value <= high
    against = _p_from(found, nearest) if is_beyond else None if found.se is None or not found.se else 1.0
    gap = abs(found.value - nearest)
    tell = _tell(found, gap, "would tell") if isinstance(found, Difference) else _tell_estimate(found, gap)
    return _Tested(link, (), holds, against, numbers, tell)


def _left_side(link: Range) -> str:
    return f"{link.row} − {link.minus}" if link.minus else link.row


def _difference_numbers(link: Link, found: Difference, measure: str) -> str:
    if found.value is None:
        return difference_words(found)
    if measure != "stability":
        return _with_note(f"{link.left} − {link.right} = {difference_words(found)}", found)
    ratio = _in_ratios(found)
    return _with_note(f"unsteadiness of {link.right} / {link.left} = {ratio}", found)


def _in_ratios(found: Difference) -> str:
    ends = (
        "" if found.low is None or found.high is None else f" [{math.exp(found.low):.2f}, {math.exp(found.high):.2f}]"
    )
    return f"{math.exp(found.value or 0.0):.2f}{ends}"


def _with_note(numbers: str, found: Difference | Estimate) -> str:
    return f"{numbers} ({found.note})" if found.note and found.note not in numbers else numbers


def _p_beyond(found: Difference, beyond: float) -> float | None:
    """Of a difference that lies this far outside the margin."""
    if not found.se or found.df is None:
        return None
    return two_sided_p(beyond, found.se, found.df) if beyond > 0 else 1.0


def _p_from(found: Difference | Estimate, limit: float) -> float | None:
    """That the number is truly at the limit; a correlation on Fisher's z, as its interval is."""
    if not found.se or found.df is None or found.value is None:
        return None
    if isinstance(found, Estimate) and found.metric in CORRELATIONS and abs(limit) < 1 and abs(found.value) < 1:
        se = found.se / (1 - found.value**2)
        return two_sided_p(math.atanh(found.value) - math.atanh(limit), se, found.df)
    return two_sided_p(found.value - limit, found.se, found.df)


def _tell(found: Difference, size: float, what: str = "would show a difference of this size") -> str:
    if found.value is None or not found.se:
        return ""
    if found.se_seeds is None:
        return "a second seed would tell how much the training moves it"
    return needs_words(seeds_needed(found, size), what) if size else ""


def _tell_estimate(found: Estimate, gap: float) -> str:
    """As for a difference: the arithmetic asks for the two parts of the noise alone."""
    like = Difference(
        found.id, "", found.metric, found.value, found.se, found.se_images, found.se_seeds, found.df,
        seeds=found.seeds, images=found.images, units=found.units, splits=found.splits, test_share=found.test_share,
    )  # fmt: skip
    return _tell(like, gap, "would tell")
