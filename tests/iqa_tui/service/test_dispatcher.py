"""Queued runs get devices one after the other, whichever process is killed. Real processes, a stub trainer."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from iqa_tui.devices.lease import Holder, lease_holder, take_lease
from iqa_tui.devices.lease_folder import gate_file, lease_file
from iqa_tui.devices.survey import Surveyor
from iqa_tui.errors import LaunchError
from iqa_tui.monitor.catalog import Catalog
from iqa_tui.processes.start import ROOT
from iqa_tui.queue.backlog import Backlog
from iqa_tui.queue.dispatcher_files import (
    dispatcher_lock,
    dispatcher_log,
    dispatcher_trouble,
    is_dispatching,
    read_trouble,
    take_dispatching,
)
from iqa_tui.queue.dispatching import ensure_dispatcher, revive_dispatcher
from iqa_tui.queue.retry import retry_run
from iqa_tui.queue.stop import stop_run
from iqa_tui.service.postponed import Postponed
from tests.fakes.lab import (
    STUB,
    Lab,
    exit_record,
    process,
    state,
    stub,
    wait_for,
    wait_for_end,
    wait_until,
    words,
)
from tests.fakes.nvml import FakeGpus
from tests.fakes.run_folders import hold_dispatcher_lock
from tests.fakes.waits import waiting_reasons
from training.runfolder.errors import UnreadableFile
from training.runfolder.folders import list_runs
from training.runfolder.layout import RunFolder
from training.runfolder.lock import is_held, take_lock
from training.runfolder.phase import Phase
from training.runfolder.read import read_spec


def started(run: RunFolder) -> float:
    return process(run).started


def test_five_runs_share_one_slot_one_after_the_other_by_priority(lab: Lab) -> None:
    rows = [{}, {"priority": "low"}, {"priority": "high"}, {"expected_hours": 2.0}, {}]
    runs = lab.launch(*[{"flags": {"seconds": 0.1}, **row} for row in rows])
    wait_for_end(*runs)
    assert {state(run) for run in runs} == {Phase.FINISHED}
    order = sorted(runs, key=started)
    assert [runs.index(run) for run in order] == [2, 3, 0, 4, 1]
    for earlier, later in pairwise(order):
        assert exit_record(earlier).ended <= started(later)


def test_the_dispatcher_ends_when_nothing_waits(lab: Lab) -> None:
    wait_for_end(*lab.launch({}))
    wait_until(lambda: not lab.processes(), "the dispatcher to end")
    assert not is_held(dispatcher_lock(lab.runs_dir))
    assert "goes to CPU 0" in dispatcher_log(lab.runs_dir).read_text()


def test_a_killed_trainer_frees_its_slot_for_the_next_run(lab: Lab) -> None:
    first, second = lab.launch({"flags": {"seconds": 60}}, {})
    os.kill(stub(first)["pid"], signal.SIGKILL)
    wait_for_end(second)
    assert words(first).startswith("failed: killed by SIGKILL: from outside")
    assert state(second) is Phase.FINISHED


def test_an_unsupervised_run_keeps_its_slot_until_it_ends(lab: Lab) -> None:
    go = lab.folder / "go"
    first, second = lab.launch({"flags": {"until": str(go)}}, {})
    stub(first)
    supervisor = process(first).supervisor_pid
    assert supervisor is not None
    os.kill(supervisor, signal.SIGKILL)
    wait_until(lambda: words(first) == "running, unsupervised", "the first to be unsupervised")
    assert state(second) is Phase.QUEUED
    go.touch()
    wait_for_end(second)
    assert state(first) is Phase.LOST
    assert state(second) is Phase.FINISHED


def test_a_killed_dispatcher_is_replaced_at_the_next_look(lab: Lab) -> None:
    go = lab.folder / "go"
    first, second = lab.launch({"flags": {"until": str(go)}}, {})
    stub(first)
    assert not revive_dispatcher(lab.runs_dir)
    for pid in lab.dispatchers():
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not is_held(dispatcher_lock(lab.runs_dir)), "the dispatcher's lock")
    go.touch()
    wait_for_end(first)
    assert state(first) is Phase.FINISHED
    assert state(second) is Phase.QUEUED
    assert revive_dispatcher(lab.runs_dir)
    wait_for_end(second)
    assert state(second) is Phase.FINISHED
    assert not revive_dispatcher(lab.runs_dir)


def test_a_folder_has_one_dispatcher_however_many_are_started(lab: Lab) -> None:
    (run,) = lab.launch({"flags": {"seconds": 60}}, {})[:1]
    stub(run)
    for _ in range(3):
        ensure_dispatcher(lab.runs_dir)
    assert len(lab.dispatchers()) == 1


def test_one_at_a_time_leaves_other_slots_empty(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IQA_TUI_CPU_SLOTS", "3")
    runs = lab.launch({"flags": {"seconds": 0.2}}, {"flags": {"seconds": 0.2}}, strategy="sequential")
    reasons = waiting_reasons(
        [(run, read_spec(run)) for run in runs[1:]], Surveyor().survey(), [(runs[0], read_spec(runs[0]))]
    )
    assert reasons == {runs[1].run_id: "one at a time: waits for S1"}
    wait_for_end(*runs)
    assert exit_record(runs[0]).ended <= started(runs[1])


def test_by_priority_a_lower_one_waits_for_all_higher_ones(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IQA_TUI_CPU_SLOTS", "3")
    rows = [{"priority": "low"}, {"priority": "high", "flags": {"seconds": 0.5}}, {"priority": "high"}]
    low, slow, fast = lab.launch(*rows, strategy="priority")
    wait_for_end(low, slow, fast)
    assert started(low) >= max(exit_record(slow).ended, exit_record(fast).ended)
    assert started(fast) < exit_record(slow).ended


def test_a_slot_of_another_user_is_not_taken(lab: Lab) -> None:
    lease = take_lease("cpu-0", Holder("ann", "hers", None, "F9 Hers"))
    (run,) = lab.launch({})
    spec = read_spec(run)
    assert waiting_reasons([(run, spec)], Surveyor().survey()) == {
        run.run_id: "needs a CPU slot: CPU 0 runs F9 Hers of ann"
    }
    time.sleep(1)
    assert state(run) is Phase.QUEUED
    os.close(lease)
    wait_for_end(run)


def test_a_failed_run_is_tried_again_in_an_attempt_of_its_own(lab: Lab) -> None:
    (run,) = lab.launch({"flags": {"exit": 3}})
    wait_for_end(run)
    assert "queued again" in retry_run(run)
    wait_until(run.attempt(2).exit.exists, "the second attempt to end")
    assert stub(run)["env"]["IQA_TUI_ATTEMPT"] == "2"
    assert run.attempt(1).exit.exists()


def test_a_stopped_run_is_tried_again_without_its_old_stop(lab: Lab) -> None:
    (run,) = lab.launch({"flags": {"until": str(lab.folder / "go")}})
    stub(run)
    stop_run(run)
    wait_for_end(run)
    (lab.folder / "go").touch()
    retry_run(run)
    wait_for(run, Phase.FINISHED)
    assert (run.attempt(1).path / "stop.json").exists()


def test_a_run_stopped_before_it_started_can_be_tried_again(lab: Lab) -> None:
    lease = take_lease("cpu-0", Holder("ann", "hers"))
    (run,) = lab.launch({})
    stop_run(run)
    assert state(run) is Phase.STOPPED
    os.close(lease)
    retry_run(run)
    wait_for(run, Phase.FINISHED)


def test_a_supervisor_that_never_comes_up_is_given_up_in_words(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    shadow = lab.folder / "shadow" / "sitecustomize.py"
    shadow.parent.mkdir()
    shadow.write_text("import sys\nif 'iqa_tui.service.supervisor' in ' '.join(sys.orig_argv): sys.exit(9)\n")
    monkeypatch.setenv("PYTHONPATH", str(shadow.parent))
    (run,) = lab.launch({})
    wait_for_end(run)
    assert words(run).startswith("failed: its supervisor did not come up 3 times")


REFUSED_IN = """
import os, subprocess, sys
program, flag = {program!r}, {flag!r}
start = subprocess.Popen.__init__
def refuse(self, *words, **options):
    if program in " ".join(sys.orig_argv) and "gpus.sampler" not in str(words) and os.path.exists(flag):
        raise BlockingIOError(11, "Resource temporarily unavailable")
    start(self, *words, **options)
subprocess.Popen.__init__ = refuse
"""


@pytest.mark.parametrize("program", ["iqa_tui.service.dispatcher", "iqa_tui.service.supervisor"])
def test_a_run_whose_process_the_system_refuses_to_start_stays_queued_and_says_so(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    full = lab.folder / "full"
    full.touch()
    shadow = lab.folder / "shadow" / "sitecustomize.py"
    shadow.parent.mkdir()
    shadow.write_text(REFUSED_IN.format(program=program, flag=str(full)))
    with monkeypatch.context() as only:
        only.setenv("PYTHONPATH", os.pathsep.join([str(shadow.parent), os.environ.get("PYTHONPATH", "")]))
        (run,) = lab.launch({})

    def reason() -> str:
        return waiting_reasons([(run, read_spec(run))], Surveyor().survey())[run.run_id]

    told = "your dispatcher cannot start it: this machine lets you start no more processes (ulimit -u"
    wait_until(lambda: reason().startswith(told), "the row to say so")
    assert state(run) is Phase.QUEUED
    assert not run.attempt(1).exit.exists()
    assert not run.attempt(2).path.exists()
    full.unlink()
    wait_for(run, Phase.FINISHED)
    assert not run.attempt(2).path.exists()
    assert dispatcher_log(lab.runs_dir).read_text().count("lets you start no more processes") == 1
    wait_until(lambda: not dispatcher_trouble(lab.runs_dir).exists(), "its trouble to pass")


def test_a_dispatcher_whose_python_is_gone_says_so_and_ends_and_the_next_look_starts_another(lab: Lab) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", lab.folder / "venv"], check=True)
    lease = take_lease("cpu-0", Holder("ann", "hers"))
    locks = take_dispatching(lab.runs_dir)  # so that the launch starts none
    (run,) = lab.launch({})
    for lock in locks:
        os.close(lock)
    python = lab.folder / "venv" / "bin" / "python"
    command = [python, "-m", "iqa_tui.service.dispatcher", lab.runs_dir]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    dispatcher = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env)
    wait_until(lambda: is_dispatching(lab.runs_dir), "it to work")
    (lab.folder / "venv").rename(lab.folder / "moved")
    os.close(lease)
    said, _ = dispatcher.communicate(timeout=30)
    gone = f"the Python of this program is gone ({python})"
    assert said.count(gone) == 1
    assert "Traceback" not in said
    (reason,) = waiting_reasons([(run, read_spec(run))], Surveyor().survey()).values()
    assert reason.startswith(f"your dispatcher cannot start it: {gone}")
    assert state(run) is Phase.QUEUED
    assert revive_dispatcher(lab.runs_dir)
    wait_for(run, Phase.FINISHED)
    wait_until(lambda: not dispatcher_trouble(lab.runs_dir).exists(), "its trouble to pass")


def test_a_dispatcher_that_cannot_look_at_the_devices_says_so_in_the_rows_and_once_in_its_log(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as only:
        only.setattr("iqa_tui.queue.enqueue.ensure_dispatcher", lambda runs_dir: None)
        (run,) = lab.launch({}, devices=None)
    with monkeypatch.context() as only:
        only.setenv("IQA_TUI_CPU_SLOTS", "two")
        ensure_dispatcher(lab.runs_dir)
    wait_until(lambda: read_trouble(lab.runs_dir), "its trouble")
    (reason,) = waiting_reasons([(run, read_spec(run))], Surveyor().survey()).values()
    assert reason == (
        "your dispatcher cannot start it: IQA_TUI_CPU_SLOTS='two': write a number of at least 1, or unset it."
    )
    time.sleep(1.5)  # three more looks
    assert dispatcher_log(lab.runs_dir).read_text().count("IQA_TUI_CPU_SLOTS") == 1


def test_what_stands_in_the_place_of_a_lease_keeps_its_device_from_runs_and_no_other(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IQA_TUI_CPU_SLOTS", "2")
    os.mkfifo(gate_file(lease_file("cpu-0")))
    runs = lab.launch({}, {})
    wait_for_end(*runs)
    assert {state(run) for run in runs} == {Phase.FINISHED}
    assert {process(run).devices[0]["key"] for run in runs} == {"cpu-1"}


def test_four_gpus_run_four_and_the_fifth_says_what_it_waits_for(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gpus = FakeGpus(tmp_path / "driver").seen_by(monkeypatch)
    monkeypatch.setenv("IQA_TUI_GPU_SETTLE_SECONDS", "0.3")
    go = lab.folder / "go"
    runs = lab.launch(*[{"flags": {"until": str(go)}}] * 5)
    seen = [stub(run)["env"]["CUDA_VISIBLE_DEVICES"] for run in runs[:4]]
    assert sorted(seen) == ["0", "1", "2", "3"]
    assert state(runs[4]) is Phase.QUEUED
    status = [sys.executable, "-m", "iqa_tui", "--runs-dir", lab.runs_dir, "status", "--json"]
    seen_by_all = json.loads(subprocess.run(status, capture_output=True, check=True).stdout)
    assert [device["label"] for device in seen_by_all["devices"]] == ["GPU 0", "GPU 1", "GPU 2", "GPU 3"]
    reason = seen_by_all["runs"][4]["waits_for"]
    assert reason.startswith("needs a GPU: GPU 0 runs S")
    assert reason.count(" of ") == 4
    assert [lease_holder(gpus.uuid(number)) is not None for number in range(4)] == [True] * 4
    go.touch()
    wait_for_end(*runs)
    assert {state(run) for run in runs} == {Phase.FINISHED}


def test_a_run_that_asks_for_the_cpu_gets_no_gpu_though_there_are_some(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    FakeGpus(tmp_path / "driver").seen_by(monkeypatch)
    (run,) = lab.launch({}, devices=("cpu",))
    wait_for_end(run)
    assert stub(run)["env"]["IQA_TUI_DEVICE"] == "cpu"
    assert stub(run)["env"]["CUDA_VISIBLE_DEVICES"] == ""


def test_a_mask_that_the_launcher_inherited_limits_what_its_runs_get(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gpus = FakeGpus(tmp_path / "driver")
    mask = gpus.env | {"CUDA_VISIBLE_DEVICES": "2", "IQA_TUI_GPU_SETTLE_SECONDS": "0.3"}
    for name, value in mask.items():
        monkeypatch.setenv(name, value)
    plan = lab.folder / "stub.toml"
    plan.write_text(
        f'name = "stub"\ncommand = ["{sys.executable}", "{STUB}", "--run_folder", "{{run_folder}}"]\n[[experiment]]\nid = "A"\n'
    )
    # In a process of its own: the driver's library is found when a process starts.
    subprocess.run(
        [sys.executable, "-m", "iqa_tui", "--runs-dir", lab.runs_dir, "launch", plan, "--headless"], check=True
    )
    (run,) = list_runs(lab.runs_dir)
    assert read_spec(run).devices == [gpus.uuid(2)]
    assert stub(run)["env"]["CUDA_VISIBLE_DEVICES"] == "2"


def test_a_gpu_that_another_process_uses_is_left_alone(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    FakeGpus(tmp_path / "driver", count=2, used_mib={0: 21_811}, processes=[(0, os.getpid(), 21_811)]).seen_by(
        monkeypatch
    )
    monkeypatch.setenv("IQA_TUI_GPU_SETTLE_SECONDS", "0.3")
    runs = lab.launch({"flags": {"seconds": 0.1}}, {"flags": {"seconds": 0.1}})
    wait_for_end(*runs)
    assert {stub(run)["env"]["CUDA_VISIBLE_DEVICES"] for run in runs} == {"1"}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to another user")
def test_what_another_user_queued_is_not_started_in_our_name(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    lease = take_lease("cpu-0", Holder("ann", "hers"))
    theirs, ours = lab.launch({}, {})
    os.chown(theirs.path, 12_345, 12_345)
    os.close(lease)
    wait_for_end(ours)
    wait_until(lambda: not lab.processes(), "the dispatcher to end")
    assert state(theirs) is Phase.QUEUED
    assert not revive_dispatcher(lab.runs_dir)


def test_runs_whose_folders_are_damaged_keep_no_other_run_waiting(lab: Lab) -> None:
    lease = take_lease("cpu-0", Holder("ann", "hers"))
    runs = lab.launch(*[{}] * 9)
    torn, gone, no_folder, no_lock, no_output, deleted, silent, odd, good = runs
    torn.spec.write_text('{"form')
    gone.spec.unlink()
    no_folder.attempts_dir.touch()
    no_lock.alive_lock.mkdir()
    (no_output.attempt(1).path / "output.log").mkdir(parents=True)
    shutil.rmtree(deleted.path)
    silent.events.mkdir()
    odd.place.write_text("[]")
    states = {known.run_id: known.status for known in Catalog(lab.runs_dir).refresh()}
    assert "Move the file away" in states[torn.run_id].cause
    assert states[no_folder.run_id].cause == f"{no_folder.attempts_dir}: is no folder, or a link to one. Move it away."
    assert states[no_lock.run_id].cause == f"{no_lock.alive_lock}: is a folder, not a file. Move it away."
    assert sorted(states) == sorted(run.run_id for run in runs if run not in (gone, deleted))
    os.close(lease)
    wait_for_end(good, silent)
    log = dispatcher_log(lab.runs_dir)
    wait_until(lambda: state(no_output) is Phase.FAILED, "the run without an output to be given up")
    assert state(good) is state(silent) is Phase.FINISHED
    assert log.read_text().count(f"{no_output.run_id}: its supervisor exited with code 1") == 3
    assert no_lock.run_id not in log.read_text()
    with pytest.raises(LaunchError, match=r"is unreadable: .*attempts: is no folder, or a link to one"):
        stop_run(no_folder)


def test_a_run_in_whose_folder_nothing_can_be_done_is_postponed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    postponed = Postponed()
    run = RunFolder(tmp_path / "r")
    tries: list[RunFolder] = []

    def resume(folder: RunFolder) -> None:
        tries.append(folder)
        raise UnreadableFile(f"{folder.alive_lock}: is a pipe, not a file.")

    for _ in range(2):
        postponed.unless_postponed(run, resume)
    assert tries == [run]
    assert "alive.lock: is a pipe, not a file.; it is postponed by 60 s" in capsys.readouterr().out


def test_a_run_whose_lock_another_process_holds_keeps_no_other_run_waiting(lab: Lab) -> None:
    lease = take_lease("cpu-0", Holder("ann", "hers"))
    first, second = lab.launch({}, {})
    stuck = take_lock(first.supervisor_lock)  # as by a supervisor that hangs before its trainer
    os.close(lease)
    wait_for(second, Phase.FINISHED)
    assert state(first) is Phase.QUEUED
    os.close(stuck)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be two users")
def test_what_one_user_keeps_closed_hides_nothing_from_another(lab: Lab) -> None:
    dispatching = hold_dispatcher_lock(lab.runs_dir)
    closed, open_one = lab.launch({}, {})
    (lab.runs_dir / "lost+found").mkdir(mode=0o700)
    closed.path.chmod(0o700)
    with seen_by_another(lab.folder):
        states = Catalog(lab.runs_dir).refresh()
        waiting = Backlog(lab.runs_dir).read()
        with pytest.raises(LaunchError, match=r"cannot be written \(Permission denied\)\. Ask root, whose run it is\."):
            stop_run(open_one)
    os.close(dispatching)
    assert {known.run_id: known.phase for known in states} == {
        closed.run_id: Phase.UNREADABLE,
        open_one.run_id: Phase.QUEUED,
    }
    assert states[0].status.cause == f"{closed.spec}: may not be read by you. Ask its owner."
    assert [run for run, _ in waiting.queued] == [open_one]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be two users")
def test_an_attempt_that_its_owner_may_not_write_is_a_reason_to_wait(lab: Lab) -> None:
    lease = take_lease("cpu-0", Holder("ann", "hers"))
    (run,) = lab.launch({})
    run.attempt(1).path.mkdir(parents=True)  # root's, as an earlier version left it on a network disk
    for path in (run.path, run.attempts_dir):
        os.chown(path, 12_345, 12_345)
    survey = Surveyor().survey()
    with seen_by_another(lab.folder):
        (reason,) = waiting_reasons([(run, read_spec(run))], survey).values()
    assert reason == f"cannot start: {run.attempt(1).path} may not be written. Ask its owner, root, to give it to you"
    os.close(lease)


@contextlib.contextmanager
def seen_by_another(folder: Path) -> Iterator[None]:
    """As a user without root's rights sees it; pytest's folders are closed to others."""
    for path in (folder, *folder.parents):
        if (
            path.owner() == "root"
            and path.is_relative_to(tempfile.gettempdir())
            and path != Path(tempfile.gettempdir())
        ):
            path.chmod(0o755)
    os.setegid(12_345)
    os.seteuid(12_345)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


def test_a_label_that_the_log_cannot_say_ends_no_dispatcher(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    (run,) = lab.launch({"label": "損失 \x1b[31m"})
    wait_for_end(run)
    assert state(run) is Phase.FINISHED
