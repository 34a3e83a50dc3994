"""The folder of good runs in which the fuzzer damages one more."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from tests.fakes.run_folders import FakeRun
from tests.trust import damage
from tests.trust.fuzz_cases import NAMES, SHAPES, Case
from tests.trust.looks import look
from training.runfolder.exits import ExitKind
from training.runfolder.layout import RunFolder
from training.runfolder.lock import take_lock
from training.runfolder.machine import GpuUse, MachineLog, MachineSample
from training.runfolder.schema import Environment, Owner, Place, RetryRecord, Signature, StopRequest
from training.runfolder.write import write_record

CREATED = 1_795_000_000.0
"""Of the good runs; the damaged one is older, so that its plan is never the table's."""


class Ground:
    """A folder of runs of which one is to be damaged."""

    def __init__(self, folder: Path) -> None:
        folder.chmod(0o755)  # a user without rights looks too
        self.runs_dir = folder / "runs"
        self._templates = folder / "templates"
        for shape in SHAPES:
            _make_victim(self._templates / shape, shape)
        self._held = _make_good_runs(self.runs_dir)
        victim = self._copy("finished", NAMES[0])
        self.rows = look(self.runs_dir, victim.path)
        with as_nobody(really=True):  # to whom runs wait for their owner
            self.rows_for_nobody = look(self.runs_dir, victim.path)
        damage.remove(victim.path)

    def close(self) -> None:
        for descriptor in self._held:
            os.close(descriptor)

    def _copy(self, shape: str, name: str) -> RunFolder:
        victim = RunFolder(self.runs_dir / name)
        shutil.copytree(next((self._templates / shape).iterdir()), victim.path)
        return victim

    @contextlib.contextmanager
    def damaged(self, case: Case) -> Iterator[RunFolder]:
        victim = self._copy(case.shape, case.name)
        held = []
        if case.shape in ("alive", "stopping"):
            held = [take_lock(victim.alive_lock), take_lock(victim.supervisor_lock)]
        try:
            case.act(victim.path / case.target if case.target else victim.path)
            yield victim
        finally:
            for descriptor in held:
                os.close(descriptor)
            damage.remove(victim.path)


def _make_good_runs(runs_dir: Path) -> list[int]:
    """In every state; returns the locks of the one that is alive."""
    at = CREATED + 100
    FakeRun.queue(runs_dir, "F1", created=CREATED).start(at=at).train(250).finish(0.94)
    FakeRun.queue(runs_dir, "F2", created=CREATED).start(at=at).train(20).finish(0.95)
    FakeRun.queue(runs_dir, "F2", seed=7, created=CREATED + 1).start(at=at).train(20).print("alive\n")
    FakeRun.queue(runs_dir, "F3", created=CREATED + 2).start(at=at).end()
    FakeRun.queue(runs_dir, "F3", seed=7, created=CREATED + 2).start(at=at).train(3)
    FakeRun.queue(runs_dir, "F4", created=CREATED + 3)
    FakeRun.queue(runs_dir, "F5", seed=7, created=CREATED + 4, group="another group", label="Last")
    (alive,) = runs_dir.glob("*_l2_s7")
    return [take_lock(RunFolder(alive).alive_lock), take_lock(RunFolder(alive).supervisor_lock)]


def _make_victim(folder: Path, shape: str) -> None:
    at = CREATED - 9000
    fake = FakeRun.queue(folder, "F5", created=at - 100)
    run = fake.run
    write_record(run.signature, Signature("ann", 1000, at, "gpu-box", "ab" * 8, "17", "0" * 64, "0" * 64, "0" * 64))
    write_record(run.environment, Environment({"PATH": "/usr/bin"}))
    run.checkpoints.mkdir()
    run.last_checkpoint.write_bytes(b"weights")
    run.scores.mkdir()
    run.score_file("koniq-10k", "test").write_text("image,mos,pred\na.jpg,3,2\n")
    run.alive_lock.touch()
    run.supervisor_lock.touch()
    if shape == "queued":
        write_record(run.place, Place("ann", at, held=True))
        return
    fake.start(at=at).train(30).print("step 30\n")
    run.attempt(1).token.write_text("a token\n")
    run.attempt(1).beat.touch()
    write_record(run.owner, Owner(1, "gpu-box", "ab" * 8, 4711, "cd" * 8))
    MachineLog(run, 1).append(MachineSample(at + 10, 1, 1 << 30, 3, [GpuUse("GPU-fake-0", 0, 5 << 30, 97, 400.0, 60)]))
    if shape == "finished":
        fake.finish(0.5)
    if shape in ("failed", "again"):
        fake.end()
    if shape == "again":
        write_record(run.attempt(2).retry, RetryRecord("iqa-tui", at, "lost", automatic=True))
    if shape in ("stopped", "stopping"):
        write_record(run.stop, StopRequest("ann", at))
    if shape == "stopped":
        fake.end(ExitKind.STOPPED, "stopped by ann")


NOBODY = 65534


@contextlib.contextmanager
def as_nobody(*, really: bool) -> Iterator[None]:
    """As a user to whom a closed file is closed, if we are root."""
    if not really or os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
