"""How a length of time is said."""

from __future__ import annotations


def duration_words(seconds: float) -> str:
    """A length of time in two figures and at most six characters: `40 s`, `12 min`, `1.7 h`, `3 d`."""
    if seconds < 1:
        return "<1 s"
    if seconds < 5:
        return f"{seconds:.0f} s"
    if seconds < 55:
        return f"{5 * round(seconds / 5)} s"
    if seconds < 97.5 * 60:
        minutes = max(1, round(seconds / 60))
        return f"{minutes} min" if minutes < 20 else f"{5 * round(minutes / 5)} min"
    hours = seconds / 3600
    if hours < 9.95:
        return f"{hours:.1f} h"
    return f"{hours:.0f} h" if hours < 99.5 else f"{hours / 24:.0f} d"


def hours_words(hours: float) -> str:
    """A length of time as a table of runs says it, not rounded to fives: `1.7 h`, `12 min`, `41 s`."""
    if hours >= 0.995:
        return f"{hours:.1f} h"
    minutes = hours * 60
    return f"{minutes:.0f} min" if minutes >= 1.5 else f"{minutes * 60:.0f} s"
