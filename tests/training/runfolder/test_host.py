"""Which machine this is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from training.runfolder import host
from training.runfolder.host import start_ticks


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Path]]:
    paths = [tmp_path / "etc", tmp_path / "dbus"]
    monkeypatch.setattr(host, "MACHINE_ID_FILES", tuple(paths))
    host.machine_id.cache_clear()
    yield paths
    host.machine_id.cache_clear()


def test_the_id_is_a_digest_of_the_first_file_that_has_one(files: list[Path]) -> None:
    assert host.machine_id() == ""
    host.machine_id.cache_clear()
    files[0].write_text("\n")
    files[1].write_text("0123456789abcdef0123456789abcdef\n")
    first = host.machine_id()
    assert len(first) == 16
    assert first not in "0123456789abcdef0123456789abcdef", "the id itself is not shown"
    host.machine_id.cache_clear()
    files[0].write_bytes(b"\xff\xfe")
    assert host.machine_id() == first


def test_a_record_without_a_machine_id_goes_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "host_name", lambda: "gpu1")
    monkeypatch.setattr(host, "machine_id", lambda: "m")
    answers = [host.is_this_host(*each) for each in (("m", "gpu1"), ("", "gpu1"), ("n", "gpu1"), ("m", "gpu2"))]
    assert answers == [True, True, False, False]


def test_a_system_without_a_boot_id_says_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "BOOT_ID_FILE", tmp_path / "none")
    assert host.boot_id() == "unknown"


def test_start_ticks_tell_processes_apart_and_are_absent_for_none() -> None:
    assert start_ticks(os.getpid()) == start_ticks(os.getpid())
    assert start_ticks(2**22 + 1) is None
