"""One damage to one run, drawn from a seed."""

from __future__ import annotations

import os
import random
from dataclasses import dataclass

from tests.trust import damage

TARGETS = (
    *("spec.json", "place.json", "stop.json", "result.json", "signature.json", "environment.json", "owner.json"),
    *("attempts/1/process.json", "attempts/1/exit.json", "attempts/1/retry.json", "attempts/1/token"),
    *(
        "attempts/1/beat",
        "attempts/1/output.log",
        "events.jsonl",
        "machine.jsonl",
        "notes.json",
        "alive.lock",
        "supervisor.lock",
    ),
    *("scores/koniq-10k_test.csv", "scores", "checkpoints", "attempts", "attempts/1", "attempts/2", "attempts/x", ""),
)
JSON_TARGETS = tuple(target for target in TARGETS if target.endswith(".json"))
SHAPES = ("finished", "failed", "stopped", "lost", "queued", "again", "alive", "stopping")
"""What the damaged run was doing."""
NAMES = (
    *("2026-11-20_12-00-00_victim", "a\nb", "\x1b]0;owned\x07", "x" * 255, "..", "-rf", " ", "損失"),
    *(os.fsdecode(b"\xff\xfe latin \xe9"), "2026-11-20_%s{run_folder}", "dispatcher-0.lock.d"),
)


@dataclass(frozen=True)
class Case:
    """One damage to one run."""

    number: int
    shape: str
    name: str
    target: str
    words: str
    act: damage.Damage

    def __str__(self) -> str:
        return f"case {self.number}: {self.target or 'the folder'} of {self.shape} run {self.name[:30]!r}: {self.words}"


def draw_case(seed: int, number: int) -> Case:
    rng = random.Random(f"{seed} {number}")
    target, draw = rng.choice(TARGETS), rng.choice((damage.draw_kind, damage.draw_content))
    dice = rng.random()
    if dice < 0.45:
        target, draw = rng.choice(JSON_TARGETS), damage.draw_value
    elif dice < 0.55:
        target, draw = "events.jsonl", damage.draw_events
    elif dice < 0.6:
        target, draw = "machine.jsonl", damage.draw_samples
    name = rng.choice(NAMES) if rng.random() < 0.1 and target else NAMES[0]
    words, act = draw(rng)
    return Case(number, rng.choice(SHAPES), name if name != ".." else NAMES[0], target, words, act)
