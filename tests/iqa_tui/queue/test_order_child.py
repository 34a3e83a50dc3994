"""The child that carries out one order; `test_as_owner` proves what it does as another user."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from iqa_tui.processes.marks import MARK_VARIABLE
from iqa_tui.queue import order_child
from iqa_tui.queue.as_owner import COMMANDS, REFUSED
from tests.fakes.runs import make_run
from training.runfolder.schema import Environment
from training.runfolder.write import write_record


def test_every_order_that_a_command_gives_can_be_carried_out() -> None:
    assert set(order_child.ORDERS) == set(COMMANDS)


def test_root_and_unknown_orders_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = make_run(tmp_path, "a")
    for user_id, order in ((0, "hold_run"), (12_345, "delete_run")):
        monkeypatch.setattr(os, "geteuid", lambda user_id=user_id: user_id)
        assert order_child.main([str(tmp_path), run.run_id, order, "{}"]) == REFUSED
        assert f"{order}: no such order" in capsys.readouterr().out
    assert not run.place.exists()


def test_of_the_runs_environment_only_this_programs_settings_are_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(tmp_path, "a")
    monkeypatch.setattr(order_child, "only_root_writes", lambda path, users: str(path) == "/s")
    variables = {
        "IQA_TUI_LEASES": "/leases",
        "XDG_STATE_HOME": "/state",
        "SECRET": "x",
        "SLURM_CONF": "/s",
        "IQA_TUI_SLURM": "/copied/bin",
        MARK_VARIABLE: "mark",
    }
    write_record(run.environment, Environment(variables))
    run.environment.chmod(0o600)
    assert order_child._own_settings(run) == {
        "IQA_TUI_LEASES": "/leases",
        "XDG_STATE_HOME": "/state",
        "SLURM_CONF": "/s",
    }
    run.environment.chmod(0o640)
    assert order_child._own_settings(run) == {}, "another user could have read it, and perhaps written"
