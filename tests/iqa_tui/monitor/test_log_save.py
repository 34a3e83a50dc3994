"""A log saved as text."""

from __future__ import annotations

from pathlib import Path

import pytest

from iqa_tui.monitor.log_save import NotSaved, is_taken, save_log


@pytest.fixture
def output(tmp_path: Path) -> Path:
    path = tmp_path / "output.log"
    path.write_bytes(b"\x1b[31mred\x1b[0m\n 10%\r100%\n\n\x1b]0;title\x07last")
    return path


def test_a_saved_log_is_what_stands_on_screen(output: Path, tmp_path: Path) -> None:
    assert save_log(output, tmp_path / "new" / "log.txt") == (tmp_path / "new" / "log.txt", 4)
    assert (tmp_path / "new" / "log.txt").read_text() == "red\n100%\n\nlast\n"
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["log.txt"]


def test_a_range_is_saved(output: Path, tmp_path: Path) -> None:
    first = output.read_bytes().index(b" 10%")
    assert save_log(output, tmp_path / "part.txt", first, first + 10)[1] == 1
    assert (tmp_path / "part.txt").read_text() == "100%\n"


def test_a_long_log_is_saved_whole(tmp_path: Path) -> None:
    text = "".join(f"line {number}\n" for number in range(60_000))
    (tmp_path / "output.log").write_text(text)
    assert save_log(tmp_path / "output.log", tmp_path / "log.txt")[1] == 60_000
    assert (tmp_path / "log.txt").read_text() == text


def test_what_cannot_be_written_is_said_and_leaves_the_old_file(output: Path, tmp_path: Path) -> None:
    old = tmp_path / "old.txt"
    old.write_text("old")
    assert is_taken(old)
    assert not is_taken(tmp_path / "none.txt")
    with pytest.raises(NotSaved, match="is no file that could be replaced"):
        is_taken(tmp_path)
    with pytest.raises(NotSaved, match="could not be written: No such file"):
        save_log(tmp_path / "gone.log", old)
    with pytest.raises(NotSaved, match="could not be written"):
        save_log(output, old / "below.txt")
    with pytest.raises(NotSaved, match="could not be written"):
        save_log(output, Path("a\0b"))
    assert old.read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["old.txt", "output.log"]
