"""What the trainer tells a launcher of a run before it trains: `python -m training --check`."""

from __future__ import annotations

import importlib.util
from dataclasses import replace

from training.config import TrainConfig
from training.flags import CHECK_NETWORK
from training.official_splits import ALWAYS, BY_THEIR_FILES, refuse_other_split
from training.runfolder.facts import TrainerFacts

MOMENTS = 2
"""Of AdamW, which a checkpoint stores beside each parameter."""


def facts_of(config: TrainConfig) -> TrainerFacts:
    """The settings, and with `--check network` the sizes too, which loads torch: seconds instead of a tenth of one.

    Without torch, as on a login node, the sizes stay None.

    Raises:
        BadData: `--split_seed` for a data set with an official split.
        BadUsage: timm has no such backbone, or it gives too few feature maps.
    """
    if config.split_seed:
        _refuse_other_split(config)
    parameters, checkpoint_bytes = _sizes(config) if config.check == CHECK_NETWORK else (None, None)
    return TrainerFacts(
        settings=replace(config, check=None).as_dict(),
        loss_type=config.loss_type,
        dataset=config.dataset,
        protocol=config.protocol,
        network=config.network_name,
        backbone=config.backbone_name,
        weights=config.weights,
        data_folder=str(config.data_folder),
        cache_folder=str(config.cache_folder()),
        parameters=parameters,
        checkpoint_bytes=checkpoint_bytes,
        data_folders=[str(each.data_folder) for each in config.of_each_dataset() if each.dataset != "demo"],
    )


def _refuse_other_split(config: TrainConfig) -> None:
    if ALWAYS.issuperset(config.dataset_names):  # of several, those with an open split are drawn
        refuse_other_split(config.split_seed, config.dataset)
    if config.dataset in BY_THEIR_FILES:
        from training.datasets.table import refuse_split_seed  # noqa: PLC0415  scipy: seconds, which few need

        refuse_split_seed(config)


def _sizes(config: TrainConfig) -> tuple[int | None, int | None]:
    """Parameters of the network, and bytes of a `last.pt`."""
    if importlib.util.find_spec("torch") is None or importlib.util.find_spec("timm") is None:
        return None, None
    import torch  # noqa: PLC0415  takes seconds, and most questions need no torch

    from training.network.build import build_network  # noqa: PLC0415  as above

    with torch.device("meta"):  # shapes alone: nothing is allocated, no weights are read
        network = build_network(replace(config, weights="none"))
    frozen = network.backbone if config.epochs and config.frozen_epochs >= config.epochs else None
    still = set() if frozen is None else set(frozen.parameters())
    stored = sum(tensor.numel() * tensor.element_size() for tensor in network.state_dict().values())
    learning = [parameter for parameter in network.parameters() if parameter not in still]
    moments = MOMENTS * sum(parameter.numel() * parameter.element_size() for parameter in learning)
    averaged = stored if config.ema else 0
    return sum(parameter.numel() for parameter in network.parameters()), stored + moments + averaged
