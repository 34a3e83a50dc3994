"""Checkpoints of the published network (github.com/cny123222/Perceptual-IQA-CS3324), by renaming.

Their layers are ours one to one, so a checkpoint is read by giving each tensor the name it has here.
"""

from __future__ import annotations

import re
from pathlib import Path

from torch import nn

from training.errors import NoWeights
from training.network.backbone import build_backbone
from training.network.quality import QualityNetwork
from training.network.tensor_files import StateDict
from training.network.weights import differences, read_state_dict

TOP = 100.0
"""Its scores go from 0 to this, as KonIQ-10k's labels do."""
MARK = "swin.backbone."
"""Every published checkpoint has keys with this beginning, and no timm state dict has."""
RENAMES = (
    (r"swin\.backbone\.", "backbone.features."),
    (r"swin\.lda([123])_pool\.0\.", lambda found: f"local_distortion.reduce.{int(found[1]) - 1}."),
    (r"swin\.lda([1234])_fc\.", lambda found: f"local_distortion.project.{int(found[1]) - 1}."),
    (r"multiscale_attention\.attention_net\.", "fusion.attention.net."),
    (r"conv1\.", "hyper.squeeze."),
    (r"fc([1234])w_conv\.", lambda found: f"hyper.weight_convs.{int(found[1]) - 1}."),
    (r"fc5w_fc\.", "hyper.last_weight."),
    (r"fc([12345])b_fc\.", lambda found: f"hyper.biases.{int(found[1]) - 1}."),
)
SIZES_BY_SHAPE = {(96, 6): "tiny", (96, 18): "small", (128, 18): "base"}
"""Channels of the first stage and blocks of the third to the size of the Swin Transformer."""


def is_published(state: StateDict) -> bool:
    """Whether these tensors are a checkpoint of the published network."""
    return any(key.startswith(MARK) for key in state)


def renamed(state: StateDict) -> StateDict:
    """The same tensors under the names of `QualityNetwork`; names without a rule stay as they are."""
    return {_rename(key): tensor for key, tensor in state.items()}


def _rename(key: str) -> str:
    for pattern, replacement in RENAMES:
        if re.match(pattern, key):
            return re.sub(pattern, replacement, key, count=1)
    return key


def load(path: Path | str) -> nn.Module:
    """The published network of a checkpoint, in eval mode.

    Returns:
        A module that maps normalised images (B, 3, H, W) to scores (B,).

    Raises:
        NoWeights: no such file, not a checkpoint of that network, or keys differ; the text names them.
    """
    state = read_state_dict(Path(path))
    if not is_published(state):
        raise NoWeights(f"{path}: no key begins with {MARK}, so this is no checkpoint of the published network")
    network = QualityNetwork(
        build_backbone(f"swin_{_model_size(state, str(path))}_patch4_window7_224"),
        multiscale=_is_multiscale(state),
        attention=_has_attention(state),
        dropout_rate=0.0,
    )
    load_into(network, state, str(path))
    return network.eval()


def load_into(network: nn.Module, state: StateDict, source: str) -> None:
    """Fill a network with a published checkpoint.

    Raises:
        NoWeights: keys or shapes differ; the text names them, and the flags that the checkpoint needs.
    """
    own, given = network.state_dict(), renamed(state)
    if {key: tensor.shape for key, tensor in own.items()} != {key: tensor.shape for key, tensor in given.items()}:
        raise NoWeights(
            f"--weights {source} is another variant than this network, it needs {_network_flags(state, source)}: "
            f"{differences(given, own)}"
        )
    network.load_state_dict(given)


def _network_flags(state: StateDict, source: str) -> str:
    words = [f"--model_size {_model_size(state, source)}"]
    words += ["--no_multiscale"] if not _is_multiscale(state) else []
    return " ".join([*words, *["--attention_fusion"] * _has_attention(state)])


def _has_attention(state: StateDict) -> bool:
    return any(key.startswith("multiscale_attention.") for key in state)


def _model_size(state: StateDict, source: str) -> str:
    first = state.get(f"{MARK}patch_embed.proj.weight")
    blocks = {found[1] for key in state if (found := re.match(rf"{re.escape(MARK)}layers_2\.blocks\.(\d+)\.", key))}
    shape = (0 if first is None else first.shape[0], len(blocks))
    if shape not in SIZES_BY_SHAPE:
        raise NoWeights(f"{source}: a Swin with {shape[0]} channels and {shape[1]} blocks in stage 3 is not known")
    return SIZES_BY_SHAPE[shape]


def _is_multiscale(state: StateDict) -> bool:
    """Fused from all stages, the first convolution takes 15 times the first stage's channels; else 8 times."""
    squeeze, first = state.get("conv1.0.weight"), state[f"{MARK}patch_embed.proj.weight"]
    return squeeze is None or squeeze.shape[1] == 15 * first.shape[0]
