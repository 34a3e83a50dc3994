"""What the users of this machine are called, known to it or not."""

from __future__ import annotations

import getpass
import os
import pwd
from pathlib import Path

import pytest

from iqa_tui.words.people import name_of_user, owner_name, user_name

NO_ACCOUNT = 61_234


def test_this_user_is_called_by_name() -> None:
    assert user_name() == getpass.getuser()
    assert name_of_user(os.getuid()) == pwd.getpwuid(os.getuid()).pw_name


@pytest.mark.parametrize("error", [KeyError("getpwuid(): uid not found"), OSError("No username set")])
def test_this_user_is_called_by_number_if_the_machine_knows_no_name(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """Before Python 3.13 a missing account is a KeyError, since then an OSError."""

    def unknown() -> str:
        raise error

    monkeypatch.setattr(getpass, "getuser", unknown)
    assert user_name() == str(os.getuid())


def test_an_unknown_user_is_called_by_number() -> None:
    with pytest.raises(KeyError):
        pwd.getpwuid(NO_ACCOUNT)
    assert name_of_user(NO_ACCOUNT) == f"user {NO_ACCOUNT}"


def test_an_owner_is_called_by_name(tmp_path: Path) -> None:
    assert owner_name(tmp_path) == pwd.getpwuid(os.getuid()).pw_name


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to another user")
def test_an_owner_without_an_account_is_called_by_number(tmp_path: Path) -> None:
    os.chown(tmp_path, NO_ACCOUNT, NO_ACCOUNT)
    assert owner_name(tmp_path) == f"user {NO_ACCOUNT}"
