"""Learning rates that fall towards the input, against timm's own for the whole model."""

from __future__ import annotations

import pytest
import timm
import torch
from timm.models import group_parameters

from training.errors import BadUsage
from training.network.backbone import build_backbone
from training.network.depth import lr_scales


@pytest.mark.parametrize(
    ("name", "blocks"),
    [("swin_tiny_patch4_window7_224", 12), ("convnext_tiny", 18), ("resnet50", 16), ("tf_efficientnet_lite0", 16)],
)
def test_every_parameter_has_the_scale_of_its_block_in_timms_grouping_of_the_model(name: str, blocks: int) -> None:
    with torch.device("meta"):
        backbone = build_backbone(name)
        model = timm.create_model(name)
    depths = {
        key.replace(".", "_"): depth
        for key, depth in group_parameters(model, model.group_matcher(coarse=False), reverse=True).items()
    }
    scales = lr_scales(backbone, 0.5)
    assert scales.keys() == {key for key, _ in backbone.named_parameters()}
    for key, scale in scales.items():
        depth = depths[key.removeprefix("features.").replace(".", "_")]
        assert scale == 0.5 ** (blocks - depth), key
    assert (max(scales.values()), min(scales.values())) == (1, 0.5**blocks)


def test_a_backbone_whose_blocks_are_not_known_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    backbone = build_backbone("test_efficientnet")
    monkeypatch.setattr(timm, "create_model", lambda *_: torch.nn.Linear(1, 1))
    with pytest.raises(BadUsage, match="--layer_decay: timm does not tell the blocks of test_efficientnet"):
        lr_scales(backbone, 0.5)
