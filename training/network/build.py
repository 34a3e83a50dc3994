"""From flags to the network with its first weights."""

from __future__ import annotations

from pathlib import Path

from training.config import TrainConfig
from training.network import published
from training.network.backbone import build_backbone
from training.network.quality import QualityNetwork
from training.network.weights import StateDict, read_state_dict


def build_network(config: TrainConfig) -> QualityNetwork:
    """The network of this run on the CPU, from `--weights`: a backbone's, or a whole published checkpoint.

    Raises:
        BadUsage: the backbone does not exist or gives too few maps.
        NoWeights: the weights are not to be had, or do not fit.
    """
    checkpoint = _published_checkpoint(config)
    network = QualityNetwork(
        build_backbone(
            config.backbone_name,
            weights="none" if checkpoint is not None else config.weights,
            drop_path_rate=config.drop_path_rate,
            patch_size=config.patch_size,
        ),
        multiscale=not config.no_multiscale,
        attention=config.attention_fusion,
        dropout_rate=config.dropout_rate,
    )
    if checkpoint is not None:
        published.load_into(network, checkpoint, config.weights)
        network.began_as_published = True
    return network


def _published_checkpoint(config: TrainConfig) -> StateDict | None:
    if config.weights in ("pretrained", "none"):
        return None
    state = read_state_dict(Path(config.weights).expanduser())
    return state if published.is_published(state) else None
