"""If users or hosts share folders: who may write them, which hosts work there, and whose code is run?"""

from __future__ import annotations

import contextlib
import os
import stat
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from iqa_tui.devices.lease_folder import leases_dir
from iqa_tui.doctor.file_systems import MOUNTS, existing_parent, file_system, is_network_disk
from iqa_tui.doctor.finding import Finding, blocked, doubtful
from iqa_tui.errors import LaunchError
from iqa_tui.trust.code_check import code_open_to_others, open_to_others_words
from iqa_tui.trust.signing_key import check_key, key_path
from iqa_tui.words.people import name_of_user
from training.runfolder.descriptors import descriptor_in
from training.runfolder.engines import SLURM
from training.runfolder.errors import RunFolderError
from training.runfolder.folders import list_runs
from training.runfolder.held import held, open_to_others
from training.runfolder.host import is_this_host
from training.runfolder.layout import AttemptFolder, RunFolder
from training.runfolder.read import read_record, read_spec
from training.runfolder.schema import ProcessRecord, Signature

MOST_NAMED = 3
GOES_ON_THERE = "They go on there; `iqa-tui retry --from-elsewhere RUN` takes one over if that host is gone"
STARTED_BY_SLURM = "That cluster's Slurm starts them; orders work on every machine that has its programs"


def check_sharing(runs_dir: Path, command: Sequence[str] | None, cwd: Path, mounts: Path = MOUNTS) -> Iterable[Finding]:
    """Args:
    command: of the plan's external trainer; None: ours.
    cwd: the folder in which trainers are run.
    """
    yield check_runs_folder(runs_dir, mounts)
    yield from check_lease_folder()
    runs = list_runs(runs_dir)
    yield from check_runs(runs)
    yield from check_hosts(runs)
    yield check_signing_key()
    yield from check_code(command, cwd)


def check_runs_folder(runs_dir: Path, mounts: Path = MOUNTS) -> Finding:
    """Who owns the folder of runs, who may write in it, and on which file system it lies."""
    folder = existing_parent(runs_dir)
    found = folder.stat()
    kind, options = file_system(folder, mounts)
    on = f"on {kind}{_lock_words(kind, options)}" if kind else "on a file system of unknown kind"
    mode = f"mode {stat.S_IMODE(found.st_mode):04o}"
    if words := open_to_others_words(folder):
        return doubtful(
            "sharing",
            f"{words} ({mode}), {on}",
            "Other users may put runs there: your dispatcher starts only runs that you queued",
        )
    return Finding("sharing", f"{folder} {_writers_words(found, 'files')} ({mode}), {on}")


def _lock_words(kind: str, options: Sequence[str]) -> str:
    """How the locks of a network disk are mounted."""
    if not is_network_disk(kind):
        return ", a disk of this machine"
    about_locks = [option for option in options if "lock" in option or option == "nobrl"]
    return f", which other machines may share (locks: {', '.join(about_locks) or 'the default'})"


def _writers_words(found: os.stat_result, things: str) -> str:
    """`may be written by you alone`; of a folder with the sticky bit, that others write only their own things."""
    owner = "you" if found.st_uid == os.geteuid() else name_of_user(found.st_uid)
    others = f" and every user, each their own {things}" if found.st_mode & stat.S_ISVTX else " alone"
    return f"may be written by {owner}{others}"


def check_lease_folder() -> Iterable[Finding]:
    """Who may write in the folder of device leases; if it cannot be used, the line on locks says so."""
    with contextlib.suppress(LaunchError, OSError):
        folder = leases_dir()
        found = folder.stat()
        mode = f"mode {stat.S_IMODE(found.st_mode):04o}"
        yield Finding("leases", f"{folder} {_writers_words(found, 'leases')} ({mode})")


def check_runs(runs: Sequence[RunFolder]) -> Iterable[Finding]:
    """Our runs that another user may write: they are not started."""
    trouble = [(run, words) for run in runs if (words := _open_words(run))]
    if trouble:
        named = "; ".join(f"{run.run_id}: {words}" for run, words in trouble[:MOST_NAMED])
        count = f"{len(trouble)} of {len(runs)} runs are open to other users and are not started"
        yield doubtful("sharing", f"{count} ({named})", "chmod -R go-w RUN, after a look at what is in it")


def _open_words(run: RunFolder) -> str:
    try:
        with held(run) as there:
            descriptor = descriptor_in(there.path)
            if descriptor is None or os.fstat(descriptor).st_uid != os.geteuid():
                return ""
            found = open_to_others(descriptor)
            return found.words if found is not None else ""
    except (RunFolderError, OSError):
        return ""  # `iqa-tui status` says what is wrong with it


def check_hosts(runs: Sequence[RunFolder]) -> Iterable[Finding]:
    """Other hosts and clusters that queued or trained runs of this folder, and when each was last seen at work."""
    seen: dict[tuple[str, str], list[float]] = {}
    for run in runs:
        for host, remedy, at in _hosts_of(run):
            seen.setdefault((host, remedy), []).append(at)
    for (host, remedy), times in sorted(seen.items()):
        count = f"{len(times)} run{'' if len(times) == 1 else 's'}"
        day = time.strftime("%Y-%m-%d %H:%M", time.localtime(max(times)))
        yield Finding("hosts", f"{host} has {count} here, last sign of life {day}", remedy=remedy)


def _hosts_of(run: RunFolder) -> Iterable[tuple[str, str, float]]:
    """(other host or cluster, what becomes of its runs, unix seconds of its last sign of life) of this run; nothing for
    a run of this host.
    """
    try:
        attempt = run.latest_attempt()
        record = read_record(attempt.process, ProcessRecord) if attempt else None
        signature = read_record(run.signature, Signature)
        times = _times_of(attempt) if attempt is not None and record is not None else []
        if signature is not None and read_spec(run).engine == SLURM:
            yield signature.host, STARTED_BY_SLURM, max([signature.when, *times])
        elif record is not None:
            if not is_this_host(record.machine, record.host):
                yield record.host, GOES_ON_THERE, max(times)
        elif signature is not None and not is_this_host(signature.machine, signature.host):
            yield signature.host, GOES_ON_THERE, signature.when
    except (RunFolderError, OSError, ValueError):
        return


def _times_of(attempt: AttemptFolder) -> list[float]:
    return [path.stat().st_mtime for path in (attempt.beat, attempt.exit, attempt.process) if path.exists()]


def check_signing_key() -> Finding:
    """Can this user sign the runs that they launch?"""
    try:
        is_there = check_key()
    except LaunchError as error:
        return blocked("signature", str(error), "Runs that are queued already then need `iqa-tui adopt`")
    if not is_there:
        return Finding("signature", f"{key_path()}: the first launch makes the key that signs your runs")
    return Finding("signature", f"{key_path()}: yours alone; only runs signed with it are started in your name")


def check_code(command: Sequence[str] | None, cwd: Path) -> Iterable[Finding]:
    """Code that runs execute and that other users may change: a signature covers the spec, not the code."""
    lines = code_open_to_others(command, cwd)
    if not lines:
        yield Finding("code", "interpreter, packages, working folder and script: no other user may change them")
    for line in lines:
        yield doubtful("code", line, "A user who changes it runs code in your name: chmod go-w, or use another place")
