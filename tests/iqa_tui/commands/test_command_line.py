"""Commands as a shell runs them: what they print, how they end, what they load."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from typing import Any

import pytest

from iqa_tui.__main__ import main
from iqa_tui.commands import terminal
from iqa_tui.commands.version import VERSION
from iqa_tui.devices.lease import Holder, take_lease
from tests.fakes.lab import STUB, Lab, state, stub, wait_for_end, wait_until, words
from tests.fakes.nvml import VERSION_MISMATCH, FakeGpus
from training.runfolder.folders import list_runs
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase

ROOT = Path(__file__).parents[3]


class Shell:
    """Runs commands in this process, on the lab's runs."""

    def __init__(self, lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
        self._lab = lab
        self._capsys = capsys
        self.errors = ""

    def __call__(self, *words: str, code: int = 0) -> str:
        try:
            returned = main(["--runs-dir", str(self._lab.runs_dir), *words])
        except SystemExit as ended:
            returned = int(ended.code or 0)
        captured = self._capsys.readouterr()
        self.errors = captured.err
        assert returned == code, captured
        return captured.out


@pytest.fixture
def shell(lab: Lab, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(lab, capsys)


def plan_file(lab: Lab, text: str) -> str:
    path = lab.folder / "stub.toml"
    command = json.dumps([sys.executable, str(STUB), "--run_folder", "{run_folder}"])
    path.write_text(f'name = "stub"\ncommand = {command}\n{text}')
    return str(path)


ONE_GOOD_ONE_BAD = """
[[experiment]]
id = "A"
label = "good"
flags = { seconds = 1 }
[[experiment]]
id = "B"
label = "bad"
flags = { exit = 3, say = "error: the moon is full" }
"""
LONG = '[[experiment]]\nid = "A"\nlabel = "long"\nflags = { seconds = 60 }\n'


def test_the_version_is_that_of_the_package() -> None:
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"] == VERSION


def loaded_by(*words: str) -> set[str]:
    """Packages in `sys.modules` after a command has run in an interpreter of its own."""
    program = (
        "import sys\nfrom iqa_tui.__main__ import main\ntry: main(sys.argv[1:])\nexcept SystemExit: pass\n"
        "print('LOADED', *{name.partition('.')[0] for name in sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True, check=True)
    return set(done.stdout.rpartition("LOADED")[2].split())


@pytest.mark.parametrize(
    "command", [["--version"], ["status"], ["status", "--json"], ["plan", "koniq-losses"], ["export", "koniq-losses"]]
)
def test_a_command_that_prints_loads_nothing_that_draws_or_computes(lab: Lab, command: list[str]) -> None:
    loaded = loaded_by("--runs-dir", str(lab.runs_dir), *command)
    assert not {"textual", "rich", "torch", "torchvision", "timm", "numpy", "scipy"} & loaded


def test_the_version_loads_next_to_nothing() -> None:
    assert not {"json", "psutil", "pynvml", "subprocess", "tomllib"} & loaded_by("--version")


def test_a_headless_launch_prints_progress_and_the_table_and_fails_with_its_run(lab: Lab, shell: Shell) -> None:
    out = shell("launch", plan_file(lab, ONE_GOOD_ONE_BAD), "--headless", code=1)
    assert "A good" in out
    assert "running  on CPU 0" in out
    assert "failed: exit 3: the moon is full" in out
    assert "| Loss | SRCC |" in out
    assert "output.log" in shell.errors


def test_a_headless_launch_of_good_runs_ends_well(lab: Lab, shell: Shell) -> None:
    out = shell("launch", plan_file(lab, ONE_GOOD_ONE_BAD), "--only", "A", "--headless")
    assert "A good  finished" in out
    assert len(list_runs(lab.runs_dir)) == 1


def test_a_launch_that_gets_no_device_in_time_leaves_its_run_queued(lab: Lab, shell: Shell) -> None:
    lease = take_lease("cpu-0", Holder("ann", "hers", None, "F9"))
    out = shell("launch", plan_file(lab, LONG), "--headless", "--wait", "0.5", code=3)
    assert "needs a CPU slot: CPU 0 runs F9 of ann" in out
    assert "They stay queued" in shell.errors
    (run,) = list_runs(lab.runs_dir)
    assert state(run) is Phase.QUEUED
    os.close(lease)


def test_an_interrupted_launch_leaves_its_runs_running_and_says_how_to_go_on(lab: Lab) -> None:
    command = [
        sys.executable,
        "-m",
        "iqa_tui",
        "--runs-dir",
        str(lab.runs_dir),
        "launch",
        plan_file(lab, LONG),
        "--headless",
    ]
    launcher = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    run = wait_until(lambda: list_runs(lab.runs_dir), "the run to be queued")[0]
    stub(run)
    launcher.send_signal(signal.SIGINT)
    _, errors = launcher.communicate()
    assert launcher.returncode == 130
    assert "go on without this program" in errors
    assert "iqa-tui stop --all" in errors
    assert state(run).is_alive


def test_seeds_and_overrides_reach_the_trainer(lab: Lab, shell: Shell) -> None:
    shell("launch", plan_file(lab, LONG), "--set", "seconds=0", "--set", "say=hi", "--seeds", "1,2", "--headless")
    runs = list_runs(lab.runs_dir)
    assert [run.run_id.rpartition("_")[2] for run in runs] == ["s1", "s2"]
    assert {run.attempt(1).output.read_text() for run in runs} == {"hi\n"}


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        (["launch", "nope"], 2, "There is no plan 'nope'. Presets: "),
        (["launch", "koniq-losses", "--only", "F9", "--headless"], 2, "no experiment 'F9'"),
        (["launch", "koniq-losses", "--set", "loss_type=l3", "--headless"], 2, "loss_type"),
        (["launch", "koniq-losses", "--set", "epochs", "--headless"], 2, "no FLAG=VALUE"),
        (["launch", "koniq-losses", "--seeds", "a", "--headless"], 2, "no whole numbers"),
        (["launch", "koniq-losses", "--wait", "nan"], 2, "'nan' is no number of seconds"),
        (["launch", "koniq-losses", "--time-limit", "0"], 2, "'0' is no number of hours above 0"),
        (["doctor", "--strategy", "priority"], 2, "unrecognized arguments: --strategy"),
        (["plan", "koniq-losses", "--gpus", "0"], 2, "no number of at least 1"),
        (["stop", "F2"], 2, "There is no run 'F2': there are no runs here yet"),
        (["stop"], 2, "Name the runs to stop"),
        (["retry", "F2"], 2, "There is no run 'F2'"),
        (["export"], 2, "There are no runs in"),
        (["export", "koniq-losses", "--group", "x"], 2, "has no group 'x'. It has none"),
        (["dance"], 2, "invalid choice: 'dance'"),
    ],
)
def test_what_cannot_be_done_is_said_and_ends_with_the_right_code(
    shell: Shell, words: list[str], code: int, error: str
) -> None:
    shell(*words, code=code)
    assert error in shell.errors


def test_a_bad_number_of_slots_is_an_error_of_the_environment(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IQA_TUI_CPU_SLOTS", "many")
    shell("status", code=4)
    assert "IQA_TUI_CPU_SLOTS='many'" in shell.errors


@pytest.mark.parametrize(("gpus", "hours"), [("4", "2.0 h"), ("1", "7.4 h"), ("2", "3.7 h")])
def test_the_plan_says_what_runs_where_and_how_long_it_takes(shell: Shell, gpus: str, hours: str) -> None:
    out = shell("plan", "koniq-losses", "--gpus", gpus)
    assert f"all at once: {hours}." in out
    assert "all at once: 1.5 h." in shell("plan", "koniq-losses", "--gpus", "4", "--time-limit", "1.5")
    assert "F2: python -m training --dataset koniq-10k" in out


def test_plan_without_a_name_lists_the_presets(shell: Shell) -> None:
    assert "koniq-losses  Loss functions on KonIQ-10k" in shell("plan")


def test_status_of_nothing_teaches(shell: Shell) -> None:
    out = shell("status")
    assert "No runs in" in out
    assert "iqa-tui demo" in out
    assert "CPU 0" in out
    assert "No NVIDIA driver found: runs use 1 CPU slot" in out


def test_status_says_state_and_why_each_waits(lab: Lab, shell: Shell) -> None:
    third = {"label": "three", "priority": "low"}
    first, *_ = lab.launch({"label": "one", "flags": {"seconds": 60}}, {"label": "two"}, third)
    stub(first)
    wait_until(lambda: state(first) is Phase.RUNNING, "the first to run")
    out = shell("status")
    assert "stub: 0 of 3 finished, 1 running, 2 queued\n" in out
    assert re.search(r"S2 two    queued  +2026\S+ +needs a CPU slot", out)
    assert re.search(r"S3 three  queued   low priority +\S+ +as above\n", out)
    assert "needs a CPU slot: CPU 0 runs S1 one of" in out
    content = json.loads(shell("status", "--json"))
    assert [run["state"] for run in content["runs"]] == ["running", "queued", "queued"]
    assert content["runs"][2]["waits_for"] == content["runs"][1]["waits_for"]
    assert content["runs"][1]["waits_for"].startswith("needs a CPU slot")
    assert content["dispatching"] is True
    (device,) = content["devices"]
    assert (device["label"], device["free"], device["holder"]["run_id"]) == ("CPU 0", False, first.run_id)


def test_status_shows_gpus_and_who_holds_them(lab: Lab, tmp_path: Path) -> None:
    gpus = FakeGpus(tmp_path / "driver", count=2, processes=[(1, os.getpid(), 21_811)])
    out = run_with(gpus.env, lab, "status")
    assert "GPU 0  H100" in out
    assert f"pid {os.getpid()} " in out
    masked = json.loads(run_with(gpus.env | {"CUDA_VISIBLE_DEVICES": "1"}, lab, "status", "--json"))
    assert next((device["free"], device["reason"]) for device in masked["devices"]) == (
        False,
        "left out by CUDA_VISIBLE_DEVICES=1",
    )


def test_a_driver_that_does_not_answer_makes_runs_wait_and_does_not_send_them_to_the_cpu(
    lab: Lab, tmp_path: Path
) -> None:
    gpus = FakeGpus(tmp_path / "driver", init=VERSION_MISMATCH)
    out = run_with(gpus.env, lab, "status")
    assert "The NVIDIA driver does not answer" in out
    assert "runs wait for it" in out


def run_with(env: dict[str, str], lab: Lab, *words: str) -> str:
    command = [sys.executable, "-m", "iqa_tui", "--runs-dir", str(lab.runs_dir), *words]
    return subprocess.run(command, capture_output=True, text=True, env=os.environ | env, check=True).stdout


def test_who_waits_for_a_driver_is_told_what_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(terminal, "BLINK_SECONDS", 0.05)
    waiting = "asking the NVIDIA driver …\n"
    with terminal.asking_the_driver():  # a pipe is told nothing
        time.sleep(0.3)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with terminal.asking_the_driver():
        said = wait_until(lambda: capsys.readouterr().err, "the words")
    assert said == waiting
    monkeypatch.setattr(terminal, "BLINK_SECONDS", 60.0)
    with terminal.asking_the_driver():
        pass
    assert capsys.readouterr().err == ""


def test_without_a_terminal_no_command_means_status(shell: Shell) -> None:
    out = shell()
    assert out.startswith("There is no terminal")
    assert "Devices" in out


def test_a_run_is_stopped_by_its_experiment_and_tried_again_by_a_part_of_its_id(lab: Lab, shell: Shell) -> None:
    (run,) = lab.launch({"flags": {"seconds": 60}})
    stub(run)
    assert "asked to stop" in shell("stop", "s1", "--why", "wrong data")
    wait_for_end(run)
    assert words(run).endswith(": wrong data")
    shell("stop", "S1", code=1)
    assert "there is nothing to stop" in shell.errors
    assert "queued again" in shell("retry", run.run_id[:-3])


def test_all_runs_are_stopped_and_none_takes_the_others_place(lab: Lab, shell: Shell) -> None:
    first, second = lab.launch({"flags": {"seconds": 60}}, {"flags": {"seconds": 60}})
    stub(first)
    shell("stop", "--all")
    wait_for_end(first, second)
    assert not (second.path / "stub.json").exists()
    assert {state(run) for run in (first, second)} == {Phase.STOPPED}


def test_a_text_that_means_several_runs_is_refused_with_their_names(lab: Lab, shell: Shell) -> None:
    runs = lab.launch({}, {})
    shell("stop", "stub", code=2)
    assert all(run.run_id in shell.errors for run in runs)


def test_a_finished_run_is_not_tried_again(lab: Lab, shell: Shell) -> None:
    (run,) = lab.launch({})
    wait_for_end(run)
    shell("retry", "S1", code=1)
    assert "is finished. Launch its plan again" in shell.errors


def test_the_table_is_printed_or_written(lab: Lab, shell: Shell) -> None:
    assert "| Loss | SRCC |" in shell("export", "koniq-losses")
    path = lab.folder / "table.csv"
    assert shell("export", "koniq-losses", "--format", "csv", "--output", str(path)) == ""
    assert path.read_text().startswith("id,label,loss_type,srcc")
    assert str(path) in shell.errors


def test_the_newest_group_of_a_plan_is_the_one_that_is_exported(lab: Lab, shell: Shell) -> None:
    plan = plan_file(lab, LONG)
    shell("launch", plan, "--set", "seconds=0", "--headless")
    content: dict[str, Any] = json.loads(shell("export", plan, "--format", "json"))
    assert content["group"] == "stub seconds=0" or content["plan"] == "stub seconds=0"


def test_a_reader_that_has_enough_is_no_error(lab: Lab) -> None:
    command = (
        f"{sys.executable} -m iqa_tui --runs-dir {lab.runs_dir} plan koniq-losses | head -1; exit ${{PIPESTATUS[0]}}"
    )
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_run_folder_alone_is_never_taken_for_a_command(lab: Lab, shell: Shell) -> None:
    (lab.runs_dir / "notes").mkdir()
    assert RunFolder(lab.runs_dir / "notes") not in list_runs(lab.runs_dir)
    assert "No runs in" in shell("status")


def test_progress_lines_come_in_the_plans_order(lab: Lab, shell: Shell) -> None:
    rows = "".join(f'[[experiment]]\nid = "{name}"\n' for name in "CAB")
    out = shell("launch", plan_file(lab, rows), "--headless")
    first_lines = [line.split()[1] for line in out.splitlines()[:3]]
    assert first_lines == ["C", "A", "B"]


def test_without_a_folder_for_its_own_state_nothing_is_ordered_but_everything_is_shown(
    lab: Lab, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    lease = take_lease("cpu-0", Holder("ann", "hers"))
    (run,) = lab.launch({})
    wait_until(lab.dispatchers, "a dispatcher")
    for pid in lab.dispatchers():
        os.kill(pid, signal.SIGKILL)
    os.close(lease)
    wait_until(lambda: not lab.processes(), "the dispatcher to be gone")
    monkeypatch.setenv("IQA_TUI_STATE", "/proc/state")
    plan = plan_file(lab, '[[experiment]]\nid = "A"\n')
    for order in (["launch", plan, "--headless"], ["retry", "S1"], ["hold", "S1"], ["release", "S1"]):
        shell(*order, code=4)
        assert "IQA_TUI_STATE" in shell.errors
    assert len(list_runs(lab.runs_dir)) == 1
    out = shell("status")
    assert "cannot be checked: /proc/state: " in out
    assert "| S1" in shell("export", "--format", "markdown", "--group", "stub")
    assert json.loads(shell("status", "--json"))["dispatching"] is False
    assert state(run) is Phase.QUEUED
    assert "will not start" in shell("stop", "S1")
