"""What each queued run waits for, in words."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from iqa_tui.devices.device import Device, DeviceState
from iqa_tui.devices.gpus.sample import GpuSample
from iqa_tui.devices.lease import Holder, take_lease
from iqa_tui.devices.sharing import left_bytes
from iqa_tui.devices.survey import Survey, Surveyor
from iqa_tui.queue.dispatcher_files import older_dispatcher_lock
from iqa_tui.queue.queued_run import QueuedRun
from iqa_tui.trust.signature import write_signed
from tests.fakes.lab import (
    Lab,
)
from tests.fakes.other_users import seen_by_another
from tests.fakes.waits import waiting_reasons
from training.runfolder.folders import create_run_folder
from training.runfolder.layout import RunFolder
from training.runfolder.lock import take_lock
from training.runfolder.read import read_spec
from training.runfolder.schema import Place
from training.runfolder.spec import Spec
from training.runfolder.write import write_record

GIB = 1 << 30


def queued_run(name: str, **fields: object) -> QueuedRun:
    spec = Spec(run_id=name, group="g", label=name, experiment=name, argv=[], created=0.0, **fields)  # type: ignore[arg-type]
    return RunFolder(Path("/runs") / name), spec


def gpu(index: int, reason: str = "free", *, used_gib: int = 0, holder: Holder | None = None) -> DeviceState:
    sample = GpuSample(index, f"GPU-{index}", "H100", used_gib * GIB, 80 * GIB)
    device = Device(f"GPU-{index}", "gpu", index, "H100")
    holders = (holder,) if holder else ()
    left = left_bytes(sample, holders)
    return DeviceState(device, free=reason == "free", reason=reason, sample=sample, holders=holders, left_bytes=left)


def survey(*states: DeviceState, kind: str = "gpu", note: str = "") -> Survey:
    return Survey(states, note, 0.0, kind)


HELD = gpu(3, "held by ann, pid 4711 python (21.3 GiB, 3.0 h)", used_gib=21)
RUNS = gpu(0, "runs F2 L2 (MSE) of bob", used_gib=40, holder=Holder("bob", "r"))


def test_a_run_without_a_device_names_what_occupies_the_devices() -> None:
    reasons = waiting_reasons([queued_run("F5")], survey(RUNS, HELD))
    assert reasons == {
        "F5": "needs a GPU: GPU 3 held by ann, pid 4711 python (21.3 GiB, 3.0 h); GPU 0 runs F2 L2 (MSE) of bob"
    }


def test_a_free_device_goes_to_the_first_run_and_the_second_says_so() -> None:
    queued = [queued_run("B", order=2), queued_run("A", order=1)]
    assert waiting_reasons(queued, survey(gpu(0))) == {
        "A": "starts next on GPU 0",
        "B": "needs a GPU: GPU 0 goes to a run before it",
    }


def test_a_run_that_asks_for_one_device_waits_for_that_one() -> None:
    assert waiting_reasons([queued_run("A", devices=["3"])], survey(gpu(0), HELD))["A"].startswith(
        "needs GPU 3: GPU 3 held by ann"
    )


def test_a_device_that_is_not_there_is_said_to_be_missing() -> None:
    note = "No NVIDIA driver found: runs use 1 CPU slot"
    cpu = DeviceState(Device("cpu-0", "cpu", 0, "CPU"), free=True, reason="free")
    assert waiting_reasons([queued_run("A", devices=["2"])], survey(cpu, kind="cpu", note=note)) == {
        "A": f"needs GPU 2, and this machine has CPU 0 ({note})"
    }


def test_a_driver_that_never_answered_is_what_a_run_waits_for() -> None:
    note = "The NVIDIA driver has not answered for 14 s: runs wait for it; `--devices cpu` runs them on the CPU"
    assert waiting_reasons([queued_run("A")], survey(note=note)) == {"A": f"needs a GPU. {note}"}


def test_a_declared_need_is_met_beside_another_process_but_not_beside_a_run_that_has_the_gpu_whole() -> None:
    queued = [queued_run("A", vram_bytes=40 * GIB)]
    assert waiting_reasons(queued, survey(HELD)) == {"A": "starts next on GPU 3"}
    assert waiting_reasons(queued, survey(RUNS)) == {"A": "needs 40.0 GiB of a GPU: GPU 0 runs F2 L2 (MSE) of bob"}


def test_runs_with_declared_needs_share_a_gpu_until_it_is_full() -> None:
    queued = [queued_run(name, vram_bytes=30 * GIB, order=order) for order, name in enumerate("ABC")]
    assert waiting_reasons(queued, survey(gpu(0))) == {
        "A": "starts next on GPU 0",
        "B": "starts next on GPU 0",
        "C": "needs 30.0 GiB of a GPU: GPU 0 goes to a run before it",
    }
    shared = gpu(0, "shared by F2 of bob (60.0 GiB); 19.5 GiB left", holder=Holder("bob", "r", reserved_bytes=60 * GIB))
    assert waiting_reasons(queued[:1], survey(shared)) == {
        "A": "needs 30.0 GiB of a GPU: GPU 0 shared by F2 of bob (60.0 GiB); 19.5 GiB left"
    }
    busy = gpu(1, "held by ann, pid 4711 python (60.0 GiB, 3.0 h)", used_gib=60)
    assert waiting_reasons(queued[:1], survey(busy))["A"].endswith("(60.0 GiB, 3.0 h); 19.5 GiB left")


def test_a_run_without_a_declared_need_never_shares() -> None:
    queued = [
        queued_run("A", vram_bytes=GIB, order=1),
        queued_run("B", order=2),
        queued_run("C", vram_bytes=GIB, order=3),
    ]
    reasons = waiting_reasons(queued, survey(gpu(0)))
    assert reasons == {
        "A": "starts next on GPU 0",
        "B": "needs a GPU: GPU 0 goes to a run before it",
        "C": "starts next on GPU 0",
    }
    assert waiting_reasons([queued_run("B"), queued_run("C", vram_bytes=GIB, order=9)], survey(gpu(0)))["C"].endswith(
        "before it"
    )


def test_many_busy_devices_are_counted() -> None:
    reasons = waiting_reasons([queued_run("A")], survey(*[gpu(n, "it is 90% busy") for n in range(8)]))
    assert reasons["A"].endswith("; 4 more busy")


def test_by_priority_the_higher_ones_are_named() -> None:
    low = queued_run("C", priority="low", strategy="priority")
    alive = [queued_run("A", priority="high", strategy="priority")]
    queued = [low, queued_run("B", priority="medium", strategy="priority")]
    assert waiting_reasons(queued, survey(gpu(0)), alive) == {
        "B": "by priority: waits for A",
        "C": "by priority: waits for A, B",
    }


def test_reasons_are_plain_even_if_the_files_they_quote_are_not(tmp_path: Path) -> None:
    spec = Spec(run_id="r", group="g", label="l", argv=["true"], created=0.0, devices=["GPU\x1b]0;x\x07"])
    held = RunFolder(tmp_path / "held")
    write_record(held.place, Place(by="ann\x1b[31m\nbob", when=0.0, held=True))
    named = create_run_folder(tmp_path, "named")
    write_signed(named, spec, {})
    holder = Holder("ann\x1b", "r\n", 1, "F2\x9b", "/runs")
    there = survey(gpu(0, f"runs {holder.words} of {holder.user}\u202e", holder=holder), note="no\x07")
    reasons = waiting_reasons([(held, spec), (named, spec)], there, [])
    assert reasons["held"].startswith(r"held by ann\x1b[31m bob;")
    assert r"needs GPU\x1b]0;x\x07" in reasons["named"]
    assert there.devices[0].reason == r"runs F2\x9b of ann\x1b\u202e"
    assert there.note == r"no\x07"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to another user")
def test_of_another_users_run_it_is_only_known_whose_dispatcher_starts_it(tmp_path: Path) -> None:
    spec = queued_run("A")[1]
    run = RunFolder(tmp_path / "A")
    run.path.mkdir()
    os.chown(run.path, 12_345, 12_345)
    assert waiting_reasons([(run, spec)], survey(gpu(0))) == {
        "A": "queued by user 12345, whose own dispatcher starts it"
    }
    before = take_lock(older_dispatcher_lock(tmp_path, 12_345))
    os.fchown(before, 12_345, 12_345)
    assert waiting_reasons([(run, spec)], survey(gpu(0))) == {"A": "starts next on GPU 0"}
    os.close(before)


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


TUNE = {"grid": {"lr": [1, 2]}, "trials": ["T1", "T2"]}


def test_a_tuned_run_says_how_many_tuning_runs_it_waits_for() -> None:
    queued = [queued_run("F1", tune=TUNE), queued_run("T2", trial={"values": {"lr": 2}})]
    assert waiting_reasons(queued, survey(gpu(0), gpu(1)), alive=[]) == {
        "F1": "waits for 1 of 2 tuning runs",
        "T2": "starts next on GPU 0",
    }
    alive = [queued_run("T1", trial={"values": {"lr": 1}})]
    assert waiting_reasons(queued, survey(gpu(0)), alive)["F1"] == "waits for 2 of 2 tuning runs"
    assert waiting_reasons(queued[:1], survey(gpu(0)), alive=[]) == {"F1": "starts next on GPU 0"}


def test_tuning_runs_that_a_user_holds_are_counted(lab: Lab) -> None:
    run = create_run_folder(lab.runs_dir, "T1")
    write_signed(run, Spec("T1", "g", "T1", argv=["true"], created=0.0, trial={"values": {"lr": 1}}), {})
    write_record(run.place, Place("ann", 1.0, held=True))
    queued = [queued_run("F1", tune=TUNE), QueuedRun(run, read_spec(run))]
    assert waiting_reasons(queued, survey(gpu(0)), alive=[])["F1"] == "waits for 1 of 2 tuning runs, 1 of them held"
