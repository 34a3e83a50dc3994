"""The demo set: photographs and their distortions."""

import subprocess
import sys
from collections import Counter
from dataclasses import replace

import numpy as np

from tests.fakes.opened_datasets import decoded, opened
from training.datasets.base import SPLITS


def test_the_demo_is_the_same_every_time_and_no_photograph_is_in_two_splits():
    dataset = opened("demo")
    assert dataset.demo
    photos = {split: {item.group for item in dataset.split(split)} for split in SPLITS}
    assert not photos["train"] & photos["test"]
    assert not photos["val"] & (photos["train"] | photos["test"])
    levels = Counter(item.mos for item in dataset.split("train"))
    assert set(levels) == {0.0, 1.0, 2.0, 3.0, 4.0, 5.0}
    assert max(levels.values()) - min(levels.values()) <= len(dataset.split("train")) // 20
    few = opened("demo", None, "--limit_train_images", "6", "--limit_test_images", "2")
    again = replace(few, name="demo2")
    for one, other in zip(decoded(few), decoded(again), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_worse_level_is_further_from_the_photograph():
    from training.datasets.demo import DISTORTIONS, distort, make_image
    from training.seed import stream

    item = next(item for item in opened("demo").items if item.recipe[1] == 0)
    clean = make_image(item)
    for distortion in DISTORTIONS:
        errors = [
            np.square(
                np.asarray(distort(clean, distortion, level, stream(0, "test")), dtype=float) - np.asarray(clean)
            ).mean()
            for level in range(1, 6)
        ]
        assert errors == sorted(errors), distortion


def test_skimage_is_not_imported_for_the_demo():
    program = (
        "import sys; from training.datasets.demo import open_demo; open_demo(); assert 'skimage' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
