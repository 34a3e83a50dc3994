"""From `--loss_type` to the function, and one run's whole criterion."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from training.config import TrainConfig
from training.losses.l1 import l1_loss
from training.losses.l2 import l2_loss
from training.losses.nin import nin_loss
from training.losses.pairwise import pairwise_loss
from training.losses.plcc import plcc_loss
from training.losses.published import published_pairwise_loss, published_rank_loss, published_srcc_loss
from training.losses.rank import rank_loss
from training.losses.ranking import ranking_term
from training.losses.srcc import srcc_loss

Loss = Callable[..., Tensor]

LOSSES: dict[str, Loss] = {
    "l1": l1_loss,
    "l2": l2_loss,
    "srcc": srcc_loss,
    "rank": rank_loss,
    "pairwise": pairwise_loss,
    "plcc": plcc_loss,
    "nin": nin_loss,
}
"""Each `loss(pred, mos, *, mos_sd=None)` with (N,) tensors, higher is better, gives ()."""

PUBLISHED: dict[str, Loss] = {
    "srcc": published_srcc_loss,
    "rank": published_rank_loss,
    "pairwise": published_pairwise_loss,
}
"""What the published code computes under the same names, if that differs."""

LOSSES_BY_PROTOCOL: dict[str, dict[str, Loss]] = {"clean": LOSSES, "published": LOSSES | PUBLISHED}


def build_criterion(config: TrainConfig) -> Loss:
    """The loss of this run, with the ranking term if its weight is not 0; computed in float32."""
    loss = LOSSES_BY_PROTOCOL[config.protocol][config.loss_type]

    def criterion(pred: Tensor, mos: Tensor, mos_sd: Tensor | None = None) -> Tensor:
        pred, mos = pred.float(), mos.float()  # bf16 has 8 bits: differences of near scores would vanish
        value = loss(pred, mos, mos_sd=None if config.pairwise_sd == "uniform" else mos_sd)
        if config.ranking_loss_alpha == 0:
            return value
        return value + config.ranking_loss_alpha * ranking_term(pred, mos, margin=config.ranking_loss_margin)

    return criterion
