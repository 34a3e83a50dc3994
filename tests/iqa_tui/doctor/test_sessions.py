"""Systems that end runs at logout."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from iqa_tui.doctor.sessions import check_sessions
from tests.fakes.doctor import sign


@dataclass(frozen=True)
class System:
    first: str = "systemd"
    """The name of process 1."""
    said: str | None = "b true"
    """What logind says of KillUserProcesses; None: it does not answer."""
    file: str = "no"
    """What its settings say of it."""
    groups: str = ""
    """Control groups of this process."""
    user_id: int = 1000


@pytest.mark.parametrize(
    ("system", "found"),
    [
        (System(first="bash", file="yes"), "ok"),  # no systemd, whatever its files say
        (System(said="b false", file="yes"), "ok"),  # logind itself knows best
        (System(), "warning"),
        (System(said=None, file="yes"), "warning"),
        (System(said=None), "ok"),
        (System(said=None, file="# unset"), "ok"),
        (System(groups="0::/user.slice/user-1000.slice/user@1000.service/app.slice"), "ok"),
        (System(user_id=0), "ok"),
    ],
)
def test_a_system_that_ends_runs_at_logout_is_told_of(tmp_path: Path, system: System, found: str) -> None:
    (tmp_path / "comm").write_text(f"{system.first}\n")
    (tmp_path / "cgroup").write_text(system.groups)
    (tmp_path / "logind.conf").write_text("[Login]\n#KillUserProcesses=yes\n")
    (tmp_path / "logind.conf.d").mkdir()
    line = system.file if system.file.startswith("#") else f"KillUserProcesses={system.file}"
    (tmp_path / "logind.conf.d" / "lab.conf").write_text(f"[Login]\n{line}\n")
    finding = check_sessions(
        first_process=tmp_path / "comm",
        own_groups=tmp_path / "cgroup",
        ask=["echo", system.said] if system.said else ["false"],
        files=[str(tmp_path / "logind.conf")],
        user_id=system.user_id,
    )
    assert sign(finding) == found, finding
    if found == "warning":
        assert "systemd-run --user --scope" in finding.remedy
