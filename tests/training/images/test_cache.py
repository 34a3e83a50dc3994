"""What the image cache shares, when it is damaged, when its maker is killed, and when an image changes."""

import hashlib
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
from tests.fakes.photographs import write_csv_dataset, write_picture
from training.config import TrainConfig
from training.datasets.base import read_image
from training.errors import Stopped
from training.images.cache import open_images
from training.runfolder.image_packs import RECORD_BYTES, Pack, all_packs

PATIENCE_SECONDS = 60


def everything(store) -> np.ndarray:
    return np.concatenate([store[number].ravel() for number in range(len(store))])


def the_pack() -> Pack:
    (pack,) = all_packs(TrainConfig.cache_folder())
    return pack


def counted(dataset, seen: Counter):
    def decode(item):
        seen[item.name] += 1
        return read_image(item)

    return replace(dataset, decode=decode)


def never_decoded(dataset):
    return replace(dataset, decode=lambda item: pytest.fail("decoded again"))


def cut_short(pack: Pack) -> None:
    os.truncate(pack.pixels, pack.pixels.stat().st_size - 1)


def lose_a_page(pack: Pack) -> None:
    """As a disk does that lost power before it wrote."""
    with pack.pixels.open("r+b") as file:
        file.write(bytes(4096))


def lose_the_pixels(pack: Pack) -> None:
    pack.pixels.unlink()


def tear_the_index(pack: Pack) -> None:
    os.truncate(pack.index, 3 * RECORD_BYTES - 1)


def zero_a_record(pack: Pack) -> None:
    with pack.index.open("r+b") as file:
        file.seek(15 * RECORD_BYTES)
        file.write(bytes(RECORD_BYTES))


def lose_the_index(pack: Pack) -> None:
    pack.index.unlink()


@pytest.mark.parametrize(
    ("damage", "redone"),
    [
        (cut_short, 1),
        (lose_a_page, 18),
        (lose_the_pixels, 18),
        (tear_the_index, 16),
        (zero_a_record, 3),
        (lose_the_index, 18),
    ],
)
def test_what_is_damaged_is_found_when_it_is_opened_and_decoded_anew(tmp_path, damage, redone):
    dataset = opened("csv", write_csv_dataset(tmp_path))
    whole = everything(decoded(dataset))
    damage(the_pack())
    told, seen = [], Counter()
    after = decoded(counted(dataset, seen), told=lambda done, total: told.append((done, total)))
    assert told[-1] == (18, 18)
    assert seen.total() == redone
    np.testing.assert_array_equal(everything(after), whole)
    decoded(never_decoded(dataset))


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
                    on_progress=lambda done, total: print(f"{done}/{total}", flush=True),
                    say=lambda words: print(words, flush=True))
print(hashlib.sha256(b"".join(store[number].tobytes() for number in range(len(store)))).hexdigest(), flush=True)
"""


def wait_for(file: Path, pattern: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (file.exists() and re.search(pattern, file.read_text())):
        assert time.monotonic() < deadline, f"{file}: never {pattern}"
        time.sleep(0.05)


class Runs:
    """Processes that open one data set."""

    def __init__(self, folder: Path, labels: Path) -> None:
        self.folder, self.labels, self.log = folder, labels, folder / "decoded"
        self.started: list[subprocess.Popen] = []

    def start(self, name: str, seconds: float) -> subprocess.Popen:
        """Each of its images after the third takes so long."""
        with (self.folder / name).open("w") as output:
            command = [sys.executable, "-c", RUN, str(self.labels), str(self.log), str(seconds)]
            self.started.append(subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT))
        return self.started[-1]

    def decodings(self) -> Counter:
        """By process."""
        return Counter(int(pid) for pid in self.log.read_text().split())


@pytest.fixture
def runs(tmp_path):
    found = Runs(tmp_path, write_csv_dataset(tmp_path))
    yield found
    for run in found.started:
        run.kill()
        run.wait()


def test_runs_that_wait_say_so_and_one_goes_on_with_what_a_killed_one_had_decoded(tmp_path, runs):
    maker = runs.start("maker", 600.0)  # sticks at the fourth image until it is killed
    wait_for(tmp_path / "maker", "3/18")
    names = ("second", "third")
    waiting = [runs.start(name, 0.0) for name in names]
    for name in names:
        wait_for(tmp_path / name, r"another run decodes images of .*pictures; waiting for it\n(.*\n)*3/18")
    maker.send_signal(signal.SIGKILL)
    assert [run.wait(PATIENCE_SECONDS) for run in waiting] == [0, 0]
    decodings = runs.decodings()
    assert decodings.pop(maker.pid) == 4
    assert list(decodings.values()) == [15]
    digest = hashlib.sha256(everything(decoded(opened("csv", runs.labels))).tobytes()).hexdigest()
    for name in names:
        assert (tmp_path / name).read_text().splitlines()[-2:] == ["18/18", digest]


def test_a_run_that_waits_goes_on_once_its_own_images_are_there(tmp_path, runs):
    maker = runs.start("maker", 600.0)
    wait_for(tmp_path / "maker", "3/18")
    dataset = opened("csv", runs.labels)
    few = replace(dataset, items=dataset.items[:3])
    assert len(decoded(never_decoded(few))) == 3
    assert maker.poll() is None


def test_images_are_decoded_once_and_shared(tmp_path):
    dataset = opened("csv", write_csv_dataset(tmp_path))
    told = []
    first = decoded(dataset, told=lambda done, total: told.append((done, total)))
    assert told[-1] == (18, 18)
    second = decoded(never_decoded(dataset))
    np.testing.assert_array_equal(everything(first), everything(second))


def test_limits_orders_crop_sizes_and_data_sets_share_what_they_have_in_common(tmp_path):
    labels = write_csv_dataset(tmp_path)
    dataset, seen = opened("csv", labels), Counter()
    few = replace(dataset, items=dataset.items[:5])
    decoded(counted(few, seen))
    store = decoded(counted(dataset, seen))
    assert seen == Counter(item.name for item in dataset.items)
    turned = decoded(never_decoded(replace(dataset, items=dataset.items[::-1], name="other")))
    np.testing.assert_array_equal(turned[0], store[17])
    decoded(never_decoded(dataset), side=48)  # no image is smaller, so none was enlarged
    decoded(never_decoded(opened("csv", labels, "--resize", "none")))  # none is larger than 384
    assert the_pack().images == 18
    assert decoded(counted(dataset, seen), side=96)[0].shape[:2] == (96, 96)
    assert seen.total() == 36


def test_runs_that_start_at_once_decode_each_image_once(tmp_path):
    seen = Counter()
    dataset = counted(opened("csv", write_csv_dataset(tmp_path)), seen)
    with ThreadPoolExecutor(4) as runs:
        stores = list(runs.map(decoded, [dataset] * 4))
    assert set(seen.values()) == {1}
    assert all(np.array_equal(everything(store), everything(stores[0])) for store in stores)


def test_a_changed_image_is_decoded_anew_even_if_its_size_and_time_were_kept(tmp_path):
    dataset = opened("csv", write_csv_dataset(tmp_path))
    path = tmp_path / "pictures" / "train0.jpg"
    contents = []
    for seed in (1, 99):
        write_picture(path, width=72, height=72, noise=1.0, seed=seed)
        contents.append(path.read_bytes())
    first, second = (content.ljust(max(map(len, contents)), b"\0") for content in contents)
    path.write_bytes(first)
    before, state = decoded(dataset)[0].copy(), path.stat()
    path.write_bytes(second)
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert path.stat().st_size == state.st_size
    seen = Counter()
    assert not np.array_equal(decoded(counted(dataset, seen))[0], before)
    assert list(seen) == [dataset.items[0].name]


def test_an_image_that_changes_while_it_is_read_is_read_again(tmp_path):
    labels = write_csv_dataset(tmp_path)
    path, changed = tmp_path / "pictures" / "train0.jpg", []

    def decode(item):
        picture = read_image(item)
        if item.path == path and not changed:
            changed.append(write_picture(path, width=72, height=72, noise=1.0, seed=99))
        return picture

    dataset = opened("csv", labels)
    store = decoded(replace(dataset, decode=decode))
    np.testing.assert_array_equal(store[0], np.asarray(read_image(dataset.items[0]).rgb))


def test_a_stop_keeps_what_is_decoded(tmp_path):
    dataset, seen = opened("csv", write_csv_dataset(tmp_path)), Counter()
    done = []
    with pytest.raises(Stopped):
        open_images(
            counted(dataset, seen),
            32,
            threads=1,
            on_progress=lambda number, _: done.append(number),
            should_stop=lambda: done[-1:] == [7],
        )
    seen.clear()
    assert len(decoded(counted(dataset, seen))) == 18
    assert seen.total() == 11
