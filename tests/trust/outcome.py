"""What came of an attack: each way in which it was tried, and one verdict."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field
from typing import Self

LONGEST_WORDS = 300


@dataclass
class Case:
    """One way in which an attack was tried."""

    name: str
    succeeded: bool
    words: str


@dataclass
class Outcome:
    """What came of an attack."""

    cases: list[Case] = field(default_factory=list)

    @classmethod
    def of(cls, succeeded: object, words: str) -> Self:
        return cls([Case("", bool(succeeded), words)])

    def add(self, name: str, succeeded: object, words: str) -> None:
        self.cases.append(Case(name, bool(succeeded), words))

    @property
    def succeeded(self) -> bool:
        return any(case.succeeded for case in self.cases)

    @property
    def share(self) -> str:
        """` (2 of 9)`: the ways of this verdict; empty if there was one way alone."""
        count = sum(case.succeeded == self.succeeded for case in self.cases)
        return f" ({count} of {len(self.cases)})" if len(self.cases) > 1 else ""

    @property
    def words(self) -> str:
        """What succeeded, if anything did; else what stood against it."""
        telling = [case for case in self.cases if case.succeeded == self.succeeded]
        return "; ".join(f"{case.name}: {case.words}" if case.name else case.words for case in telling)

    def without(self, path: str) -> Self:
        """The same, without the path of the ground, and nothing that is longer than a line."""
        for case in self.cases:
            case.words = textwrap.shorten(case.words.replace(path, ""), LONGEST_WORDS, placeholder=" …")
        return self
