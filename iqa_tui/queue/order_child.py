"""Carries out one order in the name of the user that it runs as.

    python -m iqa_tui.queue.order_child RUNS_DIR RUN ORDER PARAMETERS

`as_owner` starts it. It prints what was done, or why not (exit code 3), and starts the dispatcher that the order needs:
so that one is the owner's as well.
"""

from __future__ import annotations

import json
import os
import pwd
import stat
import sys
from pathlib import Path

from iqa_tui.errors import LaunchError
from iqa_tui.processes.marks import MARK_VARIABLE
from iqa_tui.queue.as_owner import COMMANDS, REFUSED, only_of, opened
from iqa_tui.queue.hold import hold_run, prioritise_run, release_run
from iqa_tui.queue.retry import retry_run
from iqa_tui.queue.stop import stop_run
from iqa_tui.settings.read_only import READ_ONLY_VARIABLE
from iqa_tui.slurm.ask import FOLDER_VARIABLE, KEPT
from iqa_tui.trust.code_check import only_root_writes
from training.runfolder.errors import RunFolderError
from training.runfolder.layout import RunFolder
from training.runfolder.read import read_record
from training.runfolder.schema import Environment

ORDERS = {order.__name__: order for order in (stop_run, retry_run, hold_run, release_run, prioritise_run)}
OWN_SETTINGS = ("XDG_STATE_HOME", "IQA_TUI_", *KEPT)
"""Beginnings of the variables for the folders of this program, its CPU slots, and which Slurm is asked."""
EXECUTED = (FOLDER_VARIABLE, "SLURM_CONF")
"""Programs stand there, or the folder of plug-ins: a run's folder may be a copy that another user wrote, so only root's
are used.
"""
OF_ONE_PROCESS = {MARK_VARIABLE, "IQA_TUI_ATTEMPT", "IQA_TUI_DEVICE", "IQA_TUI_RUN"}


def main(argv: list[str]) -> int:
    runs_dir, name, order, text = argv
    run = RunFolder(Path(runs_dir) / name)
    if os.geteuid() == 0 or order not in COMMANDS:
        print(f"{order}: no such order, or no user to give it as")
        return REFUSED
    try:
        with only_of(os.geteuid()):
            with opened(run) as folder:
                os.environ.update(_own_settings(folder))
            os.environ[READ_ONLY_VARIABLE] = "0"  # root orders: the owner's settings do not count
            print(ORDERS[order](run, **json.loads(text)))
    except (LaunchError, RunFolderError, OSError) as error:
        print(error)
        return REFUSED
    return 0


def _own_settings(run: RunFolder) -> dict[str, str]:
    """What was set for this program when the run was launched: the dispatcher has to use the same leases."""
    try:
        found = run.environment.lstat()
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
            return {}
        record = read_record(run.environment, Environment)
    except (OSError, RunFolderError):
        return {}
    variables = record.variables if record is not None else {}
    return {
        name: value
        for name, value in variables.items()
        if name.startswith(OWN_SETTINGS) and name not in OF_ONE_PROCESS and isinstance(value, str)
        if name not in EXECUTED or only_root_writes(Path(value), _slurm_users())
    }


def _slurm_users() -> list[int]:
    """The account of Slurm itself, which often owns its settings."""
    try:
        return [pwd.getpwnam("slurm").pw_uid]
    except KeyError:
        return []


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
