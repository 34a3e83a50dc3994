from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from iqa_tui.results.export import ExportError
from iqa_tui.results.paper import folder as room
from iqa_tui.results.paper.folder import SUMS, check_folder, write_folder

FILES = {"a.tex": b"one", "b.csv": b"two"}


def content_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != SUMS}


@pytest.mark.parametrize("is_there", [False, True])
def test_a_new_or_empty_folder_gets_the_files_and_a_list_that_sha256sum_reads(tmp_path: Path, is_there: bool) -> None:
    folder = tmp_path / "deep" / "paper"
    if is_there:
        folder.mkdir(parents=True)
    assert write_folder(folder, FILES) == folder
    assert content_of(folder) == FILES
    assert [path.name for path in folder.parent.iterdir()] == ["paper"]
    done = subprocess.run(
        ["sha256sum", "--strict", "-c", SUMS], cwd=folder, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "a.tex: OK\nb.csv: OK\n")


def test_what_we_wrote_before_is_replaced_and_what_is_not_made_now_is_deleted(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "paper", FILES)
    (folder / "paper.pdf").write_bytes(b"the user's own")
    write_folder(folder, {"a.tex": b"three"})
    assert content_of(folder) == {"a.tex": b"three", "paper.pdf": b"the user's own"}


def test_a_file_that_the_user_changed_is_not_replaced(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "paper", FILES)
    (folder / "a.tex").write_bytes(b"changed by hand")
    with pytest.raises(ExportError, match=r"a\.tex was not written by iqa-tui paper, or changed since\. Move"):
        write_folder(folder, {"a.tex": b"three", "b.csv": b"four"})
    assert content_of(folder) == FILES | {"a.tex": b"changed by hand"}


def test_a_file_of_the_user_s_is_not_taken_for_a_new_one_of_ours(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "paper", FILES)
    (folder / "c.pdf").symlink_to("/dev/null")
    with pytest.raises(ExportError, match=r"c\.pdf was not written by"):
        write_folder(folder, FILES | {"c.pdf": b"ours"})


def test_an_export_that_was_killed_half_way_is_gone_on_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_folder(tmp_path / "paper", FILES)
    newer = {"a.tex": b"three", "b.csv": b"four"}
    with monkeypatch.context() as patched:
        write = room.write_atomic

        def killed(path: Path, content: bytes, *, mode: int) -> None:
            if path.name == "b.csv":
                raise KeyboardInterrupt
            write(path, content, mode=mode)

        patched.setattr(room, "write_atomic", killed)
        with pytest.raises(KeyboardInterrupt):
            write_folder(folder, newer)
    assert content_of(folder) == FILES | {"a.tex": b"three"}
    write_folder(folder, newer)
    assert content_of(folder) == newer


def test_a_new_folder_is_whole_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, content: bytes, *, mode: int) -> None:
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(room, "write_atomic", full)
    with pytest.raises(ExportError, match=r"could not be written: No space left on device\. Choose another place"):
        write_folder(tmp_path / "paper", FILES)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_other_files_and_a_file_are_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ExportError, match=r"holds other files \(notes\.txt\)\. Name a folder that does not exist yet"):
        check_folder(tmp_path)
    with pytest.raises(ExportError, match=r"notes\.txt is a file\. Name a folder"):
        check_folder(tmp_path / "notes.txt")
    (tmp_path / SUMS).write_text("0" * 64 + "  notes.txt\n")
    with pytest.raises(ExportError, match="SHA256SUMS was not written by iqa-tui paper"):
        check_folder(tmp_path)


def test_a_list_of_ours_that_names_a_path_deletes_nothing_outside(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    folder = write_folder(tmp_path / "paper", FILES)
    with (folder / SUMS).open("a") as file:
        file.write(f"{'0' * 64}  ../mine\n{'0' * 64}  ..\n")
    write_folder(folder, FILES)
    assert (tmp_path / "mine").read_text() == "mine"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_place_that_may_not_be_written_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    with pytest.raises(ExportError, match="Permission denied"):
        write_folder(tmp_path / "paper", FILES)
