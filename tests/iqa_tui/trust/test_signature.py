"""What may be started is what its owner queued, here, byte for byte."""

from __future__ import annotations

import json
import os
import shutil
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from iqa_tui.errors import LaunchError
from iqa_tui.trust import signature, state_folder
from iqa_tui.trust.signature import NotSigned, sign_run, verify, why_not_signed, write_signed
from iqa_tui.trust.signing_key import key_path, key_to_sign_with
from training.runfolder import host
from training.runfolder.folders import create_run_folder
from training.runfolder.layout import RunFolder
from training.runfolder.read import read_record, read_spec
from training.runfolder.schema import Environment, Signature
from training.runfolder.spec import Spec
from training.runfolder.write import write_record

SPEC = Spec("r", "g", "l", ["true"], 0.0, devices=["cpu"])


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(state_folder.STATE_VARIABLE, str(tmp_path / "state"))
    return tmp_path / "state"


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    made = create_run_folder(tmp_path / "runs", "r")
    write_signed(made, SPEC, {"TOKEN": "s3cret", "PATH": "/bin"})
    return made


def test_what_was_queued_here_is_verified_with_its_environment(run: RunFolder) -> None:
    signed = verify(run)
    assert (signed.spec, signed.variables) == (SPEC, {"TOKEN": "s3cret", "PATH": "/bin"})
    assert why_not_signed(run) == ""


def test_the_environment_and_the_key_are_for_their_owner_alone(run: RunFolder, own_state: Path) -> None:
    for path in (run.environment, key_path()):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(own_state.stat().st_mode) == 0o700
    for path in (run.spec, run.signature):
        assert b"s3cret" not in path.read_bytes()


def test_a_renamed_folder_and_a_renamed_folder_of_runs_keep_their_signature(run: RunFolder) -> None:
    renamed = run.path.rename(run.path.with_name("other"))
    moved = run.runs_dir.rename(run.runs_dir.with_name("old")) / renamed.name
    assert why_not_signed(RunFolder(moved)) == ""


def _copied(run: RunFolder) -> RunFolder:
    return RunFolder(shutil.copytree(run.path, run.path.with_name("copy")))


def _restored(run: RunFolder) -> RunFolder:
    """Unpacked from a backup to the same place; what was there keeps its inode number for as long."""
    run.path.rename(run.path.with_name("before"))
    shutil.copytree(run.path.with_name("before"), run.path)
    return run


def _edited(run: RunFolder) -> RunFolder:
    write_record(run.spec, replace(read_spec(run), argv=["sh", "-c", "id"]))
    return run


def _other_environment(run: RunFolder) -> RunFolder:
    write_record(run.environment, Environment({"LD_PRELOAD": "/tmp/x.so"}))
    run.environment.chmod(0o600)
    return run


def _no_environment(run: RunFolder) -> RunFolder:
    run.environment.unlink()
    return run


def _unsigned(run: RunFolder) -> RunFolder:
    run.signature.unlink()
    return run


def _forged(**fields: object) -> Callable[[RunFolder], RunFolder]:
    def forge(run: RunFolder) -> RunFolder:
        known = read_record(run.signature, Signature)
        assert known is not None
        write_record(run.signature, replace(known, **fields))  # type: ignore[arg-type]
        return run

    return forge


def _other_key(run: RunFolder) -> RunFolder:
    key_path().write_bytes(bytes(32))
    return run


def _no_key(run: RunFolder) -> RunFolder:
    key_path().unlink()
    return run


def _group_writable(run: RunFolder) -> RunFolder:
    run.path.chmod(0o775)
    return run


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_copied, "its folder is a copy of the one that was queued"),
        (_restored, "its folder is a copy of the one that was queued"),
        (_edited, "its spec.json was changed after it was queued"),
        (_other_environment, "its environment.json was changed after it was queued"),
        (_no_environment, "its environment.json is gone"),
        (_unsigned, "it was not queued by this program on this host"),
        (_forged(user_id=61234, by="mallory"), "mallory queued it, and not you"),
        (_forged(host="nodeb"), "it was queued on nodeb"),
        (_forged(machine="0" * 16), "it was queued on "),
        (_forged(mac="0" * 64), "its signature was not made by your key"),
        (_forged(device_kind="cpu"), "its signature was not made by your key"),
        (_forged(mac="ä"), "its signature was not made by your key"),
        (_other_key, "its signature was not made by your key"),
        (_no_key, "there is no key of yours at "),
        (_group_writable, "its folder may be written by others: `chmod -R go-w"),
    ],
)
def test_anything_else_is_not_started_and_says_why(
    run: RunFolder, change: Callable[[RunFolder], RunFolder], words: str
) -> None:
    changed = change(run)
    with pytest.raises(NotSigned, match=words.replace("`", ".")):
        verify(changed)
    prefix = "not started" if change is _group_writable else "queued elsewhere"
    assert why_not_signed(changed).startswith(f"{prefix}: {words}")
    assert "`" in why_not_signed(changed), "and what to do"


def test_the_bytes_that_are_verified_are_the_bytes_that_are_parsed(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is replaced right after it was read: what is returned is what the signature was checked against."""
    check = signature._check

    def check_and_replace(*arguments: object) -> None:
        check(*arguments)  # type: ignore[arg-type]
        write_record(run.spec, replace(SPEC, argv=["evil"]))

    monkeypatch.setattr(signature, "_check", check_and_replace)
    assert verify(run).spec.argv == ["true"]


def test_a_file_that_cannot_be_read_is_no_reason_to_start(run: RunFolder) -> None:
    run.spec.unlink()
    os.mkfifo(run.spec)
    assert "is a pipe, not a file" in why_not_signed(run)
    shutil.rmtree(run.path)
    assert why_not_signed(run).startswith("whether it was queued here cannot be checked: ")


def test_signing_again_makes_a_copy_ones_own_and_keeps_its_spec_byte_for_byte(run: RunFolder) -> None:
    copy = _copied(run)
    content = copy.spec.read_bytes()
    sign_run(copy, variables={"PATH": "/usr/bin"}, origin="r", device_kind="gpu")
    assert verify(copy).variables == {"PATH": "/usr/bin"}
    assert copy.spec.read_bytes() == content
    assert verify(copy).spec.device_kind == "gpu"


def test_on_a_file_system_that_numbers_anew_the_path_takes_the_number_s_place(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signature, "renumbers", lambda path: True)
    sign_run(run, variables={})
    known = read_record(run.signature, Signature)
    assert known is not None
    assert known.place == f"path {run.path}"
    assert why_not_signed(run) == ""
    run.path.rename(run.path.with_name("renamed"))
    assert "is a copy" in why_not_signed(RunFolder(run.path.with_name("renamed")))


@pytest.mark.parametrize("mode", [0o644, 0o660])
def test_a_key_that_others_may_read_signs_nothing(run: RunFolder, mode: int) -> None:
    key_path().chmod(mode)
    with pytest.raises(LaunchError, match="must be yours alone"):
        write_signed(create_run_folder(run.runs_dir, "s"), SPEC, {})
    assert "must be yours alone" in why_not_signed(run)


def test_two_launches_at_once_make_one_key(own_state: Path) -> None:
    first = key_to_sign_with()
    assert key_to_sign_with() == first
    assert [path.name for path in own_state.iterdir()] == ["signing.key"]


def test_a_state_folder_that_cannot_be_written_is_named_with_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(state_folder.STATE_VARIABLE, str(tmp_path / "file" / "state"))
    with pytest.raises(LaunchError, match=r"file/state: .* Name one of your own in IQA_TUI_STATE"):
        write_signed(create_run_folder(tmp_path / "runs", "r"), SPEC, {})


def test_another_machine_of_the_same_name_is_another_host(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signature, "machine_id", lambda: "another")
    assert "it was queued on" in why_not_signed(run)
    assert host.machine_id() != "another"


def test_a_signature_of_another_type_is_unreadable_and_not_believed(run: RunFolder) -> None:
    run.signature.write_text(json.dumps({"mac": 7}))
    assert why_not_signed(run).startswith("whether it was queued here cannot be checked: ")
