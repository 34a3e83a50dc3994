"""A folder that is held by descriptor: renamed, replaced, deleted, open to others."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from training.runfolder.descriptors import shown_path
from training.runfolder.errors import UnreadableFile
from training.runfolder.folders import close_to_others, create_run_folder
from training.runfolder.held import held, held_folder, hold, is_deleted, open_to_others
from training.runfolder.layout import RunFolder
from training.runfolder.read import read_spec
from training.runfolder.spec import Spec
from training.runfolder.write import write_record

SPEC = Spec("r", "g", "l", ["true"], 0.0)


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return create_run_folder(tmp_path / "runs", "r")


def test_what_is_written_lands_in_the_folder_that_was_held_though_another_has_its_name_now(run: RunFolder) -> None:
    with held(run) as there:
        run.path.rename(run.runs_dir / "renamed")
        run.path.mkdir()
        write_record(there.spec, SPEC)
        assert there.run_id == "r", "an order is about the run that was named"
        assert there.shown == run.runs_dir / "renamed"
    assert (run.runs_dir / "renamed" / "spec.json").exists()
    assert not run.spec.exists()


def test_a_deleted_folder_is_never_made_anew(run: RunFolder) -> None:
    there, descriptor = hold(run)
    assert not is_deleted(descriptor)
    run.path.rmdir()
    assert is_deleted(descriptor)
    for path in (there.spec, there.attempt(1).exit, there.checkpoints / "last.pt"):
        with pytest.raises(OSError, match="No such file"):
            write_record(path, SPEC)
    assert not run.path.exists()
    os.close(descriptor)


def test_links_are_followed_up_to_the_folder_of_runs(run: RunFolder, tmp_path: Path) -> None:
    (tmp_path / "short").symlink_to(run.runs_dir)
    with held(RunFolder(tmp_path / "short" / "r")) as there:
        write_record(there.spec, SPEC)
    assert run.spec.exists()


def test_words_with_held_paths_name_the_folder(run: RunFolder) -> None:
    with held(run) as there:
        assert shown_path(f"{there.spec}: is damaged") == f"{run.spec}: is damaged"
    assert shown_path("/proc/self/fd/999999/spec.json") == "/proc/self/fd/999999/spec.json"


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda run: None, ""),
        (lambda run: run.path.chmod(0o775), "its folder may be written by others"),
        (lambda run: run.spec.chmod(0o664), "spec.json may be written by others"),
        (lambda run: run.attempts_dir.chmod(0o757), "attempts may be written by others"),
        (lambda run: run.checkpoints.symlink_to("/tmp"), "checkpoints is a symbolic link"),
        (lambda run: os.mkfifo(run.stop), "stop.json is neither a file nor a folder"),
        (lambda run: (run.attempt(1).path / "x").symlink_to("y"), "attempts/1/x is a symbolic link"),
    ],
)
def test_the_first_thing_that_others_may_write_is_named(run: RunFolder, spoil: object, words: str) -> None:
    write_record(run.spec, SPEC)
    run.attempt(1).path.mkdir(parents=True)
    spoil(run)  # type: ignore[operator]
    _, descriptor = hold(run)
    found = open_to_others(descriptor)
    assert (found.words if found else "") == words
    os.close(descriptor)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_another_user_is_named(run: RunFolder) -> None:
    write_record(run.spec, SPEC)
    os.chown(run.spec, 61234, 61234)
    _, descriptor = hold(run)
    found = open_to_others(descriptor)
    assert (found and found.words, found and found.can_be_closed) == ("spec.json belongs to user 61234", False)
    os.close(descriptor)


def test_a_run_is_closed_to_others_whatever_the_umask_and_the_list_of_rights_above_are(tmp_path: Path) -> None:
    runs_dir = tmp_path / "runs"
    runs_dir.mkdir()
    try:  # user 61234 may do everything in what is made here
        content = bytes.fromhex("02000000") + b"".join(
            tag.to_bytes(2, "little") + rights.to_bytes(2, "little") + identity.to_bytes(4, "little")
            for tag, rights, identity in [
                (1, 7, 2**32 - 1),
                (2, 7, 61234),
                (4, 7, 2**32 - 1),
                (16, 7, 2**32 - 1),
                (32, 5, 2**32 - 1),
            ]
        )
        os.setxattr(runs_dir, "system.posix_acl_default", content)
    except OSError:
        pytest.skip("this file system knows no access control lists")
    before = os.umask(0)
    try:
        run = create_run_folder(runs_dir, "r")
        write_record(run.spec, SPEC)
        (run.path / "made by a library").write_text("")
        (run.path / "made by a library").chmod(0o644)
        run.checkpoints.mkdir(mode=0o755)
    finally:
        os.umask(before)
    _, descriptor = hold(run)
    assert open_to_others(descriptor) is None
    os.close(descriptor)
    with pytest.raises(OSError, match="No data available"):
        os.getxattr(run.path, "system.posix_acl_default")


def test_a_file_system_without_lists_of_rights_is_no_trouble(tmp_path: Path) -> None:
    (tmp_path / "r").mkdir(mode=0o775)
    (tmp_path / "r").chmod(0o775)
    close_to_others(tmp_path / "r")
    assert (tmp_path / "r").stat().st_mode & 0o777 == 0o755


def test_a_held_folder_is_seen_by_a_child_that_gets_the_descriptor(run: RunFolder) -> None:
    there, descriptor = hold(run)
    run.path.rename(run.runs_dir / "renamed")
    subprocess.run(["touch", str(there.path / "from a child")], pass_fds=[descriptor], check=True)
    assert (run.runs_dir / "renamed" / "from a child").exists()
    os.close(descriptor)


def test_a_link_or_a_file_in_the_place_of_a_run_is_refused_and_links_above_are_followed(run: RunFolder) -> None:
    (run.runs_dir / "link").symlink_to(run.path)
    (run.runs_dir / "file").touch()
    for name, kind in (("link", "a symbolic link"), ("file", "a file")):
        with pytest.raises(NotADirectoryError, match=f"is {kind}, not a folder: '{run.runs_dir / name}'"):
            hold(RunFolder(run.runs_dir / name))
    with pytest.raises(FileNotFoundError, match=f"'{run.runs_dir / 'absent'}'"):
        hold(RunFolder(run.runs_dir / "absent"))
    above = run.runs_dir.parent / "link-to-runs"
    above.symlink_to(run.runs_dir)
    with held(RunFolder(above / "r")) as folder:
        assert folder.path.samefile(run.path)
        with held(folder) as again:
            assert (again.run_id, again.path.stat().st_ino) == ("r", run.path.stat().st_ino)


def test_a_link_in_a_run_is_refused(run: RunFolder) -> None:
    run.attempts_dir.symlink_to(run.runs_dir)
    with (
        held(run) as folder,
        pytest.raises(NotADirectoryError, match="is a symbolic link"),
        held_folder(folder.attempts_dir),
    ):
        raise AssertionError("it was opened")


def test_what_is_raised_names_the_real_path(run: RunFolder) -> None:
    with pytest.raises(UnreadableFile, match=f"^{run.path}/spec.json: "), held(run) as folder:
        read_spec(folder)
    with pytest.raises(FileNotFoundError) as missing, held(run) as folder:
        folder.stop.stat()
    assert missing.value.filename == str(run.stop)


def test_no_descriptor_is_left(run: RunFolder) -> None:
    before = list(Path("/proc/self/fd").iterdir())
    with held(run):
        pass
    assert len(list(Path("/proc/self/fd").iterdir())) == len(before)
