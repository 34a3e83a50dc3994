"""A container with process numbers of its own."""

from __future__ import annotations

from pathlib import Path

from iqa_tui.doctor.container import check_container
from tests.fakes.doctor import sign


def test_a_container_of_its_own_process_numbers_is_told_of(tmp_path: Path) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.symlink_to("pid:[4026532201]")
    outside.symlink_to("pid:[4026531836]")
    assert sign(check_container(outside)) == "ok"
    assert (sign(check_container(inside)), "--pid=host" in check_container(inside).remedy) == ("warning", True)
    assert sign(check_container(tmp_path / "absent")) == "ok"
