"""Averaged weights, against the formula written out and against timm's."""

from __future__ import annotations

import contextlib

import pytest
import torch
from timm.utils import ModelEmaV3
from torch import nn

from training.network.ema import Ema

DECAY = 0.9


def small_network() -> nn.Module:
    torch.manual_seed(1)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(16, 1))


def learn(network: nn.Module, step: int) -> None:
    """One step of plain descent, which moves the batch statistics too."""
    images = torch.randn(5, 3, 4, 4, generator=torch.Generator().manual_seed(step))
    network.zero_grad()
    network(images).square().sum().backward()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.sub_(0.01 * parameter.grad)


def test_the_average_is_the_formula_and_timms() -> None:
    network = small_network()
    ema, theirs = Ema(network, DECAY), ModelEmaV3(network, decay=DECAY)
    ours = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    for step in range(1, 8):
        learn(network, step)
        ema.update()
        theirs.update(network)
        for name, tensor in network.state_dict().items():
            is_counter = name.endswith("num_batches_tracked")
            ours[name] = tensor.clone() if is_counter else DECAY * ours[name] + (1 - DECAY) * tensor
    assert ours["1.num_batches_tracked"] == 7
    for name, average in ema.state_dict().items():
        torch.testing.assert_close(average, ours[name], rtol=1e-6, atol=1e-6)
        torch.testing.assert_close(average, theirs.module.state_dict()[name], rtol=1e-6, atol=1e-6)


def test_the_network_holds_the_average_for_a_while_and_then_its_own_weights_bit_for_bit() -> None:
    network = small_network()
    ema = Ema(network, DECAY)
    learn(network, 1)
    ema.update()
    own = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    average = {name: tensor.clone() for name, tensor in ema.state_dict().items()}
    assert not torch.equal(own["3.weight"], average["3.weight"])
    with contextlib.suppress(KeyboardInterrupt), ema.in_place():
        assert all(torch.equal(tensor, average[name]) for name, tensor in network.state_dict().items())
        raise KeyboardInterrupt
    assert all(torch.equal(tensor, own[name]) for name, tensor in network.state_dict().items())
    assert all(torch.equal(tensor, average[name]) for name, tensor in ema.state_dict().items())


def test_an_average_of_another_network_is_refused() -> None:
    with pytest.raises(KeyError):
        Ema(small_network(), DECAY).load_state_dict(nn.Linear(2, 2).state_dict())
