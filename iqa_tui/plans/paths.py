"""The paths among our trainer's flags, and the folder from which a relative one counts.

In a plan that is the plan's own folder, so that the plan means the same whatever the current folder is; for a path that
the user types it is the current folder.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from training.runfolder.mixed import joined_places, places

PATH_FLAGS = ("data_path", "weights")
NO_FILES = ("pretrained", "none")
"""What `weights` may be besides a file."""


def counted_from(folder: Path, flags: Mapping[str, Any]) -> dict[str, Any]:
    """The same flags, with their relative paths made absolute. A path below `~` is left to the trainer."""
    return {
        flag: _counted(folder, flag, by_name)
        if (by_name := _by_name(flag, value))
        else _one_counted(folder, flag, value)
        for flag, value in flags.items()
    }


def _by_name(flag: str, value: object) -> dict[str, str]:
    """Data set to its place, if the value names several."""
    return places(value) if flag == "data_path" and isinstance(value, str) else {}


def _counted(folder: Path, flag: str, by_name: dict[str, str]) -> str:
    return joined_places({name: _one_counted(folder, flag, place) for name, place in by_name.items()})


def _one_counted(folder: Path, flag: str, value: Any) -> Any:
    return os.path.normpath(folder.absolute() / value) if _is_relative(flag, value) else value


def _is_relative(flag: str, value: object) -> bool:
    is_path = flag in PATH_FLAGS and isinstance(value, str) and value != "" and value not in NO_FILES
    return is_path and not str(value).startswith(("/", "~"))


def plan_counted_from(folder: Path, content: dict[str, Any]) -> dict[str, Any]:
    """A plan's content, unchecked, with the paths in its base and its experiments counted from its folder.

    An external trainer gets its flags as they stand: which of them are paths is not known, and its command counts from
    the current folder of the launch.
    """
    if content.get("command") is not None:
        return content
    counted = dict(content)
    if isinstance(content.get("base"), dict):
        counted["base"] = counted_from(folder, content["base"])
    if isinstance(content.get("experiment"), list):
        counted["experiment"] = [_row_counted_from(folder, row) for row in content["experiment"]]
    return counted


def _row_counted_from(folder: Path, row: Any) -> Any:
    if isinstance(row, dict) and isinstance(row.get("flags"), dict):
        return {**row, "flags": counted_from(folder, row["flags"])}
    return row
