"""`iqa-tui archive`, as a shell runs it."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from iqa_tui.__main__ import main
from tests.fakes.run_folders import FakeRun, hold_dispatcher_lock

FILES = ("F2", "F3")


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[Path]:
    for experiment in FILES:
        FakeRun.queue(tmp_path, experiment).start().train(10).finish(0.9342)
    FakeRun.queue(tmp_path, "F4")
    dispatching = hold_dispatcher_lock(tmp_path)
    yield tmp_path
    os.close(dispatching)


def names(runs: Path) -> str:
    return " ".join(sorted(path.name.rpartition("base_")[2] for path in runs.iterdir()))


ALL = "l2_s42 rank_s42 srcc_s42"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_an_archived_run_is_in_no_table_and_comes_back(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call = ["--runs-dir", str(runs)]
    assert main([*call, "archive", "F2"]) == 0
    assert "is archived: tables leave it out." in capsys.readouterr().out
    assert main([*call, "export", "--format", "json"]) == 0
    rows = {row["id"]: row["srcc"] for row in json.loads(capsys.readouterr().out)["rows"]}
    assert (rows["F2"], rows["F3"]) == (None, 0.9342)
    assert main([*call, "status"]) == 0
    said = capsys.readouterr().out
    assert "F2 L2 (MSE)" not in said
    assert "1 archived run left out; --json lists all." in said
    assert main([*call, "status", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["runs"]
    assert {row["experiment"]: row["archived"] for row in told} == {"F2": True, "F3": False, "F4": False}
    assert main([*call, "archive", "F2", "--undo"]) == 0
    assert main([*call, "export", "--format", "json"]) == 0
    assert '"srcc": 0.9342' in capsys.readouterr().out.partition("F3")[0]


def test_one_that_is_refused_keeps_no_other_from_being_archived(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--runs-dir", str(runs), "archive", "F4", "F2"]) == 1
    said = capsys.readouterr()
    assert "only a run that is over can be archived" in said.err
    assert "s42 is archived" in said.out


@pytest.mark.parametrize(("answer", "code", "left"), [("y\n", 0, "l2_s42 rank_s42"), ("\n", 1, ALL), ("n\n", 1, ALL)])
def test_deleting_asks_with_name_size_and_result(
    runs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], answer: str, code: int, left: str
) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    assert main(["--runs-dir", str(runs), "archive", "--delete", "F3"]) == code
    said = capsys.readouterr().out
    assert "F3 SRCC · " in said
    assert "KiB · finished, test SRCC 0.9342" in said
    assert "Delete this run, with its result and checkpoints? It cannot be undone. [y/N]" in said
    assert names(runs) == left


def test_without_a_terminal_deleting_takes_a_yes(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--runs-dir", str(runs), "archive", "--delete", "F3", "F2"]) == 2
    assert "add --yes" in capsys.readouterr().err
    assert names(runs) == ALL
    assert main(["--runs-dir", str(runs), "archive", "--delete", "F3", "F2", "--yes"]) == 0
    assert names(runs) == "rank_s42"


def test_if_one_may_not_be_deleted_none_is(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--runs-dir", str(runs), "archive", "--delete", "--yes", "F2", "F4"]) == 1
    assert "is queued: only a run of this host that is over can be deleted" in capsys.readouterr().err
    assert names(runs) == ALL


def test_undo_and_delete_are_not_meant_together(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--runs-dir", str(runs), "archive", "--undo", "--delete", "F2"]) == 2
    assert names(runs) == ALL
