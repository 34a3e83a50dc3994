"""What `doctor` looks at of the machine: GPUs, locks, sessions, containers. One function a question."""

from __future__ import annotations

import contextlib
import getpass
import os
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from configparser import ConfigParser, Error
from pathlib import Path

from iqa_tui.devices.cpu_slots import cpu_slots, threads_per_slot
from iqa_tui.devices.gpus.driver import Driver, Reading
from iqa_tui.devices.gpus.free import memory_words, unknown_words
from iqa_tui.devices.gpus.namespace import OWN_NAMESPACE, counts_as_the_host
from iqa_tui.devices.gpus.sample import GpuSample
from iqa_tui.devices.lease_folder import leases_dir
from iqa_tui.devices.survey import open_driver
from iqa_tui.devices.withdrawn import withdrawn_reason, xids_seen
from iqa_tui.doctor.ask_python import ask_python
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
NETWORK_KINDS = ("nfs", "cifs", "smb", "fuse.sshfs", "lustre", "beegfs", "gpfs", "ceph", "glusterfs", "9p", "afs")
"""Beginnings of the kinds of file systems that several machines share."""
LOGIND_FILES = ("/usr/lib/systemd/logind.conf", "/etc/systemd/logind.conf")
ASK_LOGIND = (
    *("busctl", "get-property", "org.freedesktop.login1", "/org/freedesktop/login1"),
    *("org.freedesktop.login1.Manager", "KillUserProcesses"),
)
BUS_SECONDS = 5


def check_gpus(driver: Driver | None = None, *, has_declared_needs: bool = False) -> tuple[list[Finding], Reading]:
    """The driver as NVML tells of it, and every GPU that no run could have.

    Args:
        has_declared_needs: every run of the plan says how much memory it needs.
    """
    driver = driver or open_driver()
    reading = driver.look()
    driver.close()
    if not reading.is_fresh and reading.is_normal:
        slots, threads = cpu_slots(), threads_per_slot()
        with contextlib.suppress(LaunchError):  # no folder for leases: the line on locks says so
            aside = [withdrawn_reason(f"cpu-{number}") for number in range(slots)]
            if all(aside):
                return [blocked("GPUs", f"{reading.trouble}; CPU 0 is {aside[0]}", "iqa-tui restore cpu")], reading
        use = f"runs use {slots} CPU slot{'s' if slots > 1 else ''} with {threads} threads"
        return [Finding("GPUs", f"{reading.trouble}: {use}", remedy="IQA_TUI_CPU_SLOTS=n makes more slots")], reading
    if reading.may_be_waking:
        remedy = "Look again in a minute; sudo nvidia-smi -pm 1 keeps the driver awake, --devices cpu needs none"
        return [blocked("GPUs", reading.trouble, remedy)], reading
    if not reading.is_fresh:
        remedy = "Run nvidia-smi; after a driver update reboot, or use --devices cpu"
        return [blocked("GPUs", reading.trouble, remedy)], reading
    names = ", ".join(f"{sample.index} {sample.name}" for sample in reading.samples)
    cuda = "" if reading.cuda_version is None else f", CUDA up to {reading.cuda_version[0]}.{reading.cuda_version[1]}"
    findings = [Finding("GPUs", f"driver {reading.driver_version or 'of unknown version'}{cuda}: {names}")]
    useless = [(sample, *_why_useless(sample, has_declared_needs)) for sample in reading.samples]
    for sample, words, remedy in useless:
        if words:
            findings.append(doubtful("GPUs", f"GPU {sample.index} gets no run: {words}", remedy))
    if reading.samples and all(words for _, words, _ in useless):
        findings.append(blocked("GPUs", "no GPU can get a run", "Mend one of them, or use --devices cpu"))
    return [*findings, *_modes(reading.samples), *_xids(reading.samples)], reading


def _modes(samples: Sequence[GpuSample]) -> list[Finding]:
    """How the driver is set up, if it is otherwise than runs like it."""
    findings = []
    if exclusive := _numbers(sample for sample in samples if sample.is_exclusive):
        words = f"compute mode of GPU {exclusive} is exclusive process: a run has it whole, whatever `vram` says"
        findings.append(Finding("GPUs", words, remedy=f"sudo nvidia-smi -i {exclusive} -c 0 lets runs share it"))
    if asleep := _numbers(sample for sample in samples if sample.has_persistence is False):
        words = f"persistence mode of GPU {asleep} is off: the driver sleeps when unused, and takes seconds to wake up"
        findings.append(doubtful("GPUs", words, "sudo nvidia-smi -pm 1"))
    return findings


def _numbers(samples: Iterable[GpuSample]) -> str:
    """`0,2`, as nvidia-smi takes them; a GPU with MIG instances once."""
    return ",".join(dict.fromkeys(str(sample.index) for sample in samples))


def _xids(samples: Sequence[GpuSample]) -> list[Finding]:
    """What the driver reported while runs were watched, as far as it has not been dealt with."""
    findings = []
    for sample in samples:
        with contextlib.suppress(LaunchError):  # no folder for leases: the line on locks says so
            if seen := xids_seen(sample.uuid):
                words = f"GPU {sample.index}: the driver reported {', '.join(seen)}"
                findings.append(
                    doubtful("GPUs", words, f"sudo dmesg | grep -i xid; iqa-tui restore {sample.index} forgets")
                )
    return findings


def _why_useless(sample: GpuSample, has_declared_needs: bool) -> tuple[str, str]:
    """Why no run can have this GPU, and what would help; empty where one can."""
    declare = 'Declare what a run needs (vram = "10 GiB" in the plan): then memory alone decides'
    if sample.problem:
        return sample.problem, "Ask whoever keeps the machine; the other GPUs go on without it"
    if not sample.shares_host_memory and (unknown := unknown_words(sample, has_declared_need=True)):
        return unknown, "Update the driver, or use --devices cpu"
    if unknown := unknown_words(sample, has_declared_need=has_declared_needs):
        return unknown, "Leave `vram` out" if has_declared_needs else declare
    if sample.graphics and not has_declared_needs and (drawn := memory_words(sample)):
        return drawn.partition(":")[0], declare
    with contextlib.suppress(LaunchError):  # no folder for leases: the line on locks says so
        if why := withdrawn_reason(sample.uuid):
            return why, f"Where it is well again: iqa-tui restore {sample.uuid}"
    return "", ""


def check_locks(runs_dir: Path, mounts: Path = Path("/proc/self/mountinfo")) -> list[Finding]:
    """Whether a lock taken here is seen by another process, for runs and for leases, and by another machine."""
    remedy = "Use a local disk: --runs-dir for runs, IQA_TUI_LEASES for leases (NFS without lockd has no locks)"
    try:
        folders = [existing_parent(runs_dir), leases_dir()]
    except LaunchError as error:
        return [blocked("locks", str(error), remedy)]
    for folder in folders:
        trouble = _lock_trouble(folder)
        if trouble:
            return [blocked("locks", f"{folder}: {trouble}", remedy)]
    findings = [Finding("locks", f"work in {' and '.join(str(folder) for folder in folders)}")]
    kind, options = file_system(folders[0], mounts)
    if kind.startswith(NETWORK_KINDS) and _locks_stay_here(options):
        words = f"{folders[0]} is on {kind} ({', '.join(options)}): other machines do not see its locks"
        findings.append(doubtful("locks", words, "Launch, stop and retry these runs from this machine alone"))
    kind, _ = file_system(folders[1], mounts)
    if kind.startswith(NETWORK_KINDS):
        words = f"{folders[1]} is on {kind}: a server that restarts may forget who has a GPU"
        findings.append(doubtful("locks", words, "Name a folder on a local disk in IQA_TUI_LEASES, for all users"))
    return findings


def _lock_trouble(folder: Path) -> str | None:
    """What is wrong with locks in a folder, in words; None where they work."""
    try:
        with tempfile.TemporaryDirectory(dir=folder, prefix=".iqa-tui-doctor-") as place:
            path = Path(place) / "test.lock"
            descriptor = take_lock(path)
            held = ask_python(ASK_LOCK, str(path)).stdout.strip()
            os.close(descriptor)
            freed = ask_python(ASK_LOCK, str(path)).stdout.strip()
    except (OSError, LockHeld) as error:
        return f"a lock cannot be taken ({error})"
    except subprocess.TimeoutExpired:
        return "a lock is waited for without end"
    if (held, freed) != ("True", "False"):
        return "a lock of one process is not seen by another"
    return None


def _locks_stay_here(options: Sequence[str]) -> bool:
    return any(option in ("nolock", "nobrl", "local_lock=all", "local_lock=flock") for option in options)


def file_system(folder: Path, mounts: Path) -> tuple[str, list[str]]:
    """Its kind and its mount's options; ("", []) where the system does not tell."""
    best: tuple[int, str, list[str]] = (0, "", [])
    with contextlib.suppress(OSError):
        for line in mounts.read_text().splitlines():
            before, _, after = line.partition(" - ")
            place = before.split()[4].replace(r"\040", " ")
            if folder == Path(place) or Path(place) in folder.parents:
                kind, _, options = after.split(maxsplit=2)
                if len(place) >= best[0]:  # of two mounts on one place the later one is seen
                    best = (len(place), kind, options.split(","))
    return best[1], best[2]


def check_sessions(
    *,
    first_process: Path = Path("/proc/1/comm"),
    own_groups: Path = Path("/proc/self/cgroup"),
    ask: Sequence[str] = ASK_LOGIND,
    files: Sequence[str] = LOGIND_FILES,
    user_id: int | None = None,
) -> Finding:
    """Whether the system ends a user's programs when they log out."""
    user_id = os.geteuid() if user_id is None else user_id
    if _text(first_process).strip() != "systemd":
        return Finding("sessions", "runs go on when you log out: no systemd ends them")
    if not _kills_user_processes(ask, files):
        return Finding("sessions", "runs go on when you log out (KillUserProcesses=no)")
    if user_id == 0:
        return Finding("sessions", "runs of root go on after a logout; those of others do not (KillUserProcesses=yes)")
    if f"user@{user_id}.service" in _text(own_groups):
        return Finding("sessions", "runs go on when you log out: this is the user manager's, not the session's")
    return doubtful(
        "sessions",
        "KillUserProcesses=yes: systemd ends every run when you log out",
        f"loginctl enable-linger {_user()}, then: systemd-run --user --scope iqa-tui launch …; or ask for "
        "KillUserProcesses=no",
    )


def _kills_user_processes(ask: Sequence[str], files: Sequence[str]) -> bool:
    """As logind itself says, else as its files do; the last of them counts."""
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        answer = subprocess.run(list(ask), capture_output=True, text=True, timeout=BUS_SECONDS, check=False)
        if answer.returncode == 0 and answer.stdout.startswith("b "):
            return answer.stdout.strip() == "b true"
    kills = False
    for name in files:
        drop_ins = sorted(Path(f"{name}.d").glob("*.conf"))
        for path in (Path(name), *drop_ins):
            parser = ConfigParser(strict=False, interpolation=None, allow_no_value=True)
            with contextlib.suppress(Error, ValueError):
                parser.read_string(_text(path))
                kills = parser.getboolean("Login", "KillUserProcesses", fallback=kills)
    return kills


def check_container(namespace: Path = OWN_NAMESPACE) -> Finding:
    """Whether process numbers are the machine's own."""
    try:
        inside = not counts_as_the_host(namespace)
    except OSError:
        return Finding("processes", "not told by this system")
    if not inside:
        return Finding("processes", "numbers are the machine's own: who holds a GPU is named")
    return doubtful(
        "processes",
        "in a container: who holds a GPU is a bare number, and every run ends with the container",
        "Start the container with --pid=host; memory and load tell what is free until then",
    )


def existing_parent(path: Path) -> Path:
    """The folder itself, or the nearest one above it that is there."""
    path = path.absolute()
    return path if path.exists() else existing_parent(path.parent)


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError):
        return ""


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
