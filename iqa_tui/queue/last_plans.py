"""Which plan files this user launched last into a folder of runs, so that the launch screen lists them.

The list lies in the user's own state folder: a run carries the content of its plan, not the path of the file.
"""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from iqa_tui.errors import LaunchError
from iqa_tui.plans.plan import Plan, is_preset
from iqa_tui.trust.state_folder import state_folder, state_path
from training.runfolder.errors import RunFolderError
from training.runfolder.opening import read_bounded
from training.runfolder.write import write_atomic

MOST_PLANS = 8
MOST_FOLDERS = 200
FILE = "last_plans.json"


def remember_plan(runs_dir: Path, plan: Plan) -> None:
    """Put the file of a plan that is launched first. A preset or a plan from a run has none. A launch is worth more
    than this list, so nothing is raised.
    """
    path = Path(plan.source).absolute()
    if is_preset(plan) or path.suffix != ".toml" or not path.is_file():
        return
    with contextlib.suppress(OSError, LaunchError, RunFolderError):
        known, folder = _read(), str(runs_dir.resolve())
        latest = [str(path), *(other for other in known.pop(folder, []) if other != str(path))]
        kept = dict([*known.items(), (folder, latest[:MOST_PLANS])][-MOST_FOLDERS:])
        write_atomic(state_folder() / FILE, json.dumps(kept, indent=1).encode())


def last_plans(runs_dir: Path) -> list[str]:
    """Whole paths of those that are still there, the last one first."""
    with contextlib.suppress(OSError):
        return [path for path in _read().get(str(runs_dir.resolve()), []) if Path(path).is_file()]
    return []


def _read() -> dict[str, list[str]]:
    """Folder of runs to plan files; empty if there is no such file or it is damaged."""
    try:
        content = json.loads(read_bounded(state_path() / FILE))
    except (OSError, ValueError, RecursionError, RunFolderError):
        return {}
    folders = content.items() if isinstance(content, dict) else ()
    return {
        folder: [path for path in paths if isinstance(path, str)]
        for folder, paths in folders
        if isinstance(paths, list)
    }
