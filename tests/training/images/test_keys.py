"""By what an image file is known: any change of it gives another key, and none within the clock's tick is missed."""

import os
import time
from pathlib import Path

import pytest

from training.datasets.base import Item
from training.errors import BadData
from training.images import keys
from training.images.keys import keys_of, settled_key


def item(path: Path, *recipe: str) -> Item:
    return Item(path.name, path, 1.0, None, "train", "a", "labels.csv, line 2", recipe)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "a.jpg"
    path.write_bytes(b"pixels")
    return path


def test_both_ways_to_a_key_agree_and_a_recipe_is_part_of_it(file):
    assert settled_key(item(file)) == keys_of([item(file)])[0].key
    assert settled_key(item(file, "blur")) != settled_key(item(file))


def test_the_same_file_by_another_path_has_one_key(tmp_path, file):
    (tmp_path / "link").symlink_to(tmp_path)
    assert settled_key(item(tmp_path / "link" / "a.jpg")) == settled_key(item(file))


def test_content_of_the_same_size_with_its_time_turned_back_has_another_key(file):
    before, state = settled_key(item(file)), file.stat()
    file.write_bytes(b"slexip")
    os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert file.stat().st_mtime_ns == state.st_mtime_ns
    assert keys_of([item(file)])[0].key != before


@pytest.mark.parametrize(
    ("age", "nanoseconds", "waits"),
    [(0.005, 123, True), (0.5, 123, False), (0.5, 0, True), (2.5, 0, False), (-60.0, 123, False)],
)
def test_a_file_that_has_just_changed_is_waited_for(file, monkeypatch, age, nanoseconds, waits):
    """A time of change of whole seconds is that of a file system that counts no finer."""
    then = 1_800_000_000 + nanoseconds / 1e9
    now = [then + age]
    state = os.stat_result(
        (0o100644, 1, 1, 1, 0, 0, 6, then, then, then),
        {"st_ctime_ns": 1_800_000_000 * 10**9 + nanoseconds, "st_mtime_ns": 0, "st_ctime": then},
    )
    monkeypatch.setattr(keys.os, "stat", lambda path: state)
    monkeypatch.setattr(time, "time", lambda: now[0])
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds + 1e-6

    monkeypatch.setattr(time, "sleep", sleep)
    settled_key(item(file))
    assert bool(slept) is waits
    assert sum(slept) <= keys.COARSE_TICK_SECONDS


def test_a_file_that_is_gone_is_named_with_its_line(tmp_path):
    words = r"a\.jpg: no such image any more, named in labels\.csv, line 2"
    with pytest.raises(BadData, match=words):
        keys_of([item(tmp_path / "a.jpg")])
    with pytest.raises(BadData, match=words):
        settled_key(item(tmp_path / "a.jpg"))
