"""Backbones of timm."""

import pytest
import torch

from tests.fakes.small_network import SMALL, build
from training.errors import BadUsage
from training.flags import parse
from training.network.backbone import build_backbone
from training.network.build import build_network


def test_a_swin_is_built_for_the_crop_size_asked_for():
    network = build("--patch_size", "64").eval()
    with torch.inference_mode():
        assert network(torch.randn(1, 3, 64, 64)).shape == (1,)


@pytest.mark.parametrize("side", [64, 32])
def test_one_image_can_be_trained_on(side):
    """Of 32 pixels nothing but one is left on the last map, so batch norm has a single value a channel."""
    network = build_network(parse(SMALL)).train()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items() if name.endswith("running_mean")}
    network(torch.randn(1, 3, side, side)).sum().backward()
    state = network.state_dict()
    assert any(not torch.equal(tensor, state[name]) for name, tensor in before.items())
    norms = [module for module in network.modules() if isinstance(module, torch.nn.BatchNorm2d)]
    assert all(norm.training and not norm._forward_pre_hooks for norm in norms)
    without = [name for name, parameter in network.named_parameters() if parameter.grad is None]
    assert without == []


def test_an_unknown_backbone_is_refused():
    with pytest.raises(BadUsage, match="no such model"):
        build_backbone("resnet9000")


def test_a_backbone_with_too_few_maps_is_refused():
    with pytest.raises(BadUsage, match="3 feature maps, and the network needs 4"):
        build_backbone("test_vit")


def test_a_backbone_is_called_by_timms_name_with_the_tag_of_the_weights_it_began_with():
    assert build_backbone("tf_efficientnet_lite0", weights="pretrained").timm_name == "tf_efficientnet_lite0.in1k"
    assert build_backbone("test_efficientnet", weights="none").timm_name == "test_efficientnet"
