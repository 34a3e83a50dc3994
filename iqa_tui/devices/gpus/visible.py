"""Which GPUs a job of Slurm has. Asks nothing, only decides.

Slurm names them in CUDA_VISIBLE_DEVICES, by UUID or by number. If the node's Slurm hides the others from the job
(ConstrainDevices), the numbers count from 0 among those that the job sees; if not, among all of the node
(https://slurm.schedmd.com/gres.html). CUDA and the driver count alike under CUDA_DEVICE_ORDER=PCI_BUS_ID alone. So:

1. A UUID, or the beginning of one, is that GPU or MIG instance; so is `MIG-GPU-…/gi/ci`, the name of older drivers.
2. If the job sees no more GPUs than it was given, all of them are its own, whatever their numbers.
3. Otherwise a number is a place in PCI order, if CUDA counts so, or if all GPUs are of one kind. CUDA's own order is
   by speed.

Anything else is not guessed: the curve of another user's GPU is worse than none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from iqa_tui.devices.gpus.mask import MASK_VARIABLE, mask_entries, names_gpu


class GpusUnknown(Exception):
    """Which GPUs the job has cannot be told; the text says why."""


@dataclass(frozen=True, slots=True)
class ShownGpu:
    """A GPU or MIG instance that the driver shows to this job, and that it may open."""

    index: int
    """Its place in PCI order among them; that of its GPU for an instance."""
    uuid: str
    name: str
    instance: int | None = None
    older_name: str = ""
    """`MIG-GPU-…/gi/ci` of an instance; empty for a GPU, and if the driver does not tell."""


@dataclass(frozen=True, slots=True)
class JobMask:
    """What Slurm and the user said to CUDA in a job."""

    visible: str | None
    """CUDA_VISIBLE_DEVICES; None if it is not set."""
    given: int
    """How many GPUs Slurm gave."""
    counts_by_pci: bool
    """CUDA_DEVICE_ORDER is PCI_BUS_ID."""


def gpus_of_job(mask: JobMask, shown: Sequence[ShownGpu]) -> list[ShownGpu]:
    """Those of `shown` that the job has, in CUDA's order.

    Raises:
        GpusUnknown: it cannot be told.
    """
    if mask.visible is None:
        if len(shown) == mask.given:
            return list(shown)
        raise GpusUnknown(
            f"{MASK_VARIABLE} is not set, and the job sees {len(shown)} GPUs, of which it has {mask.given}"
        )
    entries = mask_entries(mask.visible)
    if not any(entry.isdecimal() for entry in entries):
        return [_named(entry, shown) for entry in entries]
    if len(shown) == len(entries):
        return list(shown)
    return [_numbered(entry, mask, shown) for entry in entries]


def _named(entry: str, shown: Sequence[ShownGpu]) -> ShownGpu:
    found = [gpu for gpu in shown if names_gpu(entry, gpu.index, gpu.uuid, gpu.instance) or entry == gpu.older_name]
    if len(found) == 1:
        return found[0]
    raise GpusUnknown(
        f"{MASK_VARIABLE} names {entry}, and the driver shows the job {'no' if not found else 'more than one'} such GPU"
    )


def _numbered(entry: str, mask: JobMask, shown: Sequence[ShownGpu]) -> ShownGpu:
    if not entry.isdecimal():
        return _named(entry, shown)
    if any(gpu.instance is not None for gpu in shown):
        raise GpusUnknown(f"{MASK_VARIABLE} is {mask.visible}, a number, and GPUs of the node are divided (MIG)")
    if not mask.counts_by_pci and len({gpu.name for gpu in shown}) > 1:
        raise GpusUnknown(
            f"{MASK_VARIABLE} is {mask.visible}, and CUDA counts GPUs of different kinds by their speed: "
            "CUDA_DEVICE_ORDER=PCI_BUS_ID would tell"
        )
    if int(entry) >= len(shown):
        raise GpusUnknown(f"{MASK_VARIABLE} is {mask.visible}, and the driver shows the job {len(shown)} GPUs")
    return shown[int(entry)]
