"""Several processes that compute the steps and scores of one run together, on one machine.

The run's own process (rank 0) holds the weights, the optimiser and the files. For each step it hands out the weights;
each process takes its part of a batch through the network; rank 0 computes the loss of the whole batch, as most losses
compare its images; each process carries its part of the gradient back; and rank 0 adds the gradients up. So a step is
the step of one process, but for the last digits of sums and for dropout, whose masks each process draws by itself.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import accumulate
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import torch.distributed as dist
from torch import Tensor, nn

from training.config import TrainConfig
from training.device import Placement
from training.errors import WorkerLost, is_gpu_out_of_memory
from training.images.batches import Part
from training.network.quality import QualityNetwork
from training.process.meeting import path_of
from training.process.workers import Hello, Workers

BUCKET_NUMBERS = 16 << 20
"""So many numbers travel at once: large enough for full speed, small beside the network."""
LONGEST_STEP = timedelta(hours=6)
"""A process that waits longer for the others gives up; one that is gone is noticed at once."""
NOTICED_SECONDS = 3.0
"""From the first failing exchange until the kernel tells who is gone."""

Scores = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Team:
    """The processes of a run, as rank 0 directs them."""

    part: Part
    workers: Workers

    def begin_epoch(self, network: QualityNetwork, epoch: int, first_batch: int) -> None:
        """Hand out all weights; from now on steps are of this epoch, from `first_batch` (counted from 0)."""
        self.workers.tell(what="epoch", epoch=epoch, first_batch=first_batch)
        share(network.state_dict().values())

    def begin_step(self, network: QualityNetwork, *, step: int, batches: int) -> None:
        """Hand out the weights of the step that makes `step` (counted from 0) of so many batches."""
        self.workers.tell(what="step", step=step, batches=batches)
        share(learning(network))

    def begin_scoring(self, network: QualityNetwork, split: str, number: int) -> None:
        """Hand out all weights; each process scores its part of a split of data set `number` (counted from 0)."""
        self.workers.tell(what="score", split=split, number=number)
        share(network.state_dict().values())

    def cause_of(self, error: RuntimeError) -> Exception:
        """`error`, or that a worker is gone, which made it. A worker's lack of GPU memory is named as torch does."""
        if is_gpu_out_of_memory(error) or (words := self.workers.what_is_lost(NOTICED_SECONDS)) is None:
            return error
        lost = RuntimeError(words)
        return lost if is_gpu_out_of_memory(lost) else WorkerLost(words)

    def close(self) -> None:
        """End the workers; the process group of this process is gone afterwards."""
        self.workers.close()
        if dist.is_initialized() and dist.get_backend() == "gloo":  # NCCL could wait for processes that are gone
            dist.destroy_process_group()


def gather_team(
    config: TrainConfig, placement: Placement, should_stop: Callable[[], bool], end_run: Callable[[str], None]
) -> Team | None:
    """Start the other processes and wait until they are ready; None if the run has none.

    Raises:
        WorkerLost: one of them cannot be started, or has failed.
        Stopped: asked to.
    """
    if config.processes == 1:
        return None
    described = partial(_hello, config, placement)
    try:
        workers = Workers(config, described, end_run)
    except OSError as error:
        raise WorkerLost(f"--processes {config.processes}: no process can be started ({error.strerror})") from error
    try:
        workers.wait_until_ready(should_stop)
        join(placement.device.type, workers.meeting, Part(0, config.processes))
    except BaseException:
        workers.close()
        raise
    return Team(Part(0, config.processes), workers)


def _hello(config: TrainConfig, placement: Placement, rank: int, meeting: int, report: int) -> Hello:
    return Hello(
        config=config.as_dict(),
        rank=rank,
        parent=os.getpid(),
        meeting=meeting,
        report=report,
        device=placement.device.type,
        precision=placement.precision,
        trains_in_fp32=placement.trains_in_fp32,
        threads=torch.get_num_threads(),
    )


def join(device: str, meeting: int, part: Part) -> None:
    """Meet the other processes, in a file that no other user can open: nothing listens for strangers.

    Args:
        meeting: its descriptor.
    """
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    os.environ.setdefault("NCCL_SOCKET_IFNAME", "lo")
    dist.init_process_group(
        "nccl" if device == "cuda" else "gloo",
        init_method=f"file://{path_of(meeting)}",
        rank=part.rank,
        world_size=part.of,
        timeout=LONGEST_STEP,
        device_id=torch.device("cuda", 0) if device == "cuda" else None,
    )


def learning(network: QualityNetwork) -> list[nn.Parameter]:
    """The parameters that get a gradient in this epoch."""
    frozen = set(network.backbone.parameters()) if network.backbone.is_frozen else set()
    return [parameter for parameter in network.parameters() if parameter not in frozen]


@torch.no_grad()
def share(tensors: Iterable[Tensor]) -> None:
    """Give every process the values that rank 0 has. To be called by all of them, with tensors of the same shapes."""
    for bucket in _buckets(tensors):
        flat = _flat(bucket)
        dist.broadcast(flat, 0)
        if dist.get_rank() > 0:
            for tensor, values in zip(bucket, _split(flat, bucket), strict=True):
                tensor.copy_(values)


@torch.no_grad()
def add_up_gradients(network: QualityNetwork) -> None:
    """Give rank 0 the sum of all gradients. To be called by all processes.

    A parameter that has no gradient in rank 0 has none anywhere: each process went through the same network.
    """
    for bucket in _buckets(learning(network)):
        flat = _flat([torch.zeros_like(one) if one.grad is None else one.grad for one in bucket])
        dist.reduce(flat, 0)
        if dist.get_rank() == 0:
            for parameter, values in zip(bucket, _split(flat, bucket), strict=True):
                if parameter.grad is not None:
                    parameter.grad.copy_(values)


def whole(own: Tensor, count: int, part: Part) -> Tensor:
    """(b,) or (b, K) outputs of this process, with their graph, to those of the whole batch of `count`.

    In the backward pass rank 0's gradient is the one that counts: the others get their part of it. To be called, and
    gone back through, by all processes.
    """
    gathered: Tensor = _Whole.apply(own.float(), count, part)  # not every way of travelling knows bf16
    return gathered.to(own.dtype)


class _Whole(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, own: Tensor, count: int, part: Part) -> Tensor:
        ctx.rows, ctx.made = part.rows(count), len(own)
        parts = [Part(rank, part.of).rows(count) for rank in range(part.of)]
        sizes = [rows.stop - rows.start for rows in parts]
        sent = own.new_zeros((max(sizes), *own.shape[1:]))
        sent[: sizes[part.rank]] = own[: sizes[part.rank]]
        received = [torch.empty_like(sent) for _ in sizes]
        dist.all_gather(received, sent)
        return torch.cat([values[:size] for values, size in zip(received, sizes, strict=True)])

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        gradient = gradient.contiguous().clone()
        dist.broadcast(gradient, 0)
        own = gradient[ctx.rows]
        stand_in = own.new_zeros(
            (ctx.made - len(own), *own.shape[1:])
        )  # a row that was made only to take part has no gradient
        return torch.cat((own, stand_in)), None, None


def collected(
    scored: tuple[Scores, Scores | None] | None, rows: slice, shape: tuple[int, int], device: torch.device
) -> tuple[Scores, Scores | None]:
    """The scores of all processes, put together. To be called by all of them.

    Args:
        scored: (n,) scores and (n, 4) attention of this process; None if it had no image.
        rows: its images.
        shape: images of all, and columns: one, and those of the attention.
        device: of the exchange.
    """
    table = torch.zeros(shape, dtype=torch.float64, device=device)
    if scored is not None:
        scores, attention = scored
        columns = scores[:, None] if attention is None else np.column_stack((scores, attention))
        table[rows] = torch.from_numpy(columns).to(table)
    dist.all_reduce(table)  # every row is zero but in one process
    values: Scores = table.cpu().numpy()
    return values[:, 0], values[:, 1:] if shape[1] > 1 else None


def _buckets(tensors: Iterable[Tensor]) -> Iterator[list[Tensor]]:
    """Tensors of one type, until they hold enough numbers."""
    bucket: list[Tensor] = []
    numbers = 0
    for tensor in tensors:
        if bucket and (tensor.dtype != bucket[0].dtype or numbers + tensor.numel() > BUCKET_NUMBERS):
            yield bucket
            bucket, numbers = [], 0
        bucket.append(tensor)
        numbers += tensor.numel()
    if bucket:
        yield bucket


def _flat(tensors: Sequence[Tensor]) -> Tensor:
    return torch.cat([tensor.reshape(-1) for tensor in tensors])


def _split(flat: Tensor, like: Sequence[Tensor]) -> Iterator[Tensor]:
    """Views of `flat` in the shapes of `like`."""
    ends = list(accumulate(tensor.numel() for tensor in like))
    for tensor, end in zip(like, ends, strict=True):
        yield flat[end - tensor.numel() : end].view(tensor.shape)
