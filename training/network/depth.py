"""How deep each parameter of a backbone lies, by timm's own grouping: the learning rate falls towards the input."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import timm
import torch
from timm.models import group_parameters
from timm.optim import param_groups_layer_decay  # type: ignore[attr-defined]  # exported, but not as typed packages do
from torch import nn

from training.errors import BadUsage
from training.network.backbone import Backbone


def lr_scales(backbone: Backbone, decay: float) -> dict[str, float]:
    """Name of each parameter of the backbone to the factor of its learning rate, as timm's layer decay sets it.

    1 for the last block, `decay` for the block before it, `decay`² for the one before that, down to the stem.

    Raises:
        BadUsage: timm does not tell the blocks of this backbone.
    """
    names = {parameter: name for name, parameter in backbone.named_parameters()}
    groups = param_groups_layer_decay(_Grouped(backbone), layer_decay=decay)
    return {names[parameter]: float(group["lr_scale"]) for group in groups for parameter in group["params"]}


class _Grouped(nn.Module):
    """A feature extractor as timm's layer decay asks for it: the extractor itself does not tell its blocks."""

    def __init__(self, backbone: Backbone) -> None:
        super().__init__()
        self._depths = _depths(backbone.timm_name)
        self.features = backbone.features
        self._timm_name = backbone.timm_name

    def group_matcher(self, coarse: bool = False) -> Callable[[str], int]:  # noqa: ARG002 - timm's signature
        return self._depth

    def _depth(self, name: str) -> int:
        flat = _flat(name.removeprefix("features."))
        depth = self._depths.get(flat, self._depths.get(flat.removeprefix("model_")))
        if depth is None:
            raise BadUsage(f"--layer_decay: timm does not tell to which block {name} of {self._timm_name} belongs")
        return depth


def _depths(timm_name: str) -> dict[str, int]:
    """Of the whole model, whose parameters have the names of the extractor's, but for dots."""
    with torch.device("meta"):  # names alone
        model: Any = timm.create_model(timm_name.partition(".")[0])
    if not hasattr(model, "group_matcher"):
        raise BadUsage(f"--layer_decay: timm does not tell the blocks of {timm_name}; leave the flag out")
    depths: dict[str, int] = group_parameters(model, model.group_matcher(coarse=False), reverse=True)
    return {_flat(name): depth for name, depth in depths.items()}


def _flat(name: str) -> str:
    """The extractor calls `layers.0.blocks` `layers_0.blocks`."""
    return name.replace(".", "_")
