"""The sampler beside a run, as real processes: whatever becomes of it, the run ends as it would have ended."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from iqa_tui.devices.device import Device
from iqa_tui.processes.periods import HASTE_VARIABLE
from iqa_tui.processes.strays import marked_processes
from iqa_tui.service import sampling
from iqa_tui.service.sampling import Sampling
from tests.fakes.clock import FakeClock
from tests.fakes.lab import Lab, exit_record, gone, is_alive, stub, wait_until, words
from tests.fakes.nvml import FakeGpus
from training.runfolder.exits import ExitKind
from training.runfolder.layout import RunFolder

MIB = 1 << 20
Queue = Callable[..., RunFolder]


@pytest.fixture(autouse=True)
def _in_haste(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line every half second, and another sampler after three."""
    monkeypatch.setenv(HASTE_VARIABLE, "20")


def lines(run: RunFolder) -> list[dict[str, Any]]:
    with contextlib.suppress(FileNotFoundError):
        return [json.loads(line) for line in run.machine.read_bytes().splitlines()]
    return []


def wait_for_line(run: RunFolder, fits: Callable[[dict[str, Any]], bool] = bool, *, after: int = 0) -> dict[str, Any]:
    return wait_until(lambda: next(filter(fits, lines(run)[after:]), None), "a line of machine.jsonl")


def sampler_of(lab: Lab) -> int:
    return wait_until(lambda: next(iter(samplers(lab)), None), "a sampler")


def samplers(lab: Lab) -> list[int]:
    return [pid for pid in lab.processes() if b"machine_sampler" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def gpu(gpus: FakeGpus, number: int) -> Device:
    return Device(gpus.uuid(number), "gpu", number, "H100")


def test_a_line_tells_the_memory_of_all_processes_of_the_run(lab: Lab, queued: Queue) -> None:
    run = queued(seconds=60, workers=2, detach=True)
    supervisor = lab.supervise(run)
    line = wait_for_line(run, lambda line: line["processes"] == 4)
    assert line["attempt"] == 1
    assert abs(line["t"] - time.time()) < 60
    assert line["memory_bytes"] is None or line["memory_bytes"] > 4 * MIB
    assert line["gpus"] == []
    os.kill(stub(run)["pid"], signal.SIGKILL)
    supervisor.wait()
    assert exit_record(run).peak_gpu_memory_bytes is None
    assert lab.processes() == []


def test_a_run_on_a_gpu_has_its_own_memory_in_each_line_and_the_peak_in_the_record_of_its_end(
    lab: Lab, queued: Queue, gpus: FakeGpus
) -> None:
    run = queued(until=str(lab.folder / "end"))
    supervisor = lab.supervise(run, gpu(gpus, 1))
    pid = stub(run)["pid"]
    gpus.used_mib = {1: 5600}
    for mib in (300, 900, 200):
        gpus.processes = [(1, pid, mib), (1, 99, 4000)]
        gpus.write()
        # In a container processes cannot be told apart, and all that is used is the run's.
        wait_for_line(run, lambda line, mib=mib: line["gpus"][0]["memory_bytes"] in (mib * MIB, 5600 * MIB))
    line = lines(run)[-1]["gpus"][0]
    assert (line["key"], line["index"], line["power_watts"]) == (gpus.uuid(1), 1, 61.5)
    (lab.folder / "end").touch()
    supervisor.wait()
    assert exit_record(run).peak_gpu_memory_bytes in (900 * MIB, 5600 * MIB)


def test_the_sampler_has_no_lock_and_no_mark(lab: Lab, queued: Queue) -> None:
    run = queued(seconds=60)
    lab.supervise(run)
    wait_for_line(run)
    pid = sampler_of(lab)
    opened = [str(path.readlink()) for path in Path(f"/proc/{pid}/fd").iterdir()]
    assert sorted(opened) == sorted(["/dev/null"] * 2 + [str(run.path), str(run.attempt(1).supervisor_output)])
    assert pid not in marked_processes(lab.runs_dir)[run.path]


def test_a_killed_sampler_is_replaced_and_the_run_notices_nothing(lab: Lab, queued: Queue) -> None:
    run = queued(until=str(lab.folder / "end"))
    supervisor = lab.supervise(run)
    wait_for_line(run)
    first = sampler_of(lab)
    os.kill(first, signal.SIGKILL)
    seen = len(lines(run))
    wait_for_line(run, after=seen + 2)
    assert sampler_of(lab) != first
    (lab.folder / "end").touch()
    assert supervisor.wait() == 0
    assert exit_record(run).kind is ExitKind.FINISHED
    assert lab.processes() == []


def test_a_run_does_not_wait_for_a_sampler_that_hangs(lab: Lab, queued: Queue) -> None:
    run = queued(until=str(lab.folder / "end"))
    supervisor = lab.supervise(run)
    wait_for_line(run)
    os.kill(sampler_of(lab), signal.SIGSTOP)
    (lab.folder / "end").touch()
    supervisor.wait()
    assert exit_record(run).kind is ExitKind.FINISHED
    assert samplers(lab) == []


def test_a_sampler_is_gone_with_its_supervisor(lab: Lab, queued: Queue) -> None:
    run = queued(seconds=60)
    supervisor = lab.supervise(run)
    wait_for_line(run)
    pid = sampler_of(lab)
    supervisor.kill()
    wait_until(lambda: gone(pid) or not is_alive(pid), "the sampler to be killed")
    assert is_alive(stub(run)["pid"])


def test_a_broken_library_costs_the_gpus_alone(
    lab: Lab, queued: Queue, gpus: FakeGpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    (lab.folder / "broken").mkdir()
    (lab.folder / "broken" / "pynvml.py").write_text("raise ImportError('no such library')\n")
    monkeypatch.setenv("PYTHONPATH", str(lab.folder / "broken"), prepend=os.pathsep)
    run = queued(until=str(lab.folder / "end"))
    supervisor = lab.supervise(run, gpu(gpus, 0))
    line = wait_for_line(run)
    assert line["memory_bytes"] > MIB
    assert line["gpus"][0]["memory_bytes"] is None
    (lab.folder / "end").touch()
    supervisor.wait()
    assert words(run) == "finished"
    assert "tells nothing of the GPUs: no such library" in run.attempt(1).supervisor_output.read_text()


@pytest.mark.parametrize("trouble", ["hang -1 init 60", "hang 0 power 60"])
def test_while_the_driver_hangs_lines_tell_the_processes_alone(
    lab: Lab, queued: Queue, gpus: FakeGpus, trouble: str
) -> None:
    run = queued(until=str(lab.folder / "end"))
    gpus.says = [trouble]
    gpus.write()
    supervisor = lab.supervise(run, gpu(gpus, 0))
    line = wait_for_line(run, after=1)
    assert line["memory_bytes"] > MIB
    assert line["gpus"][0]["power_watts"] is None
    (lab.folder / "end").touch()
    supervisor.wait()
    assert words(run) == "finished"
    assert lab.processes() == []


def test_a_query_that_crashes_takes_the_sampler_and_nothing_else(lab: Lab, queued: Queue, gpus: FakeGpus) -> None:
    run = queued(until=str(lab.folder / "end"))
    gpus.says = ["crash 0 power"]
    gpus.write()
    supervisor = lab.supervise(run, gpu(gpus, 0))
    first = sampler_of(lab)
    wait_until(lambda: gone(first), "the sampler to crash")
    gpus.says = []
    gpus.write()
    wait_for_line(run, lambda line: line["gpus"][0]["power_watts"] == 61.5)
    (lab.folder / "end").touch()
    supervisor.wait()
    assert words(run) == "finished"


def test_on_a_full_disk_there_are_no_lines_and_the_run_says_what_ended_it(
    lab: Lab, queued: Queue, small_disk: Path
) -> None:
    (small_disk / "ballast").write_bytes(bytes(3 * MIB))
    run = queued(fill=str(small_disk / "more"), workers=1)
    lab.supervise(run).wait()
    assert exit_record(run).kind is ExitKind.DISK_FULL
    assert lab.processes() == []


def test_what_stands_in_the_place_of_the_file_hinders_no_run(lab: Lab, queued: Queue) -> None:
    run = queued(until=str(lab.folder / "end"))
    supervisor = lab.supervise(run)
    wait_for_line(run)
    run.machine.unlink()
    os.mkfifo(run.machine)
    os.kill(sampler_of(lab), signal.SIGKILL)
    log = run.attempt(1).supervisor_output
    wait_until(lambda: log.exists() and "is a pipe, not a file" in log.read_text(), "the refusal")
    (lab.folder / "end").touch()
    supervisor.wait()
    assert words(run) == "finished"


class FakeTrainer:
    def __init__(self) -> None:
        self.bystanders: set[int] = set()


def sampling_at(clock: FakeClock) -> Sampling:
    return Sampling(["1", "nonce"], 0, [], is_alone=True, clock=clock)


def test_a_sampler_that_cannot_be_started_is_tried_again_ever_more_seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, trainer, starts = FakeClock(), FakeTrainer(), []

    def refuse(*_: object, **__: object) -> int:
        starts.append(clock.now)
        raise OSError("Resource temporarily unavailable")

    monkeypatch.setattr(os, "posix_spawn", refuse)
    monkeypatch.setattr(sampling, "SAMPLER_PAUSE_SECONDS", 60.0)
    kept = sampling_at(clock)
    for second in range(20_000):
        clock.now = float(second)
        kept.keep(trainer)  # type: ignore[arg-type]
    assert starts == [0, 60, 180, 420, 900, 1860, 3780, 7380, 10980, 14580, 18180]
    assert trainer.bystanders == set()


def test_after_the_end_none_is_started_and_a_number_that_was_reaped_is_not_killed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock, trainer, killed = FakeClock(), FakeTrainer(), []
    monkeypatch.setattr(os, "posix_spawn", lambda *_, **__: 4711)
    monkeypatch.setattr(os, "kill", lambda pid, number: killed.append((pid, number)))
    kept = sampling_at(clock)
    kept.keep(trainer)  # type: ignore[arg-type]
    kept.end(trainer)  # type: ignore[arg-type]
    assert killed == [(4711, signal.SIGKILL)]
    trainer.bystanders.clear()  # reaped
    kept.end(trainer)  # type: ignore[arg-type]
    clock.now = 1e6
    kept.keep(trainer)  # type: ignore[arg-type]
    assert len(killed) == 1
    assert trainer.bystanders == set()
