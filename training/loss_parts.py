"""The flags of the loss. `--loss_type` is the name of one, or a sum of several, such as `l1+0.5*srcc`.

Standard library only, as the flags are. What a loss computes is in `training.losses`; here stands what the flags, the
checks before a run and the reader of its weights must know of it.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

from training.flag_values import not_negative

RANKING = "ranking"
"""The part that `--ranking_loss_alpha` adds, too."""
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
    RANKING,
)
FIXES_SCALE = frozenset({"l1", "l2", "smooth_l1"})
"""Losses that compare a prediction with its own opinion, so that predictions lie on the scale of opinions."""
SMALLEST_BATCH = {
    "rank": 2,
    "pairwise": 2,
    "monotonicity": 2,
    "ranknet": 2,
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
EXAMPLE = "l1+0.5*srcc"


@dataclass(frozen=True, slots=True)
class LossPart:
    """One summand of a loss."""

    name: str
    """One of `LOSS_TYPES`."""
    weight: float = 1.0


def add_loss_flags(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--loss_type",
        type=loss_type,
        default="l1",
        help=f"one of {', '.join(LOSS_TYPES)}, or a weighted sum, such as {EXAMPLE}; docs/trainer.md defines each",
    )
    group.add_argument(
        "--pairwise_sd",
        choices=("image", "uniform"),
        default="image",
        help="opinion spread in the losses pairwise and ranknet: each image's own if known, or one for all",
    )
    group.add_argument(
        "--ranking_loss_alpha",
        type=not_negative,
        default=argparse.SUPPRESS,  # it depends on --loss_type
        help="weight of a margin ranking term beside the loss (default: 0.5, as published; 0 beside a sum or ranking)",
    )
    group.add_argument(
        "--ranking_loss_margin",
        type=not_negative,
        default=0.1,
        help="of that term, on the scale of training (0 to 1; published: 0 to 100)",
    )


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


def default_alpha(loss_type: str) -> float:
    """Of `--ranking_loss_alpha`: as in the published code; 0 beside a sum or `ranking`, which say all they mean."""
    return 0.0 if "+" in loss_type or loss_type.endswith(RANKING) else PUBLISHED_ALPHA


def has_ranking_twice(loss_type: str, alpha: float) -> bool:
    return alpha > 0 and any(part.name == RANKING for part in parts_of(loss_type))


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
