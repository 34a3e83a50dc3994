"""What `--loss_type` means: the name of a loss, or a sum of several, such as `l1+0.5*srcc`.

Standard library only, as the flags are. What a loss computes is in `training.losses`; here stands what the flags, the
checks before a run and the reader of its weights must know of it.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

RANKING = "ranking"
"""The part that `--ranking_loss_alpha` adds, too."""
HISTOGRAM = "emd"
"""The loss of a network that says how many of the people who look at an image give each answer."""
LEARNT_SD = "thurstone"
"""The loss of a network that gives a spread of the opinions beside their mean."""
LOSS_TYPES = (
    "l1",
    "l2",
    "srcc",
    "rank",
    "pairwise",
    "plcc",
    "nin",
    "smooth_l1",
    "monotonicity",
    "ranknet",
    LEARNT_SD,
    HISTOGRAM,
    RANKING,
)
FIXES_SCALE = frozenset({"l1", "l2", "smooth_l1", HISTOGRAM})
"""Losses that compare a prediction with its own opinion, so that predictions lie on the scale of opinions."""
SMALLEST_BATCH = {
    "rank": 2,
    "pairwise": 2,
    "monotonicity": 2,
    "ranknet": 2,
    LEARNT_SD: 2,
    RANKING: 2,
    "srcc": 3,
    "plcc": 3,
    "nin": 3,
}
"""How many crops a batch of a loss needs to have a gradient; those that fix the scale need one. Losses that are free of
shift and scale say nothing of two: these lie one SD above and below their mean, whatever is predicted."""
PUBLISHED_ALPHA = 0.5
"""Default of `--ranking_loss_alpha` in the published code."""
RANKING_TWICE = (
    "--ranking_loss_alpha adds the ranking term to the loss, and --loss_type has it already: give its weight in one of "
    "the two"
)
TWO_KINDS_OF_NETWORK = (
    f"{HISTOGRAM} and {LEARNT_SD} need networks with other outputs (a histogram; a mean and a spread), so one sum "
    "cannot have both: take one of them"
)
ANSWERS = 5
"""How many answers an opinion chooses from if the user does not say: bad, poor, fair, good, excellent."""
EXAMPLE = "l1+0.5*srcc"


@dataclass(frozen=True, slots=True)
class LossPart:
    """One summand of a loss."""

    name: str
    """One of `LOSS_TYPES`."""
    weight: float = 1.0


def loss_type(text: str) -> str:
    """The value of the flag in its one spelling: without blanks, without weights of 1.

    Raises:
        argparse.ArgumentTypeError: it is no sum of losses; the text says what may stand there.
    """
    parts = [_part(word.strip(), text) for word in text.split("+")]
    names = [part.name for part in parts]
    for name in names:
        if names.count(name) > 1:
            raise argparse.ArgumentTypeError(
                f"{text[:80]!r} has {name} twice: write it once, with the sum of its weights"
            )
    if {HISTOGRAM, LEARNT_SD} <= set(names):
        raise argparse.ArgumentTypeError(TWO_KINDS_OF_NETWORK)
    return "+".join(_written(part) for part in parts)


def parts_of(loss_type: str) -> tuple[LossPart, ...]:
    """The summands of a loss as `loss_type` spells it, in its order."""
    words = [word.rpartition("*") for word in loss_type.split("+")]
    return tuple(LossPart(name, float(weight or 1)) for weight, _, name in words)


def fixes_scale(loss_type: str) -> bool:
    """Whether a summand compares a prediction with its own opinion; the others are content with any scale."""
    return any(word.rpartition("*")[2] in FIXES_SCALE for word in loss_type.split("+"))


def smallest_batch(loss_type: str) -> int:
    """How many crops a batch needs for each summand to have a gradient."""
    return max(SMALLEST_BATCH.get(part.name, 1) for part in parts_of(loss_type))


def has_part(loss_type: str, name: str) -> bool:
    return any(part.name == name for part in parts_of(loss_type))


def outputs_of(loss_type: str, answers: int) -> int:
    """How many numbers a network gives of an image if it learns by this loss."""
    if has_part(loss_type, HISTOGRAM):
        return answers
    return 2 if has_part(loss_type, LEARNT_SD) else 1


def default_alpha(loss_type: str) -> float:
    """Of `--ranking_loss_alpha`: as in the published code, whose networks have one output; 0 beside a loss of another
    network, and beside a sum or `ranking`, which say all they mean.
    """
    says_all = "+" in loss_type or loss_type.endswith((RANKING, HISTOGRAM, LEARNT_SD))
    return 0.0 if says_all else PUBLISHED_ALPHA


def has_ranking_twice(loss_type: str, alpha: float) -> bool:
    return alpha > 0 and has_part(loss_type, RANKING)


def _part(word: str, text: str) -> LossPart:
    weight_text, star, name = (piece.strip() for piece in word.rpartition("*"))
    if name not in LOSS_TYPES:
        what = f"{name[:40]!r} is no loss" if name else f"{text[:80]!r} lacks a loss"
        raise argparse.ArgumentTypeError(
            f"{what}: write one of {', '.join(LOSS_TYPES)}, or a sum of them with weights, such as {EXAMPLE}"
        )
    if not star:
        return LossPart(name)
    try:
        weight = float(weight_text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{weight_text[:40]!r} is no weight of {name}: write a number above 0, such as {EXAMPLE}"
        ) from None
    if not 0 < weight < float("inf"):
        raise argparse.ArgumentTypeError(f"the weight of {name}, {weight_text[:40]}, is not a number above 0")
    return LossPart(name, weight)


def _written(part: LossPart) -> str:
    """`0.5*srcc`; no `+` in a large weight, which would be read as the beginning of the next part."""
    weight = repr(part.weight).removesuffix(".0").replace("e+", "e")
    return part.name if part.weight == 1 else f"{weight}*{part.name}"
