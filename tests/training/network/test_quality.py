"""The whole network."""

import pytest
import torch

from tests.fakes.small_network import SMALL
from training.flags import parse
from training.network.build import build_network
from training.optim import build_optimizer


@pytest.mark.parametrize("side", [64, 96])
def test_any_timm_backbone_scores_crops_of_any_size(side):
    network = build_network(parse([*SMALL, "--attention_fusion"])).eval()
    with torch.inference_mode():
        scores = network(torch.randn(3, 3, side, side))
    assert scores.shape == (3,)
    torch.testing.assert_close(network.attention_weights.sum(dim=1), torch.ones(3))


def test_each_images_score_is_its_own():
    network = build_network(parse(SMALL)).eval()
    images = torch.randn(3, 3, 64, 64)
    with torch.inference_mode():
        alone = torch.cat([network(image[None]) for image in images])
        torch.testing.assert_close(network(images), alone, atol=1e-5, rtol=1e-4)


def test_no_attribute_of_a_network_hides_a_method_of_its_name():
    network = build_network(parse([*SMALL, "--attention_fusion"]))
    for module in network.modules():
        hidden = [name for name in (*vars(module), *module._modules) if callable(getattr(type(module), name, None))]
        assert hidden == [], type(module)


@pytest.mark.parametrize("protocol", ["clean", "published"])
def test_every_part_of_the_network_learns(protocol):
    config = parse([*SMALL, "--attention_fusion", "--protocol", protocol, "--dropout_rate", "0", "--lr", "1e-2"])
    network = build_network(config).train()
    before = {name: parameter.detach().clone() for name, parameter in network.named_parameters()}
    optimizer = build_optimizer(network, config)
    assert type(optimizer) is torch.optim.AdamW
    network(torch.randn(4, 3, 64, 64)).square().sum().backward()
    optimizer.step()
    assert [name for name, parameter in network.named_parameters() if torch.equal(parameter, before[name])] == []
