"""Runs that get several devices together: CPU slots here, which are leased as GPUs are."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from iqa_tui.devices.device import Device, DeviceState
from iqa_tui.devices.lease import lease_holder, take_lease
from iqa_tui.devices.survey import Surveyor
from iqa_tui.errors import PlanError
from iqa_tui.plans.request import LaunchRequest
from iqa_tui.queue.check import check
from iqa_tui.queue.queued_run import QueuedRun
from iqa_tui.queue.stop import stop_run
from iqa_tui.service.gathering import RIGHT, Gathering
from tests.fakes.lab import ANN, Lab, process, state, stub, wait_for, wait_for_end, wait_until
from tests.fakes.nvml import FakeGpus
from tests.fakes.waits import waiting_reasons
from training.runfolder.engines import SPEC_FORMAT
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase
from training.runfolder.read import read_spec
from training.runfolder.spec import Spec


@pytest.fixture
def two_slots(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IQA_TUI_CPU_SLOTS", "2")


def until(path: Path) -> dict[str, Any]:
    """A run of one device that ends once there is this file."""
    return {"flags": {"until": str(path)}}


def reason(run: RunFolder) -> str:
    (words,) = waiting_reasons([(run, read_spec(run))], Surveyor().survey()).values()
    return words


def holder_id(key: str) -> str:
    holder = lease_holder(key)
    return holder.run_id if holder else ""


@pytest.mark.usefixtures("two_slots")
def test_a_run_gets_two_slots_and_the_threads_of_both(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    (run,) = lab.launch({"gpus": 2})
    wait_for_end(run)
    assert state(run) is Phase.FINISHED
    assert [device["key"] for device in process(run).devices] == ["cpu-0", "cpu-1"]
    assert (read_spec(run).gpus, read_spec(run).format) == (2, SPEC_FORMAT)
    assert "--processes" not in read_spec(run).argv, "it is a flag of our trainer"


def test_a_run_gets_two_gpus_and_sees_both(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    FakeGpus(tmp_path / "driver").seen_by(monkeypatch)
    monkeypatch.setenv("IQA_TUI_GPU_SETTLE_SECONDS", "0.3")
    (run,) = lab.launch({"gpus": 2})
    assert stub(run)["env"]["CUDA_VISIBLE_DEVICES"] == "0,1"
    wait_for_end(run)
    assert len(process(run).devices) == 2


@pytest.mark.usefixtures("two_slots")
def test_it_keeps_what_it_has_while_it_waits_and_later_runs_do_not_overtake_it(lab: Lab) -> None:
    first_go, go = lab.folder / "first-go", lab.folder / "go"
    first, second = lab.launch(until(first_go), until(go))
    wait_for(first, Phase.RUNNING, Phase.STARTING)
    wait_for(second, Phase.RUNNING, Phase.STARTING)
    (wide,) = lab.launch({"gpus": 2})
    (later,) = lab.launch({})
    assert reason(wide).startswith("needs 2 CPU slots at once: CPU")
    first_go.touch()
    wait_for_end(first)
    freed = process(first).devices[0]["key"]
    wait_until(lambda: holder_id(freed) == wide.run_id, "its first slot")
    assert reason(wide).startswith(f"needs 2 CPU slots at once (has CPU {freed[-1]}, waits for 1 more): CPU")
    assert f"CPU {freed[-1]} runs S1 (kept until it has 2)" in reason(later)
    assert state(later) is Phase.QUEUED
    go.touch()
    wait_for_end(wide, later)
    assert {state(wide), state(later)} == {Phase.FINISHED}
    assert process(later).started > process(wide).started
    wait_until(lambda: not holder_id(RIGHT), "the right to gather to be free")


@pytest.mark.usefixtures("two_slots")
def test_a_killed_dispatcher_keeps_nothing_and_the_next_one_gathers_anew(lab: Lab) -> None:
    go = lab.folder / "go"
    (busy,) = lab.launch(until(go))
    wait_for(busy, Phase.RUNNING, Phase.STARTING)
    (wide,) = lab.launch({"gpus": 2})
    wait_until(lambda: holder_id("cpu-1") == wide.run_id, "its first slot")
    (dispatcher,) = lab.dispatchers()
    os.kill(dispatcher, signal.SIGKILL)
    wait_until(lambda: not holder_id("cpu-1") and not holder_id(RIGHT), "free leases")
    (later,) = lab.launch({})
    wait_until(lambda: holder_id("cpu-1") == wide.run_id, "the next dispatcher")
    go.touch()
    wait_for_end(wide, later)
    assert {state(wide), state(later)} == {Phase.FINISHED}


@pytest.mark.usefixtures("two_slots")
def test_a_run_that_is_stopped_while_it_gathers_gives_all_back(lab: Lab) -> None:

    go = lab.folder / "go"
    (busy,) = lab.launch(until(go))
    wait_for(busy, Phase.RUNNING, Phase.STARTING)
    (wide,) = lab.launch({"gpus": 2})
    wait_until(lambda: holder_id("cpu-1") == wide.run_id, "its first slot")
    stop_run(wide)
    wait_until(lambda: not holder_id("cpu-1") and not holder_id(RIGHT), "free leases")
    go.touch()


# One look, without processes ------------------------------------------------------------------------------------------


def run_of(name: str, gpus: int = 2) -> QueuedRun:
    run = SimpleNamespace(run_id=name, shown=Path("/runs") / name)
    return QueuedRun(run, Spec(name, "group", name, [], 0.0, gpus=gpus, device_kind="cpu"))


def slots(*free: bool) -> list[DeviceState]:
    return [
        DeviceState(Device(f"cpu-{number}", "cpu", number, "CPU"), is_free, "free" if is_free else "busy")
        for number, is_free in enumerate(free)
    ]


def gather(gathering: Gathering, entry: QueuedRun, states: list[DeviceState], *before: QueuedRun) -> bool:
    return gathering.gather(entry, states, [each for each in states if each.free], "cpu", before)


@pytest.fixture
def gatherings(lab: Lab) -> Any:
    made = [Gathering(lambda _: None), Gathering(lambda _: None)]
    yield made
    for each in made:
        each.give_back()


def test_of_two_dispatchers_one_alone_keeps_devices_so_neither_waits_for_the_other(gatherings: list[Gathering]) -> None:
    ours, theirs = gatherings
    assert gather(ours, run_of("a"), slots(True, False))
    assert not gather(theirs, run_of("b"), slots(False, True))
    assert (list(ours.leases), list(theirs.leases)) == (["cpu-0"], [])
    assert gather(ours, run_of("a"), slots(False, True))
    assert list(ours.leases) == ["cpu-0", "cpu-1"]
    ours.give_back_of(run_of("a"))
    assert gather(theirs, run_of("b"), slots(True, True))
    assert list(theirs.leases) == ["cpu-0", "cpu-1"]


def test_a_run_that_comes_before_it_gets_the_devices(gatherings: list[Gathering]) -> None:
    ours, _ = gatherings
    assert gather(ours, run_of("a"), slots(True, False))
    assert not gather(ours, run_of("a"), slots(False, False), run_of("urgent", gpus=1))
    assert not ours.leases
    assert lease_holder("cpu-0") is None


def test_what_is_needed_for_ever_is_not_kept(gatherings: list[Gathering]) -> None:
    """Three of two slots; one slot of which a user has withdrawn the other."""
    ours, _ = gatherings
    assert not gather(ours, run_of("a", gpus=3), slots(True, True))
    assert not ours.leases


def test_a_device_that_another_run_took_first_is_not_kept(gatherings: list[Gathering]) -> None:
    taken = take_lease("cpu-0", ANN)
    assert gather(gatherings[0], run_of("a"), slots(True, False))
    assert not gatherings[0].leases
    os.close(taken)


# What is refused ------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("two_slots")
def test_more_devices_than_there_are_are_refused_before_anything_is_queued(lab: Lab) -> None:
    words = r"experiment S1: gpus = 3, and there are 2 devices that it may have \(CPU 0, CPU 1\)"
    with pytest.raises(PlanError, match=words):
        check(LaunchRequest(lab.plan({"gpus": 3}), runs_dir=lab.runs_dir))
    with pytest.raises(PlanError, match=r"gpus = 2, and there is 1 device that it may have \(CPU 1\)"):
        check(LaunchRequest(lab.plan({"gpus": 2}), devices=("cpu-1",), runs_dir=lab.runs_dir))


def test_a_share_of_several_gpus_is_refused(lab: Lab) -> None:
    with pytest.raises(PlanError, match="gpus = 2: leave vram out"):
        lab.plan({"gpus": 2, "vram": "10 GiB"})


def test_the_trainers_own_flag_is_the_launchers(lab: Lab) -> None:
    plan = lab.plan({"gpus": 2, "flags": {"lr": 1e-4}}, command=None, base={"gpus": 4})
    assert plan.experiments[0].gpus == 2
    assert plan.flags_of(plan.experiments[0])["processes"] == 2
    with pytest.raises(PlanError, match=r"\[base\]: processes is the launcher's"):
        check(LaunchRequest(lab.plan({}, command=None, base={"processes": 2}), runs_dir=lab.runs_dir))
