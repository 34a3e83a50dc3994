"""Systems that end runs at logout."""

from __future__ import annotations

from pathlib import Path

import pytest

from iqa_tui.doctor.sessions import check_sessions
from tests.fakes.doctor import sign


@pytest.mark.parametrize(
    ("first", "said", "file", "groups", "user_id", "found"),
    [
        ("bash", "b true", "yes", "", 1000, "ok"),  # no systemd, whatever its files say
        ("systemd", "b false", "yes", "", 1000, "ok"),  # logind itself knows best
        ("systemd", "b true", "no", "", 1000, "warning"),
        ("systemd", None, "yes", "", 1000, "warning"),
        ("systemd", None, "no", "", 1000, "ok"),
        ("systemd", None, "# unset", "", 1000, "ok"),
        ("systemd", "b true", "no", "0::/user.slice/user-1000.slice/user@1000.service/app.slice", 1000, "ok"),
        ("systemd", "b true", "no", "", 0, "ok"),
    ],
)
def test_a_system_that_ends_runs_at_logout_is_told_of(
    tmp_path: Path, first: str, said: str | None, file: str, groups: str, user_id: int, found: str
) -> None:
    (tmp_path / "comm").write_text(f"{first}\n")
    (tmp_path / "cgroup").write_text(groups)
    (tmp_path / "logind.conf").write_text("[Login]\n#KillUserProcesses=yes\n")
    (tmp_path / "logind.conf.d").mkdir()
    line = file if file.startswith("#") else f"KillUserProcesses={file}"
    (tmp_path / "logind.conf.d" / "lab.conf").write_text(f"[Login]\n{line}\n")
    finding = check_sessions(
        first_process=tmp_path / "comm",
        own_groups=tmp_path / "cgroup",
        ask=["echo", said] if said else ["false"],
        files=[str(tmp_path / "logind.conf")],
        user_id=user_id,
    )
    assert sign(finding) == found, finding
    if found == "warning":
        assert "systemd-run --user --scope" in finding.remedy
