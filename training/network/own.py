"""A run's own network as the first weights of another: `best.pt` and `best.safetensors` of a run folder."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import safe_open
from safetensors.torch import load_file

from training.errors import NoWeights
from training.images.transforms import Normalisation
from training.loss_parts import ANSWERS, fixes_scale, outputs_of
from training.network.quality import QualityNetwork
from training.network.tensor_files import UNREADABLE, StateDict, first_line, read_content
from training.network.weights import differences

MARK = "hyper.squeeze."
"""Only whole networks of this program have keys with this beginning."""


@dataclass(frozen=True, slots=True)
class OwnWeights:
    """What such a file holds."""

    state: StateDict
    config: dict[str, Any]
    """The flags of the run."""
    reading: dict[str, Any]
    """How to make an input of an image and a score of the output, see `training.checkpoints.best.reading_of`."""


def is_own(state: StateDict) -> bool:
    """Whether these tensors are a whole network of this program."""
    return any(key.startswith(MARK) for key in state)


def read(path: Path) -> OwnWeights | None:
    """What the file holds; None if it is not from a run.

    Raises:
        NoWeights: damaged, or a run's checkpoint for a resume, which is not its best.
    """
    try:
        content = _read_safetensors(path) if path.suffix == ".safetensors" else _read_torch(path)
    except UNREADABLE as error:
        raise NoWeights(f"{path}: is damaged, or no file of tensors ({first_line(error)})") from error
    if "progress" in content:
        raise NoWeights(f"{path}: holds the last epoch, for a resume; take best.pt beside it")
    if "reading" not in content:
        return None
    return OwnWeights(content["network"], content["config"], content["reading"])


def _read_safetensors(path: Path) -> dict[str, Any]:
    with safe_open(path, "pt") as opened:
        metadata = opened.metadata() or {}
    if "reading" not in metadata:
        return {}
    return {name: json.loads(fact) for name, fact in metadata.items()} | {"network": load_file(path)}


def _read_torch(path: Path) -> dict[str, Any]:
    content = read_content(path)
    return content if isinstance(content, dict) else {}


def load_into(network: QualityNetwork, weights: OwnWeights, source: str) -> None:
    """Fill a network with a run's weights; it takes images normalised as that run's did.

    Raises:
        NoWeights: keys or shapes differ; the text names the flags that the weights need, and the keys.
    """
    outputs, loss_type = network.readout.outputs, weights.config.get("loss_type", "l1")
    theirs = outputs_of(loss_type, weights.config.get("answers", ANSWERS))
    if outputs != theirs:
        raise NoWeights(
            f"--weights {source} gives {_numbers(theirs)} of an image, as --loss_type {loss_type} needs, and this run "
            f"needs a network that gives {_numbers(outputs)}: take weights of such a run, or `pretrained`"
        )
    own = network.state_dict()
    if {key: tensor.shape for key, tensor in own.items()} != {key: one.shape for key, one in weights.state.items()}:
        raise NoWeights(
            f"--weights {source} is another network than this one, it needs {_network_flags(weights.config)}: "
            f"{differences(weights.state, own)}"
        )
    network.load_state_dict(weights.state)
    reading = weights.reading
    network.backbone.normalisation = Normalisation(tuple(reading["mean"]), tuple(reading["std"]))
    network.began_with_top = float(reading["training_top"])
    network.began_on_scale = fixes_scale(loss_type)


def _network_flags(config: dict[str, Any]) -> str:
    backbone = config.get("backbone")
    words = [f"--backbone {backbone}" if backbone else f"--model_size {config.get('model_size')}"]
    words += [f"--{flag}" for flag in ("no_multiscale", "attention_fusion") if config.get(flag)]
    return " ".join([*words, f"--patch_size {config.get('patch_size')}"])


def _numbers(outputs: int) -> str:
    return "one number" if outputs == 1 else f"{outputs} numbers"
