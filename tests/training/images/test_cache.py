"""The image cache when it is damaged, when its maker dies, and how much of it a process keeps."""

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.fakes.opened_datasets import decoded, opened
from tests.fakes.photographs import write_csv_dataset
from training.config import TrainConfig
from training.datasets.base import read_image
from training.errors import Stopped
from training.images import cache
from training.images.cache import open_images

PATIENCE_SECONDS = 60


def cut_short(folder: Path) -> None:
    os.truncate(folder / cache.PIXELS, (folder / cache.PIXELS).stat().st_size - 1)


def lose_a_page(folder: Path) -> None:
    """As a disk does that lost power before it wrote."""
    with (folder / cache.PIXELS).open("r+b") as file:
        file.write(bytes(4096))


def lose_the_pixels(folder: Path) -> None:
    (folder / cache.PIXELS).unlink()


def tear_the_index(folder: Path) -> None:
    text = (folder / cache.INDEX).read_text()
    (folder / cache.INDEX).write_text(text[: len(text) // 2])


def forget_an_image(folder: Path) -> None:
    index = json.loads((folder / cache.INDEX).read_text())
    index["sizes"].pop()
    (folder / cache.INDEX).write_text(json.dumps(index))


def write_an_index_of_the_first_version(folder: Path) -> None:
    index = json.loads((folder / cache.INDEX).read_text())
    (folder / cache.INDEX).write_text(json.dumps(index["sizes"]))


@pytest.mark.parametrize(
    "damage",
    [
        cut_short,
        lose_a_page,
        lose_the_pixels,
        tear_the_index,
        forget_an_image,
        write_an_index_of_the_first_version,
    ],
)
def test_a_damaged_cache_is_found_when_it_is_opened_and_made_anew(tmp_path, damage):
    dataset = opened("csv", write_csv_dataset(tmp_path))
    before = decoded(dataset)
    whole = before.pixels.copy()
    (folder,) = (path for path in TrainConfig.cache_folder().iterdir() if path.is_dir())
    damage(folder)
    told = []
    after = decoded(dataset, told=lambda done, total: told.append((done, total)))
    assert told[-1] == (18, 18)
    np.testing.assert_array_equal(after.pixels, whole)
    decoded(replace(dataset, decode=lambda item: pytest.fail("decoded a third time")))


RUN = """
import hashlib, os, sys, time
from dataclasses import replace
from training.flags import parse
from training.datasets import open_dataset
from training.datasets.base import read_image
from training.images.cache import open_images

labels, log, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])

decoded = []

def decode(item):
    with open(log, "a") as file:
        file.write(f"{os.getpid()}\\n")
    decoded.append(item)
    time.sleep(seconds if len(decoded) > 3 else 0)
    return read_image(item)

dataset = replace(open_dataset(parse(["--dataset", "csv", "--data_path", labels])), decode=decode)
store = open_images(dataset, 32, threads=1, should_stop=lambda: False,
                    on_progress=lambda done, total: print(f"{done}/{total}", flush=True))
print(hashlib.sha256(store.pixels).hexdigest(), flush=True)
"""


def wait_for(file: Path, pattern: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (file.exists() and re.search(pattern, file.read_text())):
        assert time.monotonic() < deadline, f"{file}: never {pattern}"
        time.sleep(0.05)


def test_runs_that_wait_for_a_maker_show_its_progress_and_one_takes_over_when_it_is_killed(tmp_path):
    labels, log = write_csv_dataset(tmp_path), tmp_path / "decoded"

    def start(name: str, seconds: float) -> subprocess.Popen:
        with (tmp_path / name).open("w") as output:
            command = [sys.executable, "-c", RUN, str(labels), str(log), str(seconds)]
            return subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)

    runs = [start("maker", 600.0)]  # sticks at the fourth image until it is killed
    try:
        wait_for(tmp_path / "maker", "1/18")
        runs += [start("second", 0.0), start("third", 0.0)]
        for name in ("second", "third"):
            wait_for(tmp_path / name, r"\d/18")
        runs[0].send_signal(signal.SIGKILL)
        assert [run.wait(PATIENCE_SECONDS) for run in runs] == [-signal.SIGKILL, 0, 0]
    finally:
        for run in runs:
            run.kill()
            run.wait()
    decodings = Counter(int(pid) for pid in log.read_text().split())
    assert 0 < decodings.pop(runs[0].pid) < 18
    assert list(decodings.values()) == [18]
    digest = hashlib.sha256(decoded(opened("csv", labels)).pixels).hexdigest()
    for name in ("second", "third"):
        lines = (tmp_path / name).read_text().splitlines()
        assert lines[-2:] == ["18/18", digest]
    assert not list(TrainConfig.cache_folder().glob("*.making"))


def test_images_are_decoded_once_and_shared(tmp_path):
    dataset = opened("csv", write_csv_dataset(tmp_path))
    told = []
    first = open_images(
        dataset, 32, threads=2, on_progress=lambda done, total: told.append((done, total)), should_stop=lambda: False
    )
    assert told[-1] == (18, 18)
    broken = replace(dataset, decode=lambda item: pytest.fail("decoded again"))
    second = open_images(broken, 32, threads=2, on_progress=lambda *_: None, should_stop=lambda: False)
    np.testing.assert_array_equal(first.pixels, second.pixels)


def test_runs_that_start_at_once_decode_each_image_once(tmp_path):
    dataset = opened("csv", write_csv_dataset(tmp_path))
    seen = Counter()

    def counted(item):
        seen[item.name] += 1
        return read_image(item)

    with ThreadPoolExecutor(4) as runs:
        stores = list(runs.map(decoded, [replace(dataset, decode=counted)] * 4))
    assert set(seen.values()) == {1}
    assert all(np.array_equal(store.pixels, stores[0].pixels) for store in stores)


def test_a_changed_image_is_decoded_anew(tmp_path):
    from tests.fakes.photographs import write_picture

    dataset = opened("csv", write_csv_dataset(tmp_path))
    before = decoded(dataset)[0].copy()
    write_picture(tmp_path / "pictures" / "train0.jpg", width=72, height=72, noise=1.0, seed=99)
    assert not np.array_equal(decoded(dataset)[0], before)


def test_a_stop_while_decoding_leaves_no_half_cache(tmp_path):
    dataset = opened("csv", write_csv_dataset(tmp_path))
    with pytest.raises(Stopped):
        open_images(dataset, 32, threads=1, on_progress=lambda *_: None, should_stop=lambda: True)
    assert len(decoded(dataset)) == 18
