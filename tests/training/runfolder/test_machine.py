"""What the machine shows of a run, a line now and then: bounded, whole, and never a reason to fail."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from training.runfolder import machine
from training.runfolder.errors import Fenced, UnreadableFile
from training.runfolder.fence import Fence, set_fence
from training.runfolder.layout import RunFolder
from training.runfolder.machine import GpuUse, MachineLog, MachineSample, SampleTail, parse_sample, peak_gpu_memory
from training.runfolder.schema import Owner
from training.runfolder.write import write_record

GIB = 1 << 30


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return RunFolder(tmp_path)


def sample(t: float, *gpu_bytes: int | None, attempt: int = 1) -> MachineSample:
    return MachineSample(t, attempt, 5 * GIB, 3, [GpuUse(f"GPU-{i}", i, used) for i, used in enumerate(gpu_bytes)])


def lines(run: RunFolder) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run.machine.read_text().splitlines()]


def test_a_line_holds_the_run_s_memory_and_each_gpu(run: RunFolder) -> None:
    use = GpuUse("GPU-5f2c", 3, 40 * GIB, 97, 411.5, 64)
    assert MachineLog(run, 2).append(MachineSample(1000.5, 2, 5 * GIB, 3, [use]))
    assert lines(run) == [
        {
            "t": 1000.5,
            "attempt": 2,
            "memory_bytes": 5 * GIB,
            "processes": 3,
            "gpus": [
                {
                    "key": "GPU-5f2c",
                    "index": 3,
                    "memory_bytes": 40 * GIB,
                    "utilisation_percent": 97,
                    "power_watts": 411.5,
                    "temperature_celsius": 64,
                }
            ],
            "peak_gpu_memory_bytes": 40 * GIB,
        }
    ]


def test_a_long_file_is_thinned_to_every_second_line_with_the_newest_and_goes_on(run: RunFolder) -> None:
    log = MachineLog(run, 1, most_lines=6)
    for t in range(7):
        log.append(sample(t))
    assert [line["t"] for line in lines(run)] == [1, 3, 5, 6]
    for t in range(7, 107):
        log.append(sample(t))
        assert len(lines(run)) <= 6
    assert lines(run)[-1]["t"] == 106
    assert [path.name for path in run.path.iterdir()] == ["machine.jsonl"]


def test_the_peak_outlives_the_line_that_had_it_and_the_writer(run: RunFolder) -> None:
    log = MachineLog(run, 1, most_lines=4)
    for t, used in enumerate([1, 30, 2, 2, 2, 2, 2]):
        log.append(sample(t, used * GIB, used * GIB))
    assert not any(line["gpus"][0]["memory_bytes"] == 30 * GIB for line in lines(run))
    assert peak_gpu_memory(run, 1) == 60 * GIB
    again = MachineLog(run, 1)
    again.append(sample(9, None, None))
    assert peak_gpu_memory(run, 1) == 60 * GIB


def test_each_attempt_has_its_own_peak(run: RunFolder) -> None:
    MachineLog(run, 1).append(sample(1, 30 * GIB))
    assert peak_gpu_memory(run, 2) is None
    MachineLog(run, 2).append(sample(2, 7 * GIB, attempt=2))
    assert peak_gpu_memory(run, 2) == 7 * GIB


def test_a_gpu_that_tells_nothing_is_not_counted_as_nothing(run: RunFolder) -> None:
    MachineLog(run, 1).append(sample(1, None))
    assert lines(run)[0]["peak_gpu_memory_bytes"] is None
    assert peak_gpu_memory(run, 1) is None


def test_a_torn_line_stays_alone_and_hides_no_peak(run: RunFolder) -> None:
    MachineLog(run, 1).append(sample(1, 30 * GIB))
    with run.machine.open("ab") as file:
        file.write(b'{"t": 11.0, "att')
    assert peak_gpu_memory(run, 1) == 30 * GIB
    MachineLog(run, 1).append(sample(21, 2 * GIB))
    torn = run.machine.read_bytes().split(b"\n")[1]
    assert torn == b'{"t": 11.0, "att'
    assert json.loads(run.machine.read_bytes().split(b"\n")[2])["t"] == 21


def test_half_a_line_is_taken_back(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    log = MachineLog(run, 1)
    log.append(sample(1))
    whole = run.machine.read_bytes()
    write = os.write
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:20]))
        assert not log.append(sample(2))
    assert run.machine.read_bytes() == whole
    assert log.append(sample(3))
    assert [line["t"] for line in lines(run)] == [1, 3]


def test_a_file_that_cannot_be_thinned_does_not_grow(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    log = MachineLog(run, 1, most_lines=3)
    for t in range(3):
        log.append(sample(t))

    def full(*_: object) -> None:
        raise OSError("No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(machine, "write_atomic", full)
        assert not any(log.append(sample(t)) for t in range(3, 9))
    assert len(lines(run)) == 3
    assert log.append(sample(9))
    assert [line["t"] for line in lines(run)] == [0, 2, 9]


def test_a_run_that_another_attempt_has_gets_no_line(run: RunFolder) -> None:
    write_record(run.owner, Owner(2, "gpu2", "m", 1, "theirs"))
    set_fence(Fence(run, "ours"))
    try:
        log = MachineLog(run, 1)
        with pytest.raises(Fenced):
            log.append(sample(1))
    finally:
        set_fence(None)
    assert not run.machine.exists()


def test_the_folder_of_a_deleted_run_is_not_made_again(tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "gone")
    run.path.mkdir()
    log = MachineLog(run, 1)
    run.path.rmdir()
    assert not log.append(sample(1))
    assert not run.path.exists()


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo, lambda path: path.symlink_to("/dev/zero")])
def test_what_is_no_file_is_refused_at_once(run: RunFolder, make: Any) -> None:
    make(run.machine)
    with pytest.raises(UnreadableFile):
        MachineLog(run, 1)
    assert peak_gpu_memory(run, 1) is None


@pytest.mark.parametrize(
    "end",
    [
        b"[" * 5000,
        b"1",
        b"[]",
        b"\xff",
        b"",
        b'{"attempt": 1, "peak_gpu_memory_bytes": "much"}',
        b'{"attempt": 1, "peak_gpu_memory_bytes": true}',
        b'{"attempt": 1, "peak_gpu_memory_bytes": -1}',
        b'{"attempt": 1, "peak_gpu_memory_bytes": 1e999}',
        b'{"attempt": 1, "peak_gpu_memory_bytes": 1' + b"0" * 30 + b"}",
    ],
)
def test_a_line_that_a_stranger_wrote_is_no_peak(run: RunFolder, end: bytes) -> None:
    run.machine.write_bytes(end + b"\n")
    assert peak_gpu_memory(run, 1) is None


def test_what_is_written_is_read_and_each_line_once(run: RunFolder) -> None:
    log, tail = MachineLog(run, 1), SampleTail(run)
    assert tail.poll() == []
    written = [sample(1.5, 30 * GIB, None), sample(2)]
    for each in written:
        log.append(each)
    read = tail.poll()
    assert [replace(each, peak_gpu_memory_bytes=None) for each in read] == written
    assert [each.peak_gpu_memory_bytes for each in read] == [30 * GIB] * 2
    assert tail.poll() == []


def test_half_a_line_is_held_back_and_a_torn_one_is_skipped(run: RunFolder) -> None:
    tail = SampleTail(run)
    with run.machine.open("ab", buffering=0) as file:
        file.write(b'{"t": 1, "attempt": 1}\n{"t": 2, "att')
        assert [each.t for each in tail.poll()] == [1]
        file.write(b'\n{"t": 3, "attempt": 1}\n')
    assert [each.t for each in tail.poll()] == [3]


def test_a_thinned_file_is_read_from_its_beginning(run: RunFolder) -> None:
    log, tail = MachineLog(run, 1, most_lines=2), SampleTail(run)
    log.append(sample(1))
    log.append(sample(2))
    assert len(tail.poll()) == 2
    log.append(sample(3))
    assert [each.t for each in tail.poll()] == [2, 3]
    assert tail.restarted == 1


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo, lambda path: path.symlink_to("/dev/zero")])
def test_what_is_no_file_has_no_samples(run: RunFolder, make: Any) -> None:
    make(run.machine)
    assert SampleTail(run).poll() == []


def test_a_hollow_file_has_no_samples(run: RunFolder) -> None:
    run.machine.touch()
    os.truncate(run.machine, 40 << 30)
    assert SampleTail(run).poll() == []


@pytest.mark.parametrize(
    "line",
    [
        b"[" * 5000,
        b"[1]",
        b"\xff",
        b'{"attempt": 1}',
        b'{"t": true, "attempt": 1}',
        b'{"t": NaN, "attempt": 1}',
        b'{"t": 1e999, "attempt": 1}',
        b'{"t": -1, "attempt": 1}',
        b'{"t": 1, "attempt": 0}',
        b'{"t": 1, "attempt": ' + b"9" * 30 + b"}",
        b'{"t": 1, "attempt": ' + b"9" * 5000 + b"}",
        b'{"t": 1, "attempt": 1, "more": "' + b"x" * machine.LONGEST_SAMPLE_BYTES + b'"}',
    ],
)
def test_a_line_without_a_time_or_attempt_is_no_sample(line: bytes) -> None:
    assert parse_sample(line) is None


@pytest.mark.parametrize("value", ['"x"', "true", "-1", "9" * 30, "null", "[]", "{}", "NaN", "1e999"])
def test_a_field_that_is_not_what_it_must_be_is_not_known(value: str) -> None:
    names = ("memory_bytes", "utilisation_percent", "power_watts", "temperature_celsius", "index")
    gpu = "{" + ", ".join(f'"{name}": {value}' for name in names if (name, value[:1]) != ("power_watts", "9")) + "}"
    line = f'{{"t": 1, "attempt": 1, "memory_bytes": {value}, "processes": {value}, "gpus": [3, {gpu}]}}'
    assert parse_sample(line.encode()) == MachineSample(1.0, 1, None, 0, [GpuUse("")])


def test_a_key_reaches_no_terminal_as_an_escape() -> None:
    line = b'{"t": 1, "attempt": 1, "gpus": [{"key": "\\u001b]52;c;eA==\\u0007"}]}'
    (gpu,) = (parse_sample(line) or MachineSample(0, 1)).gpus
    assert "\x1b" not in gpu.key
