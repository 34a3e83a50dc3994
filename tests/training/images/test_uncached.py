"""A run whose images find no room in the cache: a full disk, a limit; it decodes them at every use."""

import errno
import os
import shutil
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from tests.fakes.opened_datasets import decoded, opened
from tests.fakes.photographs import write_csv_dataset, write_picture
from training.config import TrainConfig
from training.datasets.base import read_image
from training.errors import BadData, BadUsage
from training.images import packing, uncached
from training.images.cache import open_images
from training.runfolder.image_packs import all_packs
from training.runfolder.image_room import GIB, LIMIT


@pytest.fixture
def dataset(tmp_path):
    return opened("csv", write_csv_dataset(tmp_path))


def images_there() -> int:
    return sum(pack.images for pack in all_packs(TrainConfig.cache_folder()))


def assert_all_are_right(store, dataset) -> None:
    for number, item in enumerate(dataset.items):
        np.testing.assert_array_equal(store[number], np.asarray(read_image(item).rgb))


def test_a_disk_that_is_full_costs_only_time(dataset, monkeypatch):
    pwrite, room = os.pwrite, [5 * 72 * 72 * 3]

    def full_after(descriptor: int, content: memoryview, start: int) -> int:
        if start + len(content) > room[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        return pwrite(descriptor, content, start)

    monkeypatch.setattr(os, "pwrite", full_after)
    said, told = [], []
    store = open_images(
        dataset,
        32,
        threads=2,
        on_progress=lambda *done: told.append(done),
        should_stop=lambda: False,
        say=said.append,
    )
    assert images_there() == 5
    assert told[-1] == (18, 18)
    assert_all_are_right(store, dataset)
    assert [line for line in said if "No space left on device. The others are decoded at every use" in line] == said
    (note,) = store.changes.notes(dataset)
    assert note.startswith("csv: 13 of 18 images are decoded at every use")
    monkeypatch.setattr(os, "pwrite", pwrite)
    seen = Counter()

    def decode(item):
        seen[item.name] += 1
        return read_image(item)

    decoded(replace(dataset, decode=decode))  # once there is room the next run decodes what is missing
    assert seen.total() == 13


def test_records_that_find_no_room_leave_no_half_record(dataset, monkeypatch):
    write = os.write

    def half(descriptor: int, content: bytes) -> int:
        if len(content) > 100:
            return write(descriptor, content[:100])
        raise OSError(errno.EDQUOT, "Disk quota exceeded")

    monkeypatch.setattr(packing.os, "write", half)
    store = decoded(dataset)
    monkeypatch.undo()
    assert_all_are_right(store, dataset)
    assert len(store.changes.uncached) > 0


def test_a_cache_that_may_hold_nothing_is_left_alone_and_a_limit_that_is_no_size_is_refused(dataset, monkeypatch):
    monkeypatch.setenv(LIMIT, "0")
    store = decoded(dataset)
    assert images_there() == 0
    assert_all_are_right(store, dataset)
    assert "may hold 0.0 GiB (IQA_TUI_CACHE_GIB)" in store.changes.uncached
    monkeypatch.setenv(LIMIT, "lots")
    with pytest.raises(BadUsage, match="IQA_TUI_CACHE_GIB=lots: is no number of GiB"):
        decoded(dataset)


def test_the_reserve_of_the_disk_is_left_free(dataset, monkeypatch):
    usage = shutil.disk_usage
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(path)._replace(free=GIB // 2))
    store = decoded(dataset)
    assert images_there() == 0
    assert_all_are_right(store, dataset)


def test_a_bad_image_is_named_though_nothing_can_be_written(tmp_path, dataset, monkeypatch):
    monkeypatch.setenv(LIMIT, "0")
    (tmp_path / "pictures" / "train3.jpg").write_bytes(b"\xff\xd8 not much of a picture")
    with pytest.raises(BadData, match=r"train3\.jpg: cannot be read as an image"):
        decoded(dataset)


def test_the_last_images_used_are_kept_in_memory_up_to_a_bound(dataset, monkeypatch):
    monkeypatch.setenv(LIMIT, "0")
    monkeypatch.setattr(uncached, "KEPT_BYTES", 3 * 72 * 72 * 3)
    seen = Counter()

    def decode(item):
        seen[item.name] += 1
        return read_image(item)

    store = decoded(replace(dataset, decode=decode))
    seen.clear()
    for number in (0, 1, 2, 0, 1, 2, 3, 2, 1, 0):
        store[number]
    assert [seen[item.name] for item in dataset.items[:4]] == [2, 1, 1, 1]


def test_an_image_that_changes_between_two_uses_ends_the_run(tmp_path, dataset, monkeypatch):
    monkeypatch.setenv(LIMIT, "0")
    store = decoded(dataset)
    write_picture(tmp_path / "pictures" / "train0.jpg", width=72, height=72, noise=1.0, seed=99)
    with pytest.raises(BadData, match=r"train0\.jpg: has changed since the run began, and is in no cache"):
        store[0]
