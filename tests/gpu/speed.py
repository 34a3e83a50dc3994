"""How fast: training against a bare loop, scoring against crops one by one, the pipeline, memory, a checkpoint, waits."""

from __future__ import annotations

import contextlib
import io
import math
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import torch
from torch.profiler import ProfilerActivity, profile

from tests.benchmarks.means import Means, decoded
from tests.gpu.check import Figure
from tests.gpu.ground import EXPERIMENT, LITE0, SWIN_BASE, TINY, Ground
from training.images.batches import SplitImages, train_batches
from training.images.transforms import plan_crops, to_network_input
from training.run.evaluate import score_crops

KONIQ_TRAIN, KONIQ_SCORED, KONIQ_CROPS, KONIQ_EPOCHS = 7058, 1000 + 2015, 20, 5
STEPS = 24
WAITS = ("cudaStreamSynchronize", "cudaDeviceSynchronize", "aten::_local_scalar_dense", "aten::item")
"""What the host waits for the device in."""
PAGEABLE = "Memcpy HtoD (Pageable -> Device)"
PINNED = "Memcpy HtoD (Pinned -> Device)"


@contextlib.contextmanager
def means(ground: Ground, network: list[str], *flags: object) -> Iterator[tuple[Means, dict[str, SplitImages]]]:
    words = ["--dataset", "csv", "--data_path", ground.labels, *EXPERIMENT, *network, *flags]
    with tempfile.TemporaryDirectory(dir=ground.folder) as folder:
        found = Means(" ".join(map(str, words)), Path(folder))
        dataset, store = decoded(found.config)
        yield found, {split: SplitImages(dataset, store, split) for split in ("train", "test")}


def network_of(ground: Ground) -> tuple[str, list[str]]:
    return ("swin_base", SWIN_BASE) if ground.is_gpu else ("tiny", TINY)


def timed(ground: Ground, action: object, *arguments: object) -> float:
    """Seconds until the device is done too."""
    if ground.is_gpu:
        torch.cuda.synchronize()
    start = time.perf_counter()
    action(*arguments)  # type: ignore[operator]
    if ground.is_gpu:
        torch.cuda.synchronize()
    return time.perf_counter() - start


def training(ground: Ground) -> Iterable[Figure]:
    """Images a second of whole epochs and of a bare loop on one ready batch, in turns; and the hours of the experiment."""
    for name, network in [network_of(ground), *([("lite0", LITE0)] if ground.is_gpu else [])]:
        batch = int(network[network.index("--batch_size") + 1])
        patches = math.ceil(STEPS * batch / 64) if ground.is_gpu else 2
        with means(ground, network, "--train_patch_num", patches, "--epochs", 9) as (used, images):
            steps = math.ceil(len(images["train"]) * patches / batch)
            bare = bare_loop(used, images["train"])
            used.train_epoch(images["train"])
            bare(3)
            if ground.is_gpu:
                torch.cuda.reset_peak_memory_stats()
            ours, theirs = [], []
            for epoch in (2, 3, 4):
                ours.append(timed(ground, used.train_epoch, images["train"], epoch))
                theirs.append(timed(ground, bare, steps))
            crops = len(images["train"]) * patches
            speed = crops / sorted(ours)[1]
            place = f"{used.placement.name}, {used.placement.precision_in_words}, batches of {batch}"
            yield Figure(f"{name}_training", speed, "images/s", place)
            yield Figure(
                f"{name}_training_share", sorted(theirs)[1] / sorted(ours)[1], "", "a bare loop on a ready batch"
            )
            if ground.is_gpu:
                peak = torch.cuda.max_memory_reserved() / (1 << 30)
                yield Figure(f"{name}_training_peak_memory", peak, "GiB", "torch's reserved memory")
            scored, alone = scoring_speeds(ground, used, images["test"])
            yield Figure(f"{name}_scoring", scored, "crops/s", place)
            yield Figure(f"{name}_scoring_gain", scored / alone, "×", "the same crops one by one in the same precision")
            seconds = KONIQ_EPOCHS * KONIQ_CROPS * (KONIQ_TRAIN / speed + KONIQ_SCORED / scored)
            yield Figure(f"{name}_koniq_hours", seconds / 3600, "h", "five epochs of KonIQ-10k with scoring, reckoned")
            yield Figure(f"{name}_checkpoint", checkpoint_seconds(used), "s", "one last.pt, synced to disk")


def bare_loop(used: Means, images: SplitImages) -> object:
    plan = plan_crops(len(images), used.config.train_patch_num, seed=1, epoch=1)
    batch = next(train_batches(images, plan, used.config))
    device = used.placement.device
    ready = to_network_input(batch.crops.to(device), used.network.normalisation, batch.flips.to(device), None)
    mos = batch.mos.to(device)

    def run(steps: int) -> None:
        used.network.train()
        for _ in range(steps):
            with used.placement.autocast(training=True):
                pred = used.network(ready)
            loss = used.criterion(pred, mos)
            used.optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(used.network.parameters(), used.config.clip_norm)
            used.optimizer.step()

    return run


def scoring_speeds(ground: Ground, used: Means, images: SplitImages) -> tuple[float, float]:
    """Crops a second in the trainer's batches, and one crop at a time."""
    config = replace(used.config, test_patch_num=20 if ground.is_gpu else 4)
    crops = len(images) * config.test_crops

    def score(batch_size: int | None) -> None:
        score_crops(used.network, images, config, used.placement, batch_size=batch_size)

    for size in (None, 1):
        score(size)
    return crops / timed(ground, score, None), crops / timed(ground, score, 1)


def checkpoint_seconds(used: Means) -> float:
    progress_steps = iter(range(1, 100))
    taken = []
    for _ in range(3):
        start = time.perf_counter()
        with contextlib.redirect_stdout(io.StringIO()):
            assert used.save_checkpoint(next(progress_steps))
        taken.append(time.perf_counter() - start)
    return sorted(taken)[1]


def pipeline(ground: Ground) -> Iterable[Figure]:
    """Crops a second from decoded images to a batch of bytes, one thread."""
    with means(ground, network_of(ground)[1], "--train_patch_num", 20) as (used, images):
        plan = plan_crops(len(images["train"]), 20, seed=1, epoch=1)
        start = time.perf_counter()
        made = sum(len(batch.mos) for batch in train_batches(images["train"], plan, used.config))
        seconds = time.perf_counter() - start
    yield Figure("pipeline", made / seconds, "crops/s", f"batches of {used.config.batch_size}, one thread")


def copies_and_waits(ground: Ground) -> Iterable[Figure]:
    """Batches reach the GPU from pinned memory, and no step waits for it but those that report."""
    with means(ground, SWIN_BASE, "--train_patch_num", 12) as (used, images):
        used.train_epoch(images["train"])
        used.recorder.step_is_due = lambda: False  # type: ignore[method-assign]
        with profile(activities=[ProfilerActivity.CPU, ProfilerActivity.CUDA]) as seen:
            used.train_epoch(images["train"], 2)
        steps = math.ceil(len(images["train"]) * 12 / used.config.batch_size)
    counts = {event.key: event.count for event in seen.key_averages()}
    times = {event.key: event.self_device_time_total for event in seen.key_averages() if event.self_device_time_total}
    large = [event for event in seen.events() if event.name == PAGEABLE and event.self_device_time_total > 50]
    assert counts.get(PINNED, 0) >= steps, {key: count for key, count in counts.items() if "Memcpy" in key}
    assert not large, f"{len(large)} copies of more than 50 µs from memory that is not pinned"
    waits = sum(counts.get(name, 0) for name in WAITS)
    yield Figure("waits_a_step", waits / steps, "", f"{steps} steps, of which two report: {_named(counts)}")
    yield Figure("copies_share", times.get(PINNED, 0) / max(sum(times.values()), 1), "", "of the device's time")
    assert waits <= 2 * len(WAITS) + 2, f"{waits} waits in {steps} steps: {_named(counts)}"


def _named(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {counts[name]}" for name in WAITS if name in counts) or "none"
