"""`iqa-tui cache` lists what the decoded images take, and deletes what no run uses, after a question."""

from __future__ import annotations

import fcntl
import io
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from iqa_tui.__main__ import main
from tests.fakes.image_packs import write_pack
from training.runfolder.image_packs import own_folder, packs_of
from training.runfolder.image_room import LIMIT, OLD_PIXELS

HOUR = 3600


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two packs of one data set, one of another, and a cache of an earlier version."""
    monkeypatch.setenv("IQA_TUI_CACHE", str(tmp_path))
    monkeypatch.setenv("IQA_TUI_READ_ONLY", "0")
    monkeypatch.delenv(LIMIT, raising=False)
    now = time.time()
    write_pack(tmp_path, "aa-0", images=1000, datasets=["koniq-10k"], used=now - 3 * HOUR)
    write_pack(tmp_path, "aa-1", images=234, datasets=["koniq-10k", "csv"], used=now - 2 * HOUR)
    write_pack(tmp_path, "bb-0", images=7, datasets=["biq2021"], used=now - 50 * 24 * HOUR)
    (tmp_path / "spaq-0123").mkdir()
    (tmp_path / "spaq-0123" / OLD_PIXELS).write_bytes(bytes(2 << 20))
    return tmp_path


def left(cache: Path) -> list[str]:
    return [pack.stem.name for pack in packs_of(own_folder(cache))]


def test_it_lists_a_row_for_each_folder_and_size(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cache"]) == 0
    heading, koniq, biq, old, _, total = capsys.readouterr().out.splitlines()
    assert heading.split("  ")[0] == "data set"
    assert "in use by" not in heading
    assert koniq.split() == [
        "koniq-10k,",
        "csv",
        "own",
        "size",
        "1,234",
        "294",
        "KiB",
        "2.0",
        "h",
        "ago",
        "/data/pictures",
    ]
    assert biq.split() == ["biq2021", "own", "size", "7", "2", "KiB", "50", "d", "ago", "/data/pictures"]
    assert old.startswith("spaq-0123 (of an earlier version)")
    assert total.startswith(f"296 KiB in {cache}, of at most ")


def test_an_empty_cache_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setenv("IQA_TUI_CACHE", str(tmp_path / "none"))
    assert main(["cache"]) == 0
    assert capsys.readouterr().out.startswith("0 B in ")


def test_it_names_the_run_that_uses_a_pack_and_never_deletes_that(cache: Path, capsys) -> None:
    pixels = own_folder(cache) / "bb-0.u8"
    program = (
        "import fcntl, sys\n"
        f"file = open({str(pixels)!r}, 'rb')\n"
        "fcntl.flock(file, fcntl.LOCK_SH)\n"
        "print('ready', flush=True)\n"
        "sys.stdin.read()"
    )
    command = [sys.executable, "-c", program, "--run_folder", "/runs/2026-11-29_biq2021_s42"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == "ready\n"
        assert main(["cache"]) == 0
        shown = capsys.readouterr().out
        assert main(["cache", "prune", "--all", "--yes"]) == 0
        run.communicate()
    assert "in use by" in shown
    assert "2026-11-29_biq2021_s42" in shown
    assert left(cache) == ["bb-0"]
    assert "2 KiB are in use and stay." in capsys.readouterr().out


def test_prune_deletes_what_earlier_versions_left_and_what_is_over_the_limit(cache: Path, monkeypatch, capsys) -> None:
    assert main(["cache", "prune", "--yes"]) == 0
    assert left(cache) == ["aa-0", "aa-1", "bb-0"]
    assert not (cache / "spaq-0123").exists()
    assert capsys.readouterr().out == "spaq-0123 (of an earlier version): 2 MiB\nDeleted 2 MiB.\n"
    monkeypatch.setenv(LIMIT, "0.0001")
    assert main(["cache", "prune", "--yes"]) == 0
    assert left(cache) == ["aa-1"]


def test_prune_keeps_what_was_used_last(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cache", "prune", "--keep", "0.25MiB", "--yes"]) == 0
    assert left(cache) == ["aa-1"]
    said = capsys.readouterr().out
    assert "biq2021, own size, 7 images, last used 50 d ago: 2 KiB\nkoniq-10k, own size, 1,000 images" in said


def test_pixels_that_a_killed_run_left_are_deleted(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (own_folder(cache) / "aa-0.index").unlink()
    assert main(["cache", "prune", "--yes"]) == 0
    assert "pixels without an index: 188 KiB" in capsys.readouterr().out
    assert not list(own_folder(cache).glob("aa-0*"))


def test_it_asks_and_deletes_nothing_without_an_answer(cache: Path, monkeypatch, capsys) -> None:
    answers = iter(["n", "y"])
    monkeypatch.setattr("builtins.input", lambda question: print(question) or next(answers))
    monkeypatch.setattr(sys, "stdin", Terminal())
    assert main(["cache", "prune", "--all"]) == 1
    assert len(left(cache)) == 3
    said = capsys.readouterr()
    assert "Delete 2 MiB of decoded images? Runs that need them decode them again. [y/N]" in said.out
    assert said.err == "Nothing was deleted.\n"
    assert main(["cache", "prune", "--all"]) == 0
    assert left(cache) == []
    assert main(["cache", "prune", "--all"]) == 0
    assert capsys.readouterr().out.endswith("Nothing to delete.\n")


def test_it_is_refused_without_a_terminal_when_read_only_and_when_it_means_nothing(
    cache: Path, monkeypatch, capsys
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    assert main(["cache", "prune", "--all"]) == 2
    assert main(["--read-only", "cache", "prune", "--all", "--yes"]) == 4
    monkeypatch.setenv("IQA_TUI_READ_ONLY", "0")
    assert main(["cache", "--all"]) == 2
    assert main(["cache", "prune", "--all", "--keep", "1GiB"]) == 2
    monkeypatch.setenv(LIMIT, "much")
    assert main(["cache"]) == 2
    assert "IQA_TUI_CACHE_GIB is no number of GiB, for example 20." in capsys.readouterr().err
    assert len(left(cache)) == 3


def test_a_pack_that_a_run_takes_after_the_question_stays(cache: Path, monkeypatch, capsys) -> None:
    def take(question: str) -> str:
        held.append(os.open(own_folder(cache) / "aa-1.u8", os.O_RDONLY))
        fcntl.flock(held[-1], fcntl.LOCK_SH)
        return "y"

    held: list[int] = []
    monkeypatch.setattr("builtins.input", take)
    monkeypatch.setattr(sys, "stdin", Terminal())
    assert main(["cache", "prune", "--all"]) == 1
    os.close(held[0])
    assert left(cache) == ["aa-1"]
    assert "a run has taken it meanwhile" in capsys.readouterr().err


@pytest.mark.parametrize("size", ["10", "-1GiB", "1e3GiB", "GiB", "1" * 16 + "GiB"])
def test_a_size_without_a_meaning_is_refused(cache: Path, size: str) -> None:
    with pytest.raises(SystemExit) as refused:
        main(["cache", "prune", f"--keep={size}"])
    assert refused.value.code == 2
