"""From `--loss_type` to the function, and one run's whole criterion."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from torch import Tensor

from training.config import TrainConfig
from training.datasets.table import TRAINING_TOP
from training.loss_parts import HISTOGRAM, LEARNT_SD, RANKING, LossPart, parts_of
from training.losses.base import UNIFORM_SD
from training.losses.emd import emd_loss
from training.losses.l1 import l1_loss
from training.losses.l2 import l2_loss
from training.losses.monotonicity import monotonicity_loss
from training.losses.nin import nin_loss
from training.losses.pairwise import pairwise_loss
from training.losses.plcc import plcc_loss
from training.losses.published import published_pairwise_loss, published_rank_loss, published_srcc_loss
from training.losses.rank import rank_loss
from training.losses.ranking import ranking_term
from training.losses.ranknet import ranknet_loss
from training.losses.smooth_l1 import BETA, smooth_l1_loss
from training.losses.srcc import srcc_loss
from training.losses.thurstone import thurstone_loss
from training.readout import Reading

Loss = Callable[..., Tensor]

LOSSES: dict[str, Loss] = {
    "l1": l1_loss,
    "l2": l2_loss,
    "srcc": srcc_loss,
    "rank": rank_loss,
    "pairwise": pairwise_loss,
    "plcc": plcc_loss,
    "nin": nin_loss,
    "smooth_l1": smooth_l1_loss,
    "monotonicity": monotonicity_loss,
    "ranknet": ranknet_loss,
}
"""Each `loss(pred, mos, *, mos_sd=None)` with (N,) tensors, higher is better, gives ()."""

MORE_OUTPUTS: dict[str, Loss] = {LEARNT_SD: thurstone_loss, HISTOGRAM: emd_loss}
"""Losses of networks with more than one output; each has a signature of its own."""

PUBLISHED: dict[str, Loss] = {
    "srcc": published_srcc_loss,
    "rank": published_rank_loss,
    "pairwise": published_pairwise_loss,
}
"""What the published code computes under the same names, if that differs."""

TOP = TRAINING_TOP["published"]
LOSSES_BY_PROTOCOL: dict[str, dict[str, Loss]] = {
    "clean": LOSSES | MORE_OUTPUTS,
    "published": LOSSES
    | MORE_OUTPUTS
    | PUBLISHED
    | {
        "smooth_l1": partial(smooth_l1_loss, beta=BETA * TOP),
        "ranknet": partial(ranknet_loss, pred_sd=UNIFORM_SD * TOP, uniform_sd=UNIFORM_SD * TOP),
        LEARNT_SD: partial(thurstone_loss, uniform_sd=UNIFORM_SD * TOP),
    },
}


@dataclass(frozen=True, slots=True)
class Criterion:
    """What a run minimises: a weighted sum of losses, each computed in float32."""

    parts: tuple[LossPart, ...]
    losses: tuple[Loss, ...]
    """Of `parts`, in their order."""
    uses_sd: bool = True
    """Each image's own spread of opinions is given to the losses, if it is known."""

    @property
    def reported(self) -> tuple[str, ...]:
        """The names of the parts whose values say more than the sum; empty for a single loss without a weight."""
        is_plain = len(self.parts) == 1 and self.parts[0].weight == 1
        return () if is_plain else tuple(part.name for part in self.parts)

    def values(
        self, pred: Tensor | Reading, mos: Tensor, mos_sd: Tensor | None = None, histogram: Tensor | None = None
    ) -> list[Tensor]:
        """() of each part, without its weight.

        Args:
            pred: (N,) scores, or what a network with more outputs says.
            mos: (N,) mean opinion scores.
            mos_sd: (N,) spread of opinions, if known.
            histogram: (N, K) shares of the answers; only the loss of histograms needs it.

        Raises:
            ValueError: tensors of other shapes, or what a part needs is not given.
        """
        said = pred if isinstance(pred, Reading) else Reading(pred)
        score, mos = said.score.float(), mos.float()  # bf16 has 8 bits: differences of near scores would vanish
        spread = mos_sd if self.uses_sd else None
        found = []
        for part, loss in zip(self.parts, self.losses, strict=True):
            if part.name == HISTOGRAM:
                found.append(loss(_given(said.logits, "logits"), _given(histogram, "the histogram of opinions")))
            elif part.name == LEARNT_SD:
                found.append(loss(score, mos, mos_sd=spread, pred_sd=_given(said.sd, "a predicted spread").float()))
            else:
                found.append(loss(score, mos, mos_sd=spread))
        return found

    def total(self, values: Sequence[Tensor]) -> Tensor:
        """() sum of the parts' values times their weights."""
        weighted = [
            value if part.weight == 1 else part.weight * value for part, value in zip(self.parts, values, strict=True)
        ]
        total = weighted[0]
        for value in weighted[1:]:
            total = total + value
        return total

    def __call__(
        self, pred: Tensor | Reading, mos: Tensor, mos_sd: Tensor | None = None, histogram: Tensor | None = None
    ) -> Tensor:
        """() what is minimised. Arguments and errors are those of `values`."""
        return self.total(self.values(pred, mos, mos_sd, histogram))


def _given(tensor: Tensor | None, what: str) -> Tensor:
    if tensor is None:
        raise ValueError(f"a part of this loss needs {what}")
    return tensor


def build_criterion(config: TrainConfig) -> Criterion:
    """The loss of this run; `--ranking_loss_alpha`, if it is not 0, adds the part `ranking`."""

    def ranking(pred: Tensor, mos: Tensor, *, mos_sd: Tensor | None = None) -> Tensor:  # noqa: ARG001 - one signature
        return ranking_term(pred, mos, margin=config.ranking_loss_margin)

    table = {**LOSSES_BY_PROTOCOL[config.protocol], RANKING: ranking}
    parts = parts_of(config.loss_type)
    if config.ranking_loss_alpha:
        parts = (*parts, LossPart(RANKING, config.ranking_loss_alpha))
    losses = tuple(table[part.name] for part in parts)
    return Criterion(parts, losses, uses_sd=config.pairwise_sd != "uniform")
