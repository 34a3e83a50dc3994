"""One supervisor and its trainer, as real processes: however they end, it is said, and nothing is left."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from typing import Any

import pytest

from iqa_tui.devices.device import Device
from iqa_tui.devices.lease import Holder, lease_holder, take_lease
from iqa_tui.devices.lease_folder import lease_file
from iqa_tui.monitor.catalog import Catalog
from iqa_tui.monitor.run_words import note_words
from iqa_tui.service.supervisor_exits import EXIT_DEVICE_TAKEN, EXIT_NOT_QUEUED
from tests.fakes.lab import (
    Lab,
    change_spec,
    exit_record,
    gone,
    process,
    state,
    stub,
    wait_for,
    wait_until,
    words,
)
from training.runfolder.exits import ExitKind
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase
from training.runfolder.status import run_status


def test_a_trainer_that_ends_well_is_finished_and_its_device_is_free(lab: Lab, queued: Any) -> None:
    run = queued(say="hello")
    assert lab.supervise(run).wait() == 0
    assert state(run) is Phase.FINISHED
    record = exit_record(run)
    assert (record.kind, record.returncode, record.signal) == (ExitKind.FINISHED, 0, None)
    assert record.peak_rss_bytes is not None
    assert record.peak_rss_bytes > 1 << 20
    assert run.attempt(1).output.read_bytes() == b"hello\n"
    assert lease_holder("cpu-0") is None


def test_the_trainer_gets_its_device_its_attempt_and_no_blocked_signals(lab: Lab, queued: Any) -> None:
    run = queued()
    assert lab.supervise(run, Device("GPU-1", "gpu", 3, "H100")).wait() == 0
    assert stub(run)["env"] | {"OMP_NUM_THREADS": None} == {
        "CUDA_VISIBLE_DEVICES": "3",
        "CUDA_DEVICE_ORDER": "PCI_BUS_ID",
        "OMP_NUM_THREADS": None,
        "IQA_TUI_ATTEMPT": "1",
        "IQA_TUI_DEVICE": "cuda",
    }
    assert stub(run)["blocked_signals"] == []
    assert process(run).devices[0]["index"] == 3


def test_an_error_is_told_by_its_last_words(lab: Lab, queued: Any) -> None:
    run = queued(exit=3, say="error: the moon is full")
    lab.supervise(run).wait()
    assert words(run) == "failed: exit 3: the moon is full"


def test_a_killed_trainer_says_so_within_two_seconds_and_frees_its_device(lab: Lab, queued: Any) -> None:
    run = queued(seconds=60)
    supervisor = lab.supervise(run)
    os.kill(stub(run)["pid"], signal.SIGKILL)
    killed = time.time()
    supervisor.wait()
    assert words(run).startswith("failed: killed by SIGKILL: from outside")
    assert exit_record(run).ended - killed < 2
    assert lease_holder("cpu-0") is None


def test_a_command_that_cannot_be_run_is_a_cause_of_its_own(lab: Lab, queued: Any) -> None:
    run = queued()
    change_spec(run, argv=["/no/such/trainer"])
    lab.supervise(run).wait()
    assert words(run) == "failed: its command cannot be run: /no/such/trainer: No such file or directory"
    assert exit_record(run).kind is ExitKind.NOT_STARTED


def test_workers_and_detached_orphans_of_a_trainer_that_ended_are_swept_up(lab: Lab, queued: Any) -> None:
    run = queued(workers=2, detach=True)
    lab.supervise(run).wait()
    assert len(stub(run)["children"]) == 3
    assert all(gone(pid) for pid in stub(run)["children"])
    assert lab.processes() == []
    assert state(run) is Phase.FINISHED


def test_a_trainer_that_closes_every_descriptor_keeps_its_device(lab: Lab, queued: Any) -> None:
    run = queued()
    program = "import os, pathlib, sys, time; os.closerange(0, 256); pathlib.Path(sys.argv[1]).touch(); time.sleep(60)"
    closed = lab.folder / "closed"
    change_spec(run, argv=[sys.executable, "-c", program, str(closed)])
    supervisor = lab.supervise(run)
    wait_until(closed.exists, "the descriptors to be closed")
    assert lease_holder("cpu-0") is not None
    assert state(run) is Phase.RUNNING
    supervisor.terminate()
    supervisor.wait()
    assert lease_holder("cpu-0") is None


def test_a_run_whose_lease_was_removed_keeps_others_away_and_says_if_one_was_faster(lab: Lab, queued: Any) -> None:
    run = queued(until=str(lab.folder / "go"))
    supervisor = lab.supervise(run)
    process(run)
    lease_file("cpu-0").unlink()
    wait_until(lambda: lease_holder("cpu-0"), "the lease to be taken anew")
    assert "it is taken anew" in run.attempt(1).supervisor_output.read_text()
    lease_file("cpu-0").unlink()
    other = take_lease("cpu-0", Holder("ann", "hers"))

    def note() -> str:
        (known,) = Catalog(lab.runs_dir).refresh()
        return note_words(known, "")

    told = "another run may have its device: the lease of cpu-0 was removed"
    wait_until(lambda: note() == told, "the run to say so")
    os.close(other)
    wait_until(lambda: note() != told, "the run to say so no more")
    (lab.folder / "go").touch()
    assert supervisor.wait() == 0
    assert state(run) is Phase.FINISHED


def test_a_killed_supervisor_takes_nothing_with_it(lab: Lab, queued: Any) -> None:
    run = queued(until=str(lab.folder / "go"))
    supervisor = lab.supervise(run)
    pid = stub(run)["pid"]
    process(run)
    supervisor.kill()
    supervisor.wait()
    assert words(run) == "running, unsupervised"
    holder = lease_holder("cpu-0")
    assert holder is not None
    assert holder.run_id == run.run_id
    (lab.folder / "go").touch()
    wait_until(lambda: gone(pid), "the trainer to end")
    wait_for(run, Phase.LOST)
    assert "left no record" in words(run)
    assert lease_holder("cpu-0") is None


def test_a_device_that_another_run_has_leaves_this_one_queued(lab: Lab, queued: Any) -> None:
    run = queued()
    lease = take_lease("cpu-0", Holder("ann", "another"))
    assert lab.supervise(run).wait() == EXIT_DEVICE_TAKEN
    assert state(run) is Phase.QUEUED
    os.close(lease)
    assert lab.supervise(run).wait() == 0


def test_a_run_is_supervised_once(lab: Lab, queued: Any) -> None:
    run = queued(seconds=60)
    lab.supervise(run)
    stub(run)
    assert lab.supervise(run, Device("cpu-1", "cpu", 1, "CPU")).wait() == EXIT_NOT_QUEUED
    assert run_status(run).phase.is_alive


def test_a_run_whose_folder_is_deleted_ends_and_leaves_nothing_and_one_that_is_moved_goes_on(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IQA_TUI_CPU_SLOTS", "2")
    deleted, moved = lab.launch(*[{"flags": {"seconds": 60}}] * 2)
    trainers = [stub(run)["pid"] for run in (deleted, moved)]
    supervisors = [process(run).supervisor_pid for run in (deleted, moved)]
    elsewhere = RunFolder(lab.folder / "elsewhere" / moved.run_id)
    elsewhere.runs_dir.mkdir()
    moved.path.rename(elsewhere.path)
    shutil.rmtree(deleted.path)
    wait_until(lambda: not {trainers[0], supervisors[0]} & set(lab.processes()), "what was deleted to end")
    assert not deleted.path.exists()
    assert {trainers[1], supervisors[1]} <= set(lab.processes())
    assert state(elsewhere) is Phase.RUNNING
    assert lease_holder("cpu-0") is None or lease_holder("cpu-1") is None
