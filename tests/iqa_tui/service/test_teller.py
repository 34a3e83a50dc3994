"""The user's own command is told how each run ended: once, with no app open, whatever is killed. Real processes."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from iqa_tui.service import teller
from iqa_tui.service.telling import notify_log
from tests.fakes.lab import Lab, process, state, stub, wait_for_end, wait_until, words
from tests.fakes.runs import fail_run, finish_run, queue_experiment
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase
from training.runfolder.read import read_record
from training.runfolder.schema import ProcessRecord

Told = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Told:
    """What the command was told so far; the command is a program that appends it to a file."""
    out, program = tmp_path / "told.jsonl", tmp_path / "tell.py"
    program.write_text(f"import sys; open({str(out)!r}, 'a').write(sys.stdin.read() + '\\n'); print('told them')")
    set_command(tmp_path, monkeypatch, sys.executable, str(program))
    return lambda: [json.loads(line) for line in out.read_text().splitlines()] if out.exists() else []


def set_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *command: str, **more: Any) -> Path:
    path = tmp_path / "settings.toml"
    lines = [f"{name} = {json.dumps(value)}" for name, value in {"command": command, **more}.items()]
    path.write_text("[notify]\n" + "\n".join(lines))
    path.chmod(0o600)
    monkeypatch.setenv("IQA_TUI_SETTINGS", str(path))
    return path


def settled(told: Told, count: int) -> list[dict[str, Any]]:
    """All that is told once that many were, and no more come."""
    wait_until(lambda: len(told()) >= count, f"{count} to be told, {told()}")
    time.sleep(1.0)
    return told()


def test_each_end_is_told_once_with_how_it_ended(lab: Lab, told: Told) -> None:
    runs = lab.launch({"label": "all\x1b[31m well"}, {"flags": {"exit": 3, "say": "no memory"}})
    wait_for_end(*runs)
    events = sorted(settled(told, 2), key=lambda event: event["experiment"])
    assert [(event["event"], event["run"], event["attempt"]) for event in events] == [
        ("finished", runs[0].run_id, 1),
        ("failed", runs[1].run_id, 1),
    ]
    assert events[0]["label"] == "all\\x1b[31m well", "no text from a file is obeyed"
    assert "failed: exit 3" in events[1]["words"]
    assert events[1]["folder"] == str(runs[1].path)
    log = notify_log().read_text()
    assert log.count("told them") == 2
    assert log.count("exit code 0 after") == 2
    wait_until(lambda: not lab.processes(), "the dispatcher to exit")


def test_a_run_that_loses_its_supervisor_and_its_trainer_is_told_by_the_dispatcher(lab: Lab, told: Told) -> None:
    (run,) = lab.launch({"flags": {"seconds": 60}})
    stub(run)
    record = process(run)
    wait_until(lab.dispatchers, "the dispatcher")
    time.sleep(1.0)  # it has seen the run alive
    os.kill(record.supervisor_pid or 0, signal.SIGKILL)
    os.kill(record.pid, signal.SIGKILL)
    wait_until(lambda: state(run) is Phase.LOST, "the run to be lost")
    (event,) = settled(told, 1)
    assert (event["event"], event["attempt"]) == ("lost", 1)
    assert event["words"].startswith("S1")
    assert run.attempt(1).told.exists()


def test_a_slow_command_keeps_no_run_alive_and_is_killed_in_time(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_command(tmp_path, monkeypatch, "sleep", "3600", timeout_seconds=2)
    (run,) = lab.launch({})
    wait_for_end(run)
    assert words(run) == "finished"
    supervisor = read_record(run.attempt(1).process, ProcessRecord)
    assert supervisor is not None
    wait_until(lambda: not Path(f"/proc/{supervisor.supervisor_pid}").exists(), "the supervisor to exit")
    wait_until(lambda: "was killed, as it took longer than 2 s" in notify_log().read_text(), "the command to be killed")
    wait_until(lambda: not lab.processes(), "all to exit")


def test_a_command_that_cannot_be_run_costs_nothing(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    set_command(tmp_path, monkeypatch, "/nowhere/mail")
    (run,) = lab.launch({})
    wait_for_end(run)
    assert state(run) is Phase.FINISHED
    wait_until(lambda: notify_log().exists() and "cannot be run: /nowhere/mail" in notify_log().read_text(), "the log")


def test_a_settings_file_that_others_may_write_runs_nothing(lab: Lab, tmp_path: Path, told: Told) -> None:
    (tmp_path / "settings.toml").chmod(0o666)
    (run,) = lab.launch({})
    wait_for_end(run)
    time.sleep(1.0)
    assert told() == []
    assert not run.attempt(1).told.exists()


def ended(tmp_path: Path, *, failed: bool) -> RunFolder:
    run = queue_experiment(tmp_path / "runs", "F2")
    if failed:
        fail_run(run, "exit 3: no memory")
    else:
        run.attempt(1).path.mkdir(parents=True)
        finish_run(run, 0.93, 0.94)
    return run


def tell(run: RunFolder) -> None:
    assert teller.main([str(run.path), "1", ""]) == 0


def test_of_two_tellers_of_one_end_one_tells(tmp_path: Path, told: Told) -> None:
    run = ended(tmp_path, failed=True)
    tell(run)
    tell(run)
    assert [event["event"] for event in told()] == ["failed"]


def test_only_trouble_is_told_if_only_that_is_wanted(
    tmp_path: Path, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_command(tmp_path, monkeypatch, sys.executable, str(tmp_path / "tell.py"), when="trouble")
    good, bad = ended(tmp_path / "good", failed=False), ended(tmp_path / "bad", failed=True)
    tell(good)
    tell(bad)
    assert [event["event"] for event in told()] == ["failed"]
    assert not good.attempt(1).told.exists()


def test_a_finished_run_tells_its_scores(tmp_path: Path, told: Told) -> None:
    tell(ended(tmp_path, failed=False))
    (event,) = told()
    assert event["scores"]["test"]["srcc"] == 0.93
    assert event["words"] == "F2 L2 (MSE) finished, test SRCC 0.9300"


def test_a_deleted_run_is_not_told(tmp_path: Path, told: Told) -> None:
    run = ended(tmp_path, failed=True)
    assert teller.main([str(run.path), "7", "gone"]) == 0
    assert told() == []
