"""Any timm model as the feature extractor of the network: its last four feature maps."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import timm
import torch
from timm.models import PretrainedCfg
from torch import Tensor, nn

from training.errors import BadUsage
from training.images.transforms import Normalisation
from training.network import weights as weight_files
from training.network.tensor_files import StateDict

MAPS = 4

logging.getLogger("timm.models._builder").setLevel(logging.ERROR)  # it warns of classifier weights that we do not use


class Backbone(nn.Module):
    """A timm feature extractor that always gives four (B, C_i, H_i, W_i) maps, coarsest last."""

    def __init__(self, features: nn.Module, normalisation: Normalisation, timm_name: str) -> None:
        super().__init__()
        self.timm_name = timm_name
        """With the tag of its pretrained weights if it began with them, for example `resnet50.a1_in1k`."""
        self.features = features
        self.normalisation = normalisation
        info: Any = features.feature_info
        self.channels: list[int] = list(info.channels())[-MAPS:]
        self.is_frozen = False
        """No gradient reaches its parameters."""
        self.channels_come_last = str(getattr(features, "output_fmt", "NCHW")).endswith("NHWC")

    def hold(self, *, is_frozen: bool) -> None:
        """Freeze it, or let it learn; to be called in training mode.

        A frozen one behaves as in scoring: its batch statistics stay as they are too, and it drops no path.
        """
        self.is_frozen = is_frozen
        if is_frozen:
            self.eval()

    def forward(self, images: Tensor) -> list[Tensor]:
        if not self.is_frozen:
            return self._maps(images)
        with torch.no_grad():
            return self._maps(images)

    def _maps(self, images: Tensor) -> list[Tensor]:
        if self.training and len(images) == 1:
            with lone_values_pass_batch_norm(self.features):
                maps: list[Tensor] = self.features(images)[-MAPS:]
        else:
            maps = self.features(images)[-MAPS:]
        return [one.permute(0, 3, 1, 2) for one in maps] if self.channels_come_last else maps


@contextmanager
def lone_values_pass_batch_norm(features: nn.Module) -> Iterator[None]:
    """If one image leaves a channel a single value, normalise it by the running statistics.

    A last batch of one image whose last map is 1 × 1 (crops of 32 pixels) has no spread within the batch, and torch
    refuses it. Leaving the image out would make the epoch depend on the batch size, so it is normalised as in scoring.
    """
    norms = [module for module in features.modules() if isinstance(module, nn.BatchNorm2d)]
    handles = [norm.register_forward_pre_hook(_freeze_for_a_lone_value) for norm in norms]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
        for norm in norms:
            norm.train()


def _freeze_for_a_lone_value(norm: nn.Module, inputs: tuple[Tensor, ...]) -> None:
    norm.training = inputs[0].numel() > inputs[0].shape[1]


def build_backbone(name: str, *, weights: str = "none", drop_path_rate: float = 0.0, patch_size: int = 224) -> Backbone:
    """A timm model with the weights asked for.

    Args:
        name: of the timm model.
        weights: `pretrained`, `none`, or a file of a state dict of that model.
        drop_path_rate: stochastic depth; ignored by models that have none.
        patch_size: side of the crops; models made for one size are built for this one.

    Raises:
        BadUsage: timm has no such model, or it gives fewer than four maps.
        NoWeights: the weights cannot be found, or do not fit.
    """
    pretrained_cfg = _pretrained_cfg(name)
    state, normalisation = _initial_weights(name, weights, pretrained_cfg)
    options: dict[str, Any] = {"features_only": True, "drop_path_rate": drop_path_rate}
    if pretrained_cfg.fixed_input_size and pretrained_cfg.input_size[1] != patch_size:
        options["img_size"] = patch_size
    if state is not None:
        options |= {"pretrained": True, "pretrained_cfg_overlay": {"state_dict": state}}
    features = _create(name, options)
    if len(features.feature_info.channels()) < MAPS:
        raise BadUsage(
            f"--backbone {name} gives {len(features.feature_info.channels())} feature maps, and the network needs "
            f"{MAPS}; take a hierarchical one, for example resnet50, convnext_tiny or tf_efficientnet_lite0"
        )
    architecture = name.partition(".")[0]
    tag = f".{pretrained_cfg.tag}" if weights == "pretrained" and pretrained_cfg.tag else ""
    return Backbone(features, normalisation, architecture + tag)


def _pretrained_cfg(name: str) -> PretrainedCfg:
    if not timm.is_model(name.partition(".")[0]):
        close = ", ".join(timm.list_models(f"*{name}*")[:5])
        raise BadUsage(
            f"--backbone {name}: timm {timm.__version__} has no such model" + (f"; near: {close}" * bool(close))
        )
    return timm.get_pretrained_cfg(name) or PretrainedCfg()


def _create(name: str, options: dict[str, Any]) -> Any:
    try:
        return timm.create_model(name, **options)
    except TypeError:  # a model without stochastic depth
        return timm.create_model(name, **{key: value for key, value in options.items() if key != "drop_path_rate"})


def _initial_weights(name: str, weights: str, pretrained_cfg: PretrainedCfg) -> tuple[StateDict | None, Normalisation]:
    normalisation = Normalisation(tuple(pretrained_cfg.mean), tuple(pretrained_cfg.std))
    if weights == "none":
        return None, normalisation
    packaged = weight_files.packaged_file(name) if weights == "pretrained" else None
    if packaged is not None:
        path, normalisation = packaged, weight_files.PACKAGED_NORMALISATION
    elif weights == "pretrained":
        path = weight_files.hub_file(name, pretrained_cfg.hf_hub_id)
    else:
        path = Path(weights).expanduser()
    return _state_for(name, path, pretrained_cfg), normalisation


def _state_for(name: str, path: Path, pretrained_cfg: PretrainedCfg) -> StateDict:
    with torch.device("meta"):  # names and shapes only
        expected = timm.create_model(name).state_dict()
    classifier = pretrained_cfg.classifier or ()
    prefixes = (classifier,) if isinstance(classifier, str) else tuple(classifier)
    return weight_files.fit_to(weight_files.read_state_dict(path), expected, prefixes, str(path))
