"""How a run was set."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from iqa_tui.monitor.catalog import Catalog
from iqa_tui.monitor.run_settings import settings_of
from iqa_tui.monitor.state import RunState
from tests.fakes.run_folders import FakeRun


def only(runs_dir: Path) -> RunState:
    (state,) = Catalog(runs_dir).refresh()
    return state


def test_a_run_that_has_not_finished_is_set_as_its_command_says(tmp_path: Path) -> None:
    argv = [
        "python",
        "-m",
        "training",
        "--lr",
        "5e-6",
        "--attention_fusion",
        "--name=a=b",
        "--run_folder",
        "x",
        "--amp",
    ]
    FakeRun.queue(tmp_path, "F2", argv=argv)
    assert settings_of(only(tmp_path)) == {"amp": "true", "attention_fusion": "true", "lr": "5e-6", "name": "a=b"}


def test_a_run_without_a_command_has_no_settings(tmp_path: Path) -> None:
    FakeRun.queue(tmp_path, "F2")
    state = only(tmp_path)
    assert state.spec is not None
    for spec in (replace(state.spec, argv=[]), None):
        assert settings_of(replace(state, spec=spec)) == {}


def test_a_finished_run_is_set_as_its_trainer_used_it(tmp_path: Path) -> None:
    config = {"lr": 5e-6, "amp": False, "scales": [1, 2], "limit": None, "nested": {"a": 1.5}}
    FakeRun.queue(tmp_path, "F2", argv=["python", "--lr", "1"]).start().finish(config=config)
    expected = {"amp": "false", "limit": "–", "lr": "5e-6", "nested": "a=1.5", "scales": "1, 2"}
    assert settings_of(only(tmp_path)) == expected


def test_a_setting_is_plain_text(tmp_path: Path) -> None:
    FakeRun.queue(tmp_path, "F2").start().finish(config={"lr\x1b[1m": "\x1b]52;c;eA==\x07" + "x" * 999})
    ((name, value),) = settings_of(only(tmp_path)).items()
    assert "\x1b" not in name + value
    assert len(value) < 300
