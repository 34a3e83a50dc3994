"""Room for checkpoints and decoded images."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from iqa_tui.doctor import disk as disk_check
from iqa_tui.doctor.disk import Need, cache_needs, check_disk, checkpoint_need
from tests.fakes.doctor import sign
from tests.fakes.image_packs import write_pack
from tests.fakes.needs import GIB


@pytest.mark.parametrize(("free_gib", "found"), [(100, "ok"), (15, "warning"), (10, "blocked")])
def test_checkpoints_and_decoded_images_must_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free_gib: int, found: str
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=free_gib * GIB))
    needs = [
        checkpoint_need(tmp_path / "runs", [1_069_343_292, 1_069_343_292]),
        *cache_needs(tmp_path / "cache", {"koniq-10k": 10_073}),
    ]
    (finding,) = check_disk(needs)  # both are on one disk
    assert sign(finding) == found
    assert f"{free_gib} GiB free" in finding.words
    assert (
        "the plan needs 6.0 GiB for checkpoints of 2 runs and 5.6 GiB for decoded images of koniq-10k" in finding.words
    )


def test_images_that_are_decoded_already_need_no_room(tmp_path: Path) -> None:
    write_pack(tmp_path, images=9, datasets=["koniq-10k"])
    assert cache_needs(tmp_path, {"koniq-10k": 9}) == []
    (need,) = cache_needs(tmp_path, {"koniq-10k": 12})
    assert need.size_bytes == 3 * disk_check.IMAGE_BYTES


def test_a_large_cache_is_named_with_what_deletes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=GIB))
    pack = write_pack(tmp_path, images=9, datasets=["koniq-10k"])
    (finding,) = check_disk([checkpoint_need(tmp_path, [GIB]), *cache_needs(tmp_path, {"koniq-10k": 9})])
    assert "decoded images" not in finding.words
    os.truncate(pack.pixels, 12 * GIB)
    (finding,) = check_disk([checkpoint_need(tmp_path, [GIB]), *cache_needs(tmp_path, {"koniq-10k": 9})])
    assert finding.words.endswith("; 12 GiB are taken by decoded images (`iqa-tui cache`)")
    assert "`iqa-tui cache prune --all` deletes decoded images that no run uses" in finding.remedy


def test_a_folder_that_may_not_be_written_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk_check.os, "access", lambda folder, mode: False)
    (finding,) = check_disk([Need("checkpoints of 1 run", tmp_path / "runs", 0)])
    assert (sign(finding), finding.words) == ("blocked", f"{tmp_path} may not be written")
