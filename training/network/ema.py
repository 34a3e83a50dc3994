"""Averaged weights (EMA), kept beside those that learn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class Ema:
    """The exponential moving average of a network: parameters and batch statistics; it begins at the first weights.

    It takes the memory of one more network, on the same device.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        """`network` must be on its device: its tensors are looked at in place from now on."""
        self._decay = decay
        self._weights = dict(network.state_dict())
        self._averages = {name: tensor.clone() for name, tensor in self._weights.items()}
        self._is_number = {name: tensor.is_floating_point() for name, tensor in self._weights.items()}

    @torch.no_grad()
    def update(self) -> None:
        """After a step: average = decay · average + (1 − decay) · weights; counters are copied."""
        names = [name for name, averaged in self._is_number.items() if averaged]
        torch._foreach_lerp_(  # one pass for all tensors, as torch's own optimisers do it
            [self._averages[name] for name in names], [self._weights[name] for name in names], 1 - self._decay
        )
        for name, averaged in self._is_number.items():
            if not averaged:
                self._averages[name].copy_(self._weights[name])

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Let the network hold the averages inside this block; afterwards it has its own weights again, bit for bit."""
        self._exchange()
        try:
            yield
        finally:
            self._exchange()

    @torch.no_grad()
    def _exchange(self) -> None:
        """Tensor by tensor, so that it takes the memory of the largest alone."""
        for name, average in self._averages.items():
            weights = self._weights[name].clone()
            self._weights[name].copy_(average)
            average.copy_(weights)

    def state_dict(self) -> dict[str, Tensor]:
        return self._averages

    @torch.no_grad()
    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Raises KeyError or RuntimeError: of another network."""
        for name, average in self._averages.items():
            average.copy_(state[name])
