"""Room in the image cache: what is deleted first, what never, and what earlier versions left."""

import fcntl
import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.fakes.image_packs import write_pack
from training.runfolder import image_room
from training.runfolder.image_packs import packs_of
from training.runfolder.image_room import GIB

TIB = 1 << 40


@pytest.fixture(autouse=True)
def disk(monkeypatch):
    """A disk with as much free as its field says."""
    found = SimpleNamespace(free=TIB)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: found)
    monkeypatch.delenv(image_room.LIMIT, raising=False)
    return found


def names(cache: Path) -> list[str]:
    return [pack.stem.name for pack in packs_of(image_room.own_folder(cache))]


def limit_to(monkeypatch, size_bytes: int) -> None:
    monkeypatch.setenv(image_room.LIMIT, repr(size_bytes / GIB))


def write_three(cache: Path) -> int:
    """`a` used last, then `c`, then `b`, which was used longest ago; bytes of one."""
    packs = [write_pack(cache, name, used=used) for name, used in (("a", 300.0), ("b", 100.0), ("c", 200.0))]
    return packs[0].size_bytes


def test_what_was_used_longest_ago_is_deleted_first(tmp_path, monkeypatch):
    size = write_three(tmp_path)
    limit_to(monkeypatch, 3 * size + size // 2)
    assert image_room.make_room(tmp_path, size // 2) == ""
    assert names(tmp_path) == ["a", "b", "c"]
    assert image_room.make_room(tmp_path, size) == ""
    assert names(tmp_path) == ["a", "c"]
    assert not list(image_room.own_folder(tmp_path).glob("b*"))
    assert image_room.make_room(tmp_path, 2 * size) == ""
    assert names(tmp_path) == ["a"]


def test_what_a_process_has_and_what_is_spared_stays_and_the_reason_is_said(tmp_path, monkeypatch):
    size = write_three(tmp_path)
    limit_to(monkeypatch, 3 * size)
    held = os.open(image_room.own_folder(tmp_path) / "b.u8", os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_SH)
    own = image_room.own_folder(tmp_path)
    try:
        why = image_room.make_room(tmp_path, 2 * size, spared=[own / "c"])
        assert [image_room.is_in_use(pack) for pack in packs_of(own)] == [True, False]
    finally:
        os.close(held)
    assert names(tmp_path) == ["b", "c"]
    assert why.endswith("GiB (IQA_TUI_CACHE_GIB)")
    assert image_room.make_room(tmp_path, 2 * size) == ""


def test_a_disk_that_is_nearly_full_makes_room_too(tmp_path, disk):
    write_three(tmp_path)
    disk.free = image_room.RESERVE_BYTES
    assert image_room.make_room(tmp_path, 1) == f"the disk of {tmp_path} has 0.5 GiB free"
    assert names(tmp_path) == []


def test_without_a_limit_the_cache_may_take_three_quarters_of_what_the_disk_has_for_it(tmp_path, disk):
    disk.free = 8 * GIB
    used = write_pack(tmp_path).size_bytes
    assert image_room.limit_bytes(tmp_path / "not" / "made") == 6 * GIB
    assert image_room.limit_bytes(tmp_path) == int((8 * GIB + used) * 0.75)


@pytest.mark.parametrize("told", ["much", "-1", "nan", "inf"])
def test_a_limit_that_is_no_size_is_refused(tmp_path, monkeypatch, told):
    monkeypatch.setenv(image_room.LIMIT, told)
    with pytest.raises(ValueError, match=r".+"):
        image_room.limit_bytes(tmp_path)


def test_caches_of_earlier_versions_are_found_and_deleted_before_any_pack(tmp_path, monkeypatch):
    size = write_three(tmp_path)
    for name in ("koniq-10k-0123", "csv-4567.making", "not-a-cache"):
        (tmp_path / name).mkdir()
    for name in ("koniq-10k-0123", "csv-4567.making"):
        (tmp_path / name / image_room.OLD_PIXELS).write_bytes(bytes(1000))
    (tmp_path / "csv-4567.lock").touch()
    assert [(old.folder.name, old.size_bytes) for old in image_room.old_caches(tmp_path)] == [
        ("csv-4567.making", 1000),
        ("koniq-10k-0123", 1000),
    ]
    held = os.open(tmp_path / "csv-4567.lock", os.O_RDWR)
    fcntl.flock(held, fcntl.LOCK_EX)  # as a run of the earlier version that is making it
    limit_to(monkeypatch, 3 * size)
    assert image_room.make_room(tmp_path, size) == ""
    os.close(held)
    assert [old.folder.name for old in image_room.old_caches(tmp_path)] == ["csv-4567.making"]
    assert names(tmp_path) == ["a", "c"]


def test_pixels_without_an_index_are_found(tmp_path):
    pack = write_pack(tmp_path)
    assert image_room.lone_pixels(tmp_path) == []
    pack.index.unlink()
    assert image_room.lone_pixels(tmp_path) == [pack]
