"""Whether process numbers here are those that the driver counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from iqa_tui.devices.gpus.namespace import counts_as_the_host


@pytest.mark.parametrize(("target", "is_host"), [("pid:[4026531836]", True), ("pid:[4026532201]", False)])
def test_a_container_has_a_namespace_of_its_own(tmp_path: Path, target: str, is_host: bool) -> None:
    (tmp_path / "pid").symlink_to(target)
    assert counts_as_the_host(tmp_path / "pid") == is_host


def test_a_system_that_does_not_tell_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        counts_as_the_host(tmp_path / "pid")
