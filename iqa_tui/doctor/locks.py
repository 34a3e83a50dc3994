"""Are locks seen by other processes and by other machines?"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from iqa_tui.devices.lease_folder import leases_dir
from iqa_tui.doctor.ask_python import ask_python
from iqa_tui.doctor.file_systems import MOUNTS, existing_parent, file_system, is_network_disk
from iqa_tui.doctor.finding import Finding, blocked, doubtful
from iqa_tui.errors import LaunchError
from training.runfolder.errors import LockHeld
from training.runfolder.lock import take_lock

ASK_LOCK = """
import sys
from pathlib import Path
from training.runfolder.lock import is_held
print(is_held(Path(sys.argv[1])))
"""
OPTIONS_THAT_KEEP_LOCKS_HERE = ("nolock", "nobrl", "local_lock=all", "local_lock=flock")


def check_locks(runs_dir: Path, mounts: Path = MOUNTS) -> list[Finding]:
    """Take a lock in the folder of runs and in that of leases, and ask a second process whether it sees it."""
    remedy = "Use a local disk: --runs-dir for runs, IQA_TUI_LEASES for leases (NFS without lockd has no locks)"
    try:
        folders = [existing_parent(runs_dir), leases_dir()]
    except LaunchError as error:
        return [blocked("locks", str(error), remedy)]
    for folder in folders:
        if trouble := _lock_trouble(folder):
            return [blocked("locks", f"{folder}: {trouble}", remedy)]
    works = Finding("locks", f"work in {' and '.join(str(folder) for folder in folders)}")
    return [works, *_runs_seen_from_afar(folders[0], mounts), *_leases_kept_afar(folders[1], mounts)]


def _lock_trouble(folder: Path) -> str | None:
    """What is wrong with locks in a folder, in words; None if they work."""
    try:
        with tempfile.TemporaryDirectory(dir=folder, prefix=".iqa-tui-doctor-") as place:
            path = Path(place) / "test.lock"
            descriptor = take_lock(path)
            held = ask_python(ASK_LOCK, str(path)).stdout.strip()
            os.close(descriptor)
            freed = ask_python(ASK_LOCK, str(path)).stdout.strip()
    except OSError as error:
        return f"a lock cannot be taken ({os.strerror(error.errno) if error.errno else error})"
    except LockHeld as error:
        return f"a lock cannot be taken ({error})"
    except subprocess.TimeoutExpired:
        return "taking a lock hangs"
    if (held, freed) != ("True", "False"):
        return "a lock of one process is not seen by another"
    return None


def _runs_seen_from_afar(folder: Path, mounts: Path) -> list[Finding]:
    kind, options = file_system(folder, mounts)
    if not (is_network_disk(kind) and _locks_stay_here(options)):
        return []
    words = f"{folder} is on {kind} ({', '.join(options)}): other machines do not see its locks"
    remedy = "Each machine starts and resumes its own runs; `iqa-tui retry --from-elsewhere` is for one that is gone"
    return [doubtful("locks", words, remedy)]


def _locks_stay_here(options: Sequence[str]) -> bool:
    return any(option in OPTIONS_THAT_KEEP_LOCKS_HERE for option in options)


def _leases_kept_afar(folder: Path, mounts: Path) -> list[Finding]:
    kind, _ = file_system(folder, mounts)
    if not is_network_disk(kind):
        return []
    words = f"{folder} is on {kind}: a server that restarts may forget who has a GPU"
    return [doubtful("locks", words, "Name a folder on a local disk in IQA_TUI_LEASES, for all users")]
