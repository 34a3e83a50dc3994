"""A program that is read only orders nothing, whatever asks it: a function, a command, a child of it."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import iqa_tui.queue
from iqa_tui.__main__ import main
from iqa_tui.commands import parser
from iqa_tui.devices import withdrawn
from iqa_tui.processes.start import child_environment
from iqa_tui.queue import dispatching
from iqa_tui.queue.dispatching import ensure_dispatcher, revive_dispatcher, revive_in_words
from iqa_tui.service import dispatcher
from iqa_tui.settings.read_only import READ_ONLY_VARIABLE, ReadOnly, become_read_only, is_read_only
from tests.fakes.runs import files_in, make_run, queue_experiment
from training.runfolder.layout import RunFolder

LOOKS = [
    "adopt.adoption_of",
    "as_owner.account_of",
    "as_owner.in_owners_name",
    "as_owner.only_of",
    "as_owner.opened",
    "attempts.host_elsewhere",
    "attempts.automatic_attempts",
    "attempts.may_resume",
    "before_launch.notes_before_launch",
    "beginning.beginning_words",
    "beginning.goes_on",
    "check.check",
    "dispatcher_files.dispatcher_lock",
    "dispatcher_files.dispatcher_log",
    "dispatcher_files.dispatcher_trouble",
    "dispatcher_files.dispatches_as_before",
    "dispatcher_files.is_dispatching",
    "dispatcher_files.older_dispatcher_lock",
    "dispatcher_files.read_trouble",
    "deleting.folder_bytes",
    "deleting.refuse_to_delete",
    "dispatching.revive_in_words",
    "elsewhere.refuse_living",
    "elsewhere.takeover_of",
    "expected_starts.expected_starts",
    "last_plans.last_plans",
    "missing.find_missing",
    "noting.refuse_if_not_own",
    "order.held_back_by",
    "order.in_starting_order",
    "order.trials_before",
    "order.with_given_priority",
    "stop.or_by_slurm",
    "specs.own_fields",
    "specs.shared_fields",
    "specs.trial_fields",
    "specs.tune_fields",
    "stop.can_stop",
    "submitting.passed",
    "trainer_facts.ask_trainer",
    "trials.known_trials",
    "waits.kept_for",
    "waits.waits_of",
    "waits.waits_of_states",
    "withdrawn.driver_failures",
    "withdrawn.withdrawn_reason",
    "withdrawn.xids_seen",
]
"""Functions of the rooms that order which order nothing."""
OF_SERVICES = [
    "attempts.make_attempt",
    "attempts.queue_again",
    "dispatcher_files.take_dispatching",
    "dispatcher_files.write_trouble",
    "hold.hold_unasked",
    "order_child.main",
    "last_plans.remember_plan",
    "submit_next.main",
    "submitting.see_to",
    "submitting.see_to_in_a_thread",
    "submitting.submit_new",
    "withdrawn.record_driver_loss",
    "withdrawn.record_xid",
]
"""What the dispatcher and the supervisor do by themselves, and parts of orders that have been let through."""
STARTING = ["dispatching.ensure_dispatcher", "dispatching.revive_dispatcher"]
"""They refuse only what they would have to start."""
LOOKING_COMMANDS = {"status", "plan", "export", "findings", "paper", "doctor", "settings"}
ORDERING = {
    "cache": ["prune", "--yes"],
    "import": ["a.log"],
    "demo": ["--headless"],
    "launch": ["demo", "--headless"],
    "stop": ["--all"],
    "retry": ["--missing"],
    "adopt": ["F2", "--yes"],
    "hold": ["F2"],
    "release": ["--all"],
    "priority": ["F2", "high"],
    "withdraw": ["cpu-0"],
    "restore": ["cpu-0"],
    "archive": ["F2"],
}
"""Command that orders to arguments with which it would."""


def public_functions() -> dict[str, Callable[..., Any]]:
    """`module.function` of everything in the queue and of what withdraws devices."""
    names = [f"iqa_tui.queue.{module.name}" for module in pkgutil.iter_modules(iqa_tui.queue.__path__)]
    modules = [*map(importlib.import_module, names), withdrawn]
    return {
        f"{module.__name__.rpartition('.')[2]}.{name}": function
        for module in modules
        for name, function in vars(module).items()
        if inspect.isfunction(function) and not name.startswith("_") and function.__module__ == module.__name__
    }


ORDERS = {name: function for name, function in public_functions().items() if hasattr(function, "refused")}


@pytest.fixture
def read_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(READ_ONLY_VARIABLE, "1")


def test_each_function_of_the_queue_is_an_order_or_known_to_order_nothing() -> None:
    assert sorted([*LOOKS, *OF_SERVICES, *STARTING, *ORDERS]) == sorted(public_functions())
    assert len(ORDERS) >= 11


@pytest.mark.parametrize("name", ORDERS)
def test_every_order_is_refused_before_it_does_anything(
    name: str, read_only: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(tmp_path, "a")
    before = files_in(tmp_path)
    several = [run] * len(inspect.signature(ORDERS[name]).parameters)
    with pytest.raises(ReadOnly, match=r"^This iqa-tui is read only \(.*IQA_TUI_READ_ONLY\): it [^.]*\.$"):
        ORDERS[name](*several)
    assert files_in(tmp_path) == before
    monkeypatch.delenv(READ_ONLY_VARIABLE)
    with pytest.raises(Exception) as without:  # noqa: PT011  what each makes of such arguments does not matter
        list(ORDERS[name](*([object()] * len(several))))
    assert not isinstance(without.value, ReadOnly)


def test_no_dispatcher_is_started_and_none_works(
    read_only: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    started: list[object] = []
    monkeypatch.setattr(dispatching, "start_detached", lambda *call: started.append(call))
    queue_experiment(tmp_path, "F2")
    with pytest.raises(ReadOnly, match="starts no dispatcher"):
        ensure_dispatcher(tmp_path)
    with pytest.raises(ReadOnly, match="starts no dispatcher"):
        revive_dispatcher(tmp_path)
    assert revive_in_words(tmp_path).startswith("Queued runs get no devices: This iqa-tui is read only")
    assert dispatcher.main([str(tmp_path)]) == 1
    assert "it dispatches nothing" in capsys.readouterr().out
    assert started == []
    monkeypatch.setattr(dispatching, "is_dispatching", lambda _folder: True)
    ensure_dispatcher(tmp_path)  # one works already: nothing is refused


def test_each_command_is_known_to_order_or_to_look() -> None:
    assert {*LOOKING_COMMANDS, *ORDERING} == set(parser._parser()[1])


@pytest.mark.parametrize("how", ["variable", "before", "after"])
@pytest.mark.parametrize("command", ORDERING)
def test_every_command_that_orders_refuses_in_one_sentence(
    command: str, how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(READ_ONLY_VARIABLE, "1" if how == "variable" else "0")
    queue_experiment(tmp_path, "F2")
    before = files_in(tmp_path)
    line = [*(["--read-only"] if how == "before" else []), "--runs-dir", str(tmp_path), command, *ORDERING[command]]
    assert main([*line, *(["--read-only"] if how == "after" else [])]) == 4
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("error: This iqa-tui is read only (")
    assert said.err.count(".") == 1
    assert files_in(tmp_path) == before


def test_looking_commands_look_and_start_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(READ_ONLY_VARIABLE, "0")
    started: list[object] = []
    monkeypatch.setattr(dispatching, "start_detached", lambda *call: started.append(call))
    queue_experiment(tmp_path, "F2")
    before = files_in(tmp_path)
    assert main(["--runs-dir", str(tmp_path), "status", "--read-only"]) == 0
    assert "F2" in capsys.readouterr().out
    assert main(["--runs-dir", str(tmp_path), "--read-only", "export", "--output", str(tmp_path / "t.md")]) == 0
    assert (tmp_path / "t.md").is_file()
    (tmp_path / "t.md").unlink()
    assert files_in(tmp_path) == before
    assert started == []


@pytest.mark.parametrize(("value", "is_so"), [("1", True), ("yes", True), ("ture", True), ("0", False), ("", False)])
def test_a_misspelt_wish_orders_nothing(value: str, is_so: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(READ_ONLY_VARIABLE, value)
    assert is_read_only() is is_so


def test_children_inherit_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(READ_ONLY_VARIABLE, "0")
    become_read_only()
    assert child_environment()[READ_ONLY_VARIABLE] == "1"


def test_a_run_is_ordered_as_ever_if_nothing_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(READ_ONLY_VARIABLE, raising=False)
    run: RunFolder = queue_experiment(tmp_path, "F2")
    assert "is held" in ORDERS["hold.hold_run"](run)
