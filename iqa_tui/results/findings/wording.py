"""How a number, an interval, a difference and a need are said."""

from __future__ import annotations

from iqa_tui.results.intervals.estimates import Difference, Estimate
from iqa_tui.results.intervals.needs import Needs
from iqa_tui.words.durations import hours_words

NAMES = {
    "srcc": "SRCC",
    "plcc": "PLCC",
    "plcc_fitted": "PLCC after the fit",
    "krcc": "KRCC",
    "rmse": "RMSE",
    "hours": "hours",
    "stability": "stability",
}
MINUS = "−"


def number(value: float, metric: str) -> str:
    """`0.9361`, `1.7 h`."""
    if metric == "hours":
        return hours_words(value) if value >= 0 else f"{MINUS}{hours_words(-value)}"
    return f"{value:.4f}".replace("-", MINUS)


def signed(value: float, metric: str) -> str:
    """`+0.0021`, `−2 min`; 0 has no sign."""
    if metric == "hours":
        return ("+" if value > 0 else "") + number(value, metric)
    text = f"{value:+.4f}"
    return text.lstrip("+-") if float(text) == 0 else text.replace("-", MINUS)


def interval(low: float | None, high: float | None, metric: str, *, is_difference: bool = False) -> str:
    """`[0.9340, 0.9381]`; empty if there is none."""
    if low is None or high is None:
        return ""
    say = signed if is_difference else number
    return f"[{say(low, metric)}, {say(high, metric)}]"


def estimate_words(estimate: Estimate) -> str:
    """`0.9361 [0.9340, 0.9381]`, or why there is no number."""
    if estimate.value is None:
        return estimate.note or "not known"
    bounds = interval(estimate.low, estimate.high, estimate.metric)
    return " ".join(part for part in (number(estimate.value, estimate.metric), bounds) if part)


def difference_words(difference: Difference) -> str:
    """`+0.0021 [−0.0004, +0.0046]`, or why there is no number."""
    if difference.value is None:
        return difference.note or "not known"
    bounds = interval(difference.low, difference.high, difference.metric, is_difference=True)
    return " ".join(part for part in (signed(difference.value, difference.metric), bounds) if part)


def p_words(p: float) -> str:
    """`p = 0.36`, `p = 0.048`, `p < 0.001`: in as many digits as tell it from 0.05."""
    if p < 0.001:
        return "p < 0.001"
    return f"p = {p:.2f}" if p >= 0.095 else f"p = {p:.3f}" if f"{p:.3f}" != "0.050" else f"p = {p:.5f}"


def needs_words(needs: Needs, what: str = "would show a difference of this size") -> str:
    """`about 9 seeds would show a difference of this size`; empty if it cannot be told."""
    if needs.splits is not None:
        return f"about {needs.splits} random splits {what}" if needs.splits else f"no number of random splits {what}"
    if needs.seeds is not None:
        return f"about {needs.seeds} seeds {what}"
    if needs.images is not None:
        return f"no number of seeds would; at least about {needs.images:,} test images {what}"
    return ""


def listed(words: list[str]) -> str:
    """`a, b and c`."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""


def sentence(text: str) -> str:
    """With a capital letter and one full stop."""
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")
