"""What is said of a step that a GPU has no room for, and which flags need less."""

from __future__ import annotations

from training.config import TrainConfig
from training.errors import GpuOutOfMemory
from training.loss_parts import smallest_batch
from training.progress import Progress

MOST_PARTS = 4
"""Into which a batch that has no room is parted, if a half of it is no whole number of crops."""


def what_is_kept(progress: Progress) -> str:
    if progress.best_epoch is None:
        return "no epoch was finished"
    return f"the best epoch, {progress.best_epoch}, is kept in checkpoints/best.pt and scores/"


def out_of_memory(config: TrainConfig, progress: Progress) -> GpuOutOfMemory:
    """The batch size is never changed silently: it is a setting of the experiment."""
    return GpuOutOfMemory(
        f"CUDA out of memory at --batch_size {config.batch_size}, step {progress.step + 1:,} in epoch "
        f"{progress.epoch}: {_smaller_batches(config)}--resume this one on a GPU with more room "
        f"({what_is_kept(progress)})"
    )


def _smaller_batches(config: TrainConfig) -> str:
    """`start a new run with …, or `: less memory, and steps of as many crops if the batch can be parted; empty if the
    loss has no gradient in a smaller batch.
    """
    batch, smallest = config.batch_size, smallest_batch(config.loss_type)
    compares = smallest > 1 or config.ranking_loss_alpha > 0
    for parts in range(2, MOST_PARTS + 1):
        size, rest = divmod(batch, parts)
        if rest == 0 and size >= max(smallest, 2 if compares else 1) and size % config.processes == 0:
            crops = f"the same {batch * config.accumulate} crops"
            compared = f", compared {size} at a time" if compares else ""
            flags = f"--batch_size {size} --accumulate {config.accumulate * parts}"
            return f"start a new run with {flags} (steps of {crops}{compared}), or "
    half = max(batch // 2, smallest)
    half = max(half - half % config.processes, config.processes)
    return f"start a new run with --batch_size {half}, or " if half < batch else ""
