"""Crops a second of processor time, from images in memory to a batch: one thread on either side."""

from __future__ import annotations

import time

import torch

from tests.benchmarks.figure import median_seconds_in_turns, report
from tests.benchmarks.means import PHOTOGRAPHS, decoded
from tests.benchmarks.plain import PlainCrops, read_all
from training.flags import parse
from training.images.batches import SplitImages, train_batches
from training.images.transforms import Normalisation, plan_crops, to_network_input

FLAGS = f"{PHOTOGRAPHS} --limit_train_images 100 --limit_test_images 1 --train_patch_num 10 --batch_size 32 --seed 1"
PLAIN_CROPS = 320
ROUNDS = 7
NORMALISATION = Normalisation((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


def main() -> None:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    config = parse(FLAGS.split())
    dataset, store = decoded(config)
    images = SplitImages(dataset, store, "train")
    plan = plan_crops(len(images), config.train_patch_num, seed=1, epoch=1)
    plain = PlainCrops(read_all(dataset, "train", config.patch_size), NORMALISATION, config.patch_size)
    crops = len(plan.order)

    def to_bytes() -> None:
        for _ in train_batches(images, plan, config):
            pass

    def to_floats() -> None:
        for batch in train_batches(images, plan, config):
            to_network_input(batch.crops, NORMALISATION, batch.flips)

    def plainly_to_bytes() -> None:
        plain.byte_batches(PLAIN_CROPS, config.batch_size)

    def plainly_to_floats() -> None:
        plain.batches(PLAIN_CROPS, config.batch_size)

    ways = (("uint8", to_bytes, plainly_to_bytes, 3.0), ("float", to_floats, plainly_to_floats, 2.5))
    for name, ours, plainly, at_least in ways:
        seconds, plain_seconds = median_seconds_in_turns(ours, plainly, ROUNDS, time.process_time)
        speed, plain_speed = crops / seconds, PLAIN_CROPS / plain_seconds
        what = f"crops of {config.patch_size} of {dataset.name}, one thread"
        report(f"crops_{name}_per_second", speed, "crops/s", what)
        report(
            f"crops_{name}_ratio",
            speed / plain_speed,
            "×",
            f"crops to {name} by torchvision, {plain_speed:.0f} crops/s",
            at_least=at_least,
        )
    torch.set_num_threads(threads)
