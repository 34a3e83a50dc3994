"""From the outputs of a network to what they say of each image: a score, and with some losses more.

Between network and losses: the network holds the readout as its last part, losses compute with what it reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from training.loss_parts import HISTOGRAM, LEARNT_SD, has_part

LOGIT_SCALE = 0.1
"""Logits for each unit of output. Outputs of generated weights move far in a step: with logits as large as the outputs
the softmax was saturated after six steps at `--lr 1e-3` (new layers 1e-2), and its gradient 0, so nothing could bring
it back. At a tenth, emd learns from `--lr 1e-5` to 1e-3, as l1 does."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What the network says of N images."""

    score: Tensor
    """(N,) on the scale of training, as far as the loss fixes one; higher is better."""
    sd: Tensor | None = None
    """(N,) above 0, on the scale of `score`: the spread of opinions; None if the network does not give it."""
    logits: Tensor | None = None
    """(N, K) of the answers that people choose from; None if the network does not give them."""


class Readout(nn.Module):
    """Of a network with one output: it is the score."""

    outputs = 1
    """Numbers that the network gives of an image."""

    def forward(self, outputs: Tensor) -> Reading:
        """(N,) outputs."""
        return Reading(outputs)


class SpreadReadout(Readout):
    """Of a network that gives a mean and a spread of opinions: the mean is the score."""

    outputs = 2

    def forward(self, outputs: Tensor) -> Reading:
        """(N, 2) outputs; the second becomes the spread by softplus, which makes it positive."""
        outputs = at_least_float32(outputs)
        return Reading(outputs[:, 0], sd=nn.functional.softplus(outputs[:, 1]))


class HistogramReadout(Readout):
    """Of a network that says how opinions spread over the answers: their mean is the score.

    Where each answer lies on the scale of training is found in the training labels and kept with the weights.
    """

    answers: Tensor

    def __init__(self, count: int) -> None:
        """`count` answers, evenly from 0 to 1 until `place` says more."""
        super().__init__()
        self.outputs = count
        self.register_buffer("answers", torch.linspace(0, 1, count))

    def place(self, answers: Sequence[float]) -> None:
        """Say where the answers lie on the scale of training, the worst first."""
        with torch.no_grad():
            self.answers.copy_(torch.tensor(answers, dtype=self.answers.dtype))

    def forward(self, outputs: Tensor) -> Reading:
        """(N, K) outputs, which are logits."""
        logits = LOGIT_SCALE * at_least_float32(outputs)
        # no matrix product: autocast would round it to bf16
        return Reading((torch.softmax(logits, dim=1) * self.answers).sum(dim=1), logits=logits)


def build_readout(loss_type: str, answers: int) -> Readout:
    """What a network that learns by this loss ends in.

    Args:
        loss_type: as `training.loss_parts` spells it.
        answers: how many there are, if it learns a histogram.
    """
    if has_part(loss_type, HISTOGRAM):
        return HistogramReadout(answers)
    return SpreadReadout() if has_part(loss_type, LEARNT_SD) else Readout()


def at_least_float32(tensor: Tensor) -> Tensor:
    return tensor if tensor.dtype in (torch.float32, torch.float64) else tensor.float()
