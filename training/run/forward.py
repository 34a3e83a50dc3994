"""The forward half of a step, as each process of a run makes it: its crops of each batch, and the outputs for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from torch import Tensor

from training.config import TrainConfig
from training.device import Placement
from training.images.batches import PREFETCHED, Part, SplitImages, TrainBatch, prefetched
from training.images.mixing import epoch_batches
from training.images.transforms import to_network_input
from training.network.quality import QualityNetwork


def batches_of(
    config: TrainConfig, placement: Placement, images: Sequence[SplitImages], place: tuple[int, int], part: Part
) -> Iterator[TrainBatch]:
    """What a process needs of the batches of an epoch.

    Args:
        config: of the run.
        placement: of the network.
        images: that are trained on, of each data set.
        place: the epoch, and its first batch that is wanted (counted from 0).
        part: which process of how many it is.
    """
    epoch, first = place
    batches = epoch_batches(images, config, epoch, first, part)
    return prefetched((batch.pinned() for batch in batches), PREFETCHED) if placement.is_cuda else batches


def outputs_of(network: QualityNetwork, batch: TrainBatch, config: TrainConfig, placement: Placement) -> Tensor:
    """(b,) or (b, K) outputs for the crops of a batch that this process has, with their graph."""

    def there(tensor: Tensor) -> Tensor:
        return tensor.to(placement.device, non_blocking=True)

    jitters = None if config.no_color_jitter else there(batch.jitters)
    images = to_network_input(there(batch.crops), network.normalisation, there(batch.flips), jitters)
    with placement.autocast(training=True):
        outputs: Tensor = network(images)
    return outputs
