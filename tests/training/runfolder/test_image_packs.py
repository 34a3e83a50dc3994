"""The layout of the image cache: what is read of a pack, and whose packs count."""

import os
from pathlib import Path

import pytest

from tests.fakes.image_packs import SIDE, write_pack
from training.runfolder.image_packs import (
    RECORD_BYTES,
    About,
    all_packs,
    cache_folder,
    own_folder,
    read_about,
    read_records,
)


def test_a_pack_is_read_as_it_was_written(tmp_path):
    pack = write_pack(tmp_path, images=3, datasets=["csv", "biq2021"])
    records = list(read_records(pack))
    assert [record.start for record in records] == [0, 192, 384]
    assert (records[2].height, records[2].width, records[2].end) == (SIDE, SIDE, 576)
    assert (pack.images, pack.size_bytes) == (3, 576 + 3 * RECORD_BYTES)
    assert read_about(pack) == About(["csv", "biq2021"], "/data/pictures", "own size")


def test_reading_ends_at_a_torn_record_and_at_missing_pixels(tmp_path):
    pack = write_pack(tmp_path, images=3)
    os.truncate(pack.index, 3 * RECORD_BYTES - 1)
    assert len(list(read_records(pack))) == 2
    os.truncate(pack.pixels, 383)
    assert len(list(read_records(pack))) == 1
    pack.pixels.unlink()
    assert list(read_records(pack)) == []


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"datasets": 3}'])
def test_a_description_that_cannot_be_read_is_empty(tmp_path, damage):
    pack = write_pack(tmp_path)
    pack.about.write_bytes(damage)
    assert read_about(pack) == About([], "", "")


def test_what_others_may_write_does_not_count(tmp_path):
    pack = write_pack(tmp_path)
    pack.index.chmod(0o664)
    assert list(read_records(pack)) == []
    pack.index.chmod(0o644)
    assert all_packs(tmp_path) == [pack]
    own_folder(tmp_path).chmod(0o777)
    assert all_packs(tmp_path) == []


def test_a_folder_that_belongs_to_another_user_than_its_name_says_does_not_count(tmp_path):
    write_pack(tmp_path)
    own_folder(tmp_path).rename(tmp_path / f"u{os.geteuid() + 1}")
    assert all_packs(tmp_path) == []
    own_folder(tmp_path).symlink_to(tmp_path)
    assert all_packs(tmp_path) == []


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"IQA_TUI_CACHE": "/scratch/cache"}, Path("/scratch/cache")),
        ({"XDG_CACHE_HOME": "/home/x/.c"}, Path("/home/x/.c/iqa-tui")),
        ({}, Path.home() / ".cache" / "iqa-tui"),
    ],
)
def test_the_cache_lies_where_the_environment_says(environment, folder):
    assert cache_folder(environment) == folder
