"""Which row to use: the cheapest among those that cannot be told from the best."""

from __future__ import annotations

from collections.abc import Sequence

from iqa_tui.results.findings.answers import is_shown
from iqa_tui.results.findings.measured import Asked
from iqa_tui.results.findings.values import Evidence, Recommendation
from iqa_tui.results.findings.wording import estimate_words, listed
from iqa_tui.words.durations import hours_words

ALIKE = 1.05
"""Hours of two rows count as equal within this ratio: the same run differs by as much on a shared machine."""


def recommend(asked: Asked, evidence: Sequence[Evidence], baseline: str) -> Recommendation:
    """By SRCC and hours. Nothing is recommended from a single row, nor without an interval."""
    best, others = asked.rank("srcc")
    if best is None:
        return Recommendation(None, "No row has a result yet.")
    known = [each for each in others if each.value is not None]
    if not known:
        return Recommendation(None, f"Only {asked.name(best)} has a result: there is nothing to choose from.")
    without = [each for each in known if each.p is None and "identical" not in each.note]
    if len(without) == len(known):
        notes = listed(list(dict.fromkeys(each.note for each in without if each.note)))
        return Recommendation(None, f"Nothing is recommended: {notes}.")
    alike = [best, *(each.id for each in known if not is_shown(each) and each not in without)]
    hours = {each.id: each.hours for each in evidence}
    timed = {row: value for row in alike if (value := hours.get(row)) is not None}
    if not timed:
        return Recommendation(best, f"{asked.name(best)} has the highest SRCC; hours are not known.")
    cheapest = min(timed.values())
    cheap = [row for row in timed if timed[row] <= cheapest * ALIKE]
    chosen = best if best in cheap else min(cheap, key=lambda row: timed[row])
    chosen = baseline if baseline in cheap else chosen
    return Recommendation(chosen, _why(chosen, best, alike, timed, asked))


def _why(chosen: str, best: str, alike: list[str], hours: dict[str, float], asked: Asked) -> str:
    words = estimate_words(asked.estimate(best, "srcc"))
    if alike == [best]:
        return f"{asked.name(best)} has the highest SRCC, {words}, and every other row is shown to lie below it."
    others = listed([row for row in alike if row != best])
    told = f"{asked.name(best)} has the highest SRCC, {words}; {others} cannot be told from it."
    if chosen == best:
        return f"{told} None of them takes fewer hours ({hours_words(hours[best])} a run)."
    cost = f"{hours_words(hours[chosen])} a run; {best} {hours_words(hours[best])}" if best in hours else ""
    if hours[chosen] > min(hours.values()):
        return f"{told} {asked.name(chosen)} is the baseline and costs as much as the cheapest of them ({cost})."
    return f"{told} {asked.name(chosen)} is the cheapest of them ({cost})."
