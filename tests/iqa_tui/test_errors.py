"""What is said if a file of a run cannot be written."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from iqa_tui.errors import FolderUnusable, LaunchError, PlanError, cannot_be_written
from iqa_tui.words.people import user_name


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.EACCES, "Ask {owner}, whose run it is."),
        (errno.EPERM, "Ask {owner}, whose run it is."),
        (errno.ENOSPC, "Make room, then try again."),
        (errno.EDQUOT, "Make room, then try again."),
        (errno.EROFS, "Try again once it can."),
    ],
)
def test_the_remedy_follows_from_the_reason(tmp_path: Path, number: int, remedy: str) -> None:
    error = cannot_be_written(tmp_path / "stop.json", OSError(number, os.strerror(number)))
    said = f"{tmp_path / 'stop.json'}: cannot be written ({os.strerror(number)}). {remedy.format(owner=user_name())}"
    assert (type(error), str(error)) == (FolderUnusable, said)


def test_what_catches_a_refusal_of_the_launcher_catches_one_of_a_plan() -> None:
    assert issubclass(PlanError, LaunchError)
