"""On which file system a folder lies."""

from __future__ import annotations

from pathlib import Path

import pytest

from iqa_tui.doctor.file_systems import existing_parent, file_system, is_network_disk

MOUNTS = r"""27 1 254:0 / / rw,relatime - ext4 /dev/vda rw
40 27 0:50 / /data rw shared:1 - nfs4 server:/data rw,vers=4.2,local_lock=none
41 27 0:51 / /data/fast\040disk rw - xfs /dev/vdb rw
42 27 0:52 / /data rw - lustre server:/data rw,flock
"""


@pytest.mark.parametrize(
    ("folder", "kind", "options"),
    [
        ("/", "ext4", ["rw"]),
        ("/home/ann", "ext4", ["rw"]),
        ("/database", "ext4", ["rw"]),
        ("/data", "lustre", ["rw", "flock"]),
        ("/data/runs", "lustre", ["rw", "flock"]),
        ("/data/fast disk/runs", "xfs", ["rw"]),
    ],
)
def test_the_nearest_mount_counts_and_of_two_on_one_place_the_later(
    tmp_path: Path, folder: str, kind: str, options: list[str]
) -> None:
    (tmp_path / "mountinfo").write_text(MOUNTS)
    assert file_system(Path(folder), tmp_path / "mountinfo") == (kind, options)


def test_a_system_that_lists_no_mounts_has_no_kind(tmp_path: Path) -> None:
    assert file_system(tmp_path, tmp_path / "absent") == ("", [])


@pytest.mark.parametrize(
    ("kind", "is_network"),
    [("nfs4", True), ("lustre", True), ("fuse.sshfs", True), ("ext4", False), ("fuse", False), ("", False)],
)
def test_a_kind_that_machines_share_is_known_by_its_beginning(kind: str, is_network: bool) -> None:
    assert is_network_disk(kind) == is_network


def test_the_nearest_folder_that_exists(tmp_path: Path) -> None:
    assert existing_parent(tmp_path) == tmp_path
    assert existing_parent(tmp_path / "runs" / "a") == tmp_path
