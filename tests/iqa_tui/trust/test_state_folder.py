"""Where a user's own state stands, and who may look into it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from iqa_tui.errors import LaunchError
from iqa_tui.trust import state_folder as room
from iqa_tui.trust.state_folder import STATE_VARIABLE, state_folder, state_path


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in (STATE_VARIABLE, "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def test_it_is_chosen_else_as_xdg_says_else_in_the_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert state_path() == home / ".local" / "state" / "iqa-tui"
    monkeypatch.setenv("XDG_STATE_HOME", "relative")
    assert state_path() == home / ".local" / "state" / "iqa-tui", "a relative one is to be ignored (XDG)"
    monkeypatch.setenv("XDG_STATE_HOME", "/x")
    assert state_path() == Path("/x/iqa-tui")
    monkeypatch.setenv(STATE_VARIABLE, "/y")
    assert state_path() == Path("/y")


def test_it_is_made_closed_and_closed_again_if_it_was_opened(home: Path) -> None:
    before = os.umask(0)
    try:
        folder = state_folder()
    finally:
        os.umask(before)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    folder.chmod(0o755)
    assert stat.S_IMODE(state_folder().stat().st_mode) == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to another user")
def test_a_home_or_a_folder_of_another_user_is_not_used(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.chown(home, 61_234, 61_234)
    assert home not in state_path().parents, "sudo leaves the caller's HOME"
    monkeypatch.setenv(STATE_VARIABLE, str(home))
    with pytest.raises(LaunchError, match=f"belongs to another user. Name one of your own in {STATE_VARIABLE}"):
        state_folder()


def test_a_user_without_a_home_has_a_folder_of_his_number(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "own_home", lambda: None)
    assert state_path() == Path(f"/var/tmp/iqa-tui-state-{os.geteuid()}")


@pytest.mark.parametrize(("chosen", "words"), [("state", "write the whole path"), ("/proc/x", "cannot be made")])
def test_what_cannot_be_used_is_refused_with_the_variable(
    home: Path, monkeypatch: pytest.MonkeyPatch, chosen: str, words: str
) -> None:
    monkeypatch.setenv(STATE_VARIABLE, chosen)
    with pytest.raises(LaunchError, match=words) as refused:
        state_folder()
    assert STATE_VARIABLE in str(refused.value)
