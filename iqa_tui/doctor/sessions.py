"""Does the system kill a user's programs when they log out?"""

from __future__ import annotations

import contextlib
import getpass
import os
import subprocess
from collections.abc import Sequence
from configparser import ConfigParser, Error
from pathlib import Path

from iqa_tui.doctor.finding import Finding, doubtful

LOGIND_FILES = ("/usr/lib/systemd/logind.conf", "/etc/systemd/logind.conf")
ASK_LOGIND = (
    *("busctl", "get-property", "org.freedesktop.login1", "/org/freedesktop/login1"),
    *("org.freedesktop.login1.Manager", "KillUserProcesses"),
)
BUS_SECONDS = 5


def check_sessions(
    *,
    first_process: Path = Path("/proc/1/comm"),
    own_groups: Path = Path("/proc/self/cgroup"),
    ask: Sequence[str] = ASK_LOGIND,
    files: Sequence[str] = LOGIND_FILES,
    user_id: int | None = None,
) -> Finding:
    """Only systemd does, if KillUserProcesses is on and the user has no lingering user manager."""
    user_id = os.geteuid() if user_id is None else user_id
    if _text(first_process).strip() != "systemd":
        return Finding("sessions", "runs go on when you log out: no systemd kills them")
    if not _kills_user_processes(ask, files):
        return Finding("sessions", "runs go on when you log out (KillUserProcesses=no)")
    if user_id == 0:
        words = "root's runs go on after a logout; other users' runs are killed (KillUserProcesses=yes)"
        return Finding("sessions", words)
    if f"user@{user_id}.service" in _text(own_groups):
        words = "runs go on when you log out: they belong to your user manager, not to this session"
        return Finding("sessions", words)
    return doubtful(
        "sessions",
        "KillUserProcesses=yes: systemd kills every run when you log out",
        f"loginctl enable-linger {_user()}, then: systemd-run --user --scope iqa-tui launch …; or ask for "
        "KillUserProcesses=no",
    )


def _kills_user_processes(ask: Sequence[str], files: Sequence[str]) -> bool:
    """As logind itself answers, else as its files say; the last file counts."""
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
