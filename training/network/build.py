"""From flags to the network with its first weights."""

from __future__ import annotations

from pathlib import Path

from torch import nn

from training.config import TrainConfig
from training.errors import BadUsage, NoWeights
from training.network import own, published
from training.network.backbone import build_backbone
from training.network.quality import QualityNetwork
from training.network.tensor_files import StateDict
from training.network.weights import read_state_dict
from training.readout import build_readout


def build_network(config: TrainConfig) -> QualityNetwork:
    """The network of this run on the CPU, from `--weights`: a backbone's, or a whole network's (published, or a run's).

    Raises:
        BadUsage: the backbone does not exist, gives too few maps, or cannot be shared out as `--processes` asks.
        NoWeights: the weights cannot be found, or do not fit.
    """
    network = _build(config)
    _refuse_batch_norm(network, config)
    return network


def _refuse_batch_norm(network: QualityNetwork, config: TrainConfig) -> None:
    """Raises BadUsage: each process would normalise by its own part of a batch, and another network would learn."""
    learns = config.frozen_epochs < config.epochs
    norms = (module for module in network.modules() if isinstance(module, nn.modules.batchnorm._BatchNorm))  # noqa: SLF001 - no public base class
    if config.processes > 1 and learns and any(norms):
        raise BadUsage(
            f"--processes {config.processes}: {config.network_name} has batch norm, whose statistics are those of a "
            "whole batch; take a backbone without it (Swin, ConvNeXt), --freeze_backbone, or one process"
        )


def _build(config: TrainConfig) -> QualityNetwork:
    if config.weights in ("pretrained", "none"):
        return _new_network(config, config.weights)
    path = Path(config.weights).expanduser()
    state = read_state_dict(path)
    if published.is_published(state):
        return _published_network(config, state)
    return _network_of_a_run(config, path) if own.is_own(state) else _new_network(config, config.weights)


def _new_network(config: TrainConfig, backbone_weights: str) -> QualityNetwork:
    return QualityNetwork(
        build_backbone(
            config.backbone_name,
            weights=backbone_weights,
            drop_path_rate=config.drop_path_rate,
            patch_size=config.patch_size,
        ),
        multiscale=not config.no_multiscale,
        attention=config.attention_fusion,
        dropout_rate=config.dropout_rate,
        readout=build_readout(config.loss_type, config.answers),
    )


def _published_network(config: TrainConfig, state: StateDict) -> QualityNetwork:
    if config.outputs > 1:
        raise NoWeights(
            f"--weights {config.weights} is a published network, which gives one number of an image, and --loss_type "
            f"{config.loss_type} needs {config.outputs}: take `pretrained`"
        )
    network = _new_network(config, "none")
    published.load_into(network, state, config.weights)
    network.began_with_top = published.TOP
    return network


def _network_of_a_run(config: TrainConfig, path: Path) -> QualityNetwork:
    weights = own.read(path)
    if weights is None:
        raise NoWeights(
            f"--weights {path}: a network of this program, but not how it reads images; take best.pt or "
            "best.safetensors of a run"
        )
    network = _new_network(config, "none")
    own.load_into(network, weights, config.weights)
    return network
