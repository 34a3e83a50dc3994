"""What the writer writes is what the reader reads, and both stay what they were."""

from __future__ import annotations

from pathlib import Path

from tests.golden.make import GOLDEN, HERE, write_all
from training.runfolder.events import EventTail, read_events
from training.runfolder.exits import ExitKind
from training.runfolder.layout import RunFolder
from training.runfolder.machine import peak_gpu_memory
from training.runfolder.read import read_record, read_spec
from training.runfolder.schema import ExitRecord, ProcessRecord, Result
from training.runfolder.status import run_status


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for name in GOLDEN
        for path in sorted((folder / name).rglob("*"))
        if path.is_file()
    }


def test_the_writer_still_writes_the_golden_bytes(tmp_path: Path) -> None:
    write_all(tmp_path)
    assert files_of(tmp_path) == files_of(HERE)


def test_a_torn_line_is_counted_and_everything_else_is_read(golden: Path) -> None:
    run = RunFolder(golden / "torn")
    tail = EventTail(run.events)
    events = tail.poll()
    assert tail.torn == 1
    assert [event.kind for event in events] == ["started", "step", "step", "step", "warning"]
    assert events[3].fields["loss"] is None
    assert [event.attempt for event in events] == [1, 1, 1, 2, 2]


def test_records_come_back_as_they_were_written(golden: Path) -> None:
    run = RunFolder(golden / "finished")
    result, process = read_record(run.result, Result), read_record(run.attempt(1).process, ProcessRecord)
    assert result is not None
    assert process is not None
    assert result.metrics["test"]["srcc"] == 0.9321
    assert process.devices[0]["key"] == "GPU-aaaa"
    assert [event.fields.get("step") for event in read_events(run)] == [None, 1, 2, 3]
    assert run_status(run).exit_kind is ExitKind.FINISHED


def test_unknown_fields_and_unknown_event_kinds_are_passed_over(golden: Path) -> None:
    run = RunFolder(golden / "finished")
    run.spec.write_text(run.spec.read_text().replace('"run_id"', '"colour": "blue",\n "run_id"', 1))
    with run.events.open("a") as file:
        file.write('{"kind": "dreamed", "t": 1, "attempt": 1, "of": "sheep"}\n')
    assert read_spec(run).experiment == "F2"
    assert read_events(run)[-1].kind == "dreamed"


def test_a_peak_is_read_back_and_a_record_of_an_earlier_version_has_none(golden: Path) -> None:
    run, before = RunFolder(golden / "finished"), RunFolder(HERE / "before" / "finished")
    new, old = (read_record(each.attempt(1).exit, ExitRecord) for each in (run, before))
    assert new is not None
    assert old is not None
    assert new.peak_gpu_memory_bytes == 40 << 30 == peak_gpu_memory(run, 1)
    assert old.peak_gpu_memory_bytes is None
    assert peak_gpu_memory(before, 1) is None
