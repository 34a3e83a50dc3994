"""One line of `iqa-tui doctor`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """What was checked, how it is, and what would help."""

    subject: str
    words: str
    is_good: bool = True
    blocks: bool = False
    """True if nothing can run until it is mended."""
    remedy: str = ""


def blocked(subject: str, words: str, remedy: str) -> Finding:
    """Nothing can run."""
    return Finding(subject, words, is_good=False, blocks=True, remedy=remedy)


def doubtful(subject: str, words: str, remedy: str) -> Finding:
    """It may go well; a user who knows of it saves an hour if it does not."""
    return Finding(subject, words, is_good=False, remedy=remedy)
