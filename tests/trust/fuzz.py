"""One bad file is one unreadable row: a run is damaged in every way one can think of, and all readers look at it.

    python -m tests.trust.fuzz --cases 10000 --seed 1

Prints one JSON line of figures, and each fault as it is found. Every case is a folder with several good runs and one
that is damaged; the rows of the good ones must be what they are beside an undamaged one, no look may take two seconds,
and none may raise.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from tests.fakes.run_folders import FakeRun
from tests.trust import damage
from tests.trust.looks import Rows, look
from training.runfolder.exits import ExitKind
from training.runfolder.layout import RunFolder
from training.runfolder.lock import take_lock
from training.runfolder.schema import Environment, Owner, Place, RetryRecord, Signature, StopRequest
from training.runfolder.write import write_record

LONGEST_LOOK_SECONDS = 2.0
NOBODY = 65534
CREATED = 1_795_000_000.0
"""Of the good runs; the damaged one is older, so that its plan is never the table's."""
TARGETS = (
    *("spec.json", "place.json", "stop.json", "result.json", "signature.json", "environment.json", "owner.json"),
    *("attempts/1/process.json", "attempts/1/exit.json", "attempts/1/retry.json", "attempts/1/token"),
    *("attempts/1/beat", "attempts/1/output.log", "events.jsonl", "alive.lock", "supervisor.lock"),
    *("scores/koniq-10k_test.csv", "scores", "checkpoints", "attempts", "attempts/1", "attempts/2", "attempts/x", ""),
)
JSON_TARGETS = tuple(target for target in TARGETS if target.endswith(".json"))
SHAPES = ("finished", "failed", "stopped", "lost", "queued", "again", "alive", "stopping")
"""What the damaged run was doing."""
NAMES = (
    *("2026-11-20_12-00-00_victim", "a\nb", "\x1b]0;owned\x07", "x" * 255, "..", "-rf", " ", "損失"),
    *(os.fsdecode(b"\xff\xfe latin \xe9"), "2026-11-20_%s{run_folder}", "dispatcher-0.lock.d"),
)


class Hang(BaseException):
    """A look took too long. No `Exception`, so that no reader takes it for a file that it cannot read."""


@dataclass
class Figures:
    """What came of all cases."""

    cases: int = 0
    hangs: int = 0
    tracebacks: int = 0
    rows_changed: int = 0
    """Cases after which a row of another run was not what it is beside an undamaged run."""
    rows_missing: int = 0
    """Cases in which the damaged run had no row though it has a spec."""
    slowest_seconds: float = 0.0
    faults: list[str] = field(default_factory=list)

    @property
    def as_json(self) -> str:
        numbers = {name: value for name, value in vars(self).items() if name != "faults"}
        return json.dumps(numbers | {"slowest_seconds": round(self.slowest_seconds, 3)})


@dataclass(frozen=True)
class Case:
    """One damage to one run."""

    number: int
    shape: str
    name: str
    target: str
    words: str
    act: damage.Damage

    def __str__(self) -> str:
        return f"case {self.number}: {self.target or 'the folder'} of {self.shape} run {self.name[:30]!r}: {self.words}"


def draw_case(seed: int, number: int) -> Case:
    rng = random.Random(f"{seed} {number}")
    target, draw = rng.choice(TARGETS), rng.choice((damage.draw_kind, damage.draw_content))
    dice = rng.random()
    if dice < 0.45:
        target, draw = rng.choice(JSON_TARGETS), damage.draw_value
    elif dice < 0.55:
        target, draw = "events.jsonl", damage.draw_events
    name = rng.choice(NAMES) if rng.random() < 0.1 and target else NAMES[0]
    words, act = draw(rng)
    return Case(number, rng.choice(SHAPES), name if name != ".." else NAMES[0], target, words, act)


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


class Watchdog:
    """Interrupts the main thread in the middle of a look that takes too long, in whatever system call it waits."""

    def __init__(self) -> None:
        self.slowest_seconds = 0.0
        self._deadline: float | None = None
        self._stopping = False
        self._main = threading.main_thread().ident or 0
        self._before = signal.signal(signal.SIGUSR2, self._on_signal)
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stopping = True
        self._thread.join()
        signal.signal(signal.SIGUSR2, self._before)

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        began = time.monotonic()
        self._deadline = began + LONGEST_LOOK_SECONDS
        try:
            yield
        finally:
            self._deadline = None
            self.slowest_seconds = max(self.slowest_seconds, time.monotonic() - began)

    def _watch(self) -> None:
        while not self._stopping:
            time.sleep(0.05)
            deadline = self._deadline
            if deadline is not None and time.monotonic() > deadline:
                self._deadline = None
                signal.pthread_kill(self._main, signal.SIGUSR2)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        raise Hang


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


def fuzz(cases: int, seed: int, first: int = 0) -> Figures:
    """Run these cases of a seed, one after the other."""
    figures = Figures()
    with tempfile.TemporaryDirectory() as folder:
        ground, watchdog = Ground(Path(folder)), Watchdog()
        try:
            for number in range(first, first + cases):
                _try(draw_case(seed, number), ground, watchdog, figures)
        finally:
            figures.slowest_seconds = watchdog.slowest_seconds
            watchdog.close()
            ground.close()
    return figures


def _try(case: Case, ground: Ground, watchdog: Watchdog, figures: Figures) -> None:
    figures.cases += 1
    for is_last in (False, True):
        try:
            with ground.damaged(case) as victim:
                has_spec = os.path.lexists(victim.spec)
                with as_nobody(really=case.words == "closed"):
                    rows = look(ground.runs_dir, victim.path, watchdog.watching)
        except Hang:
            if is_last:  # twice: it was not only that the machine was busy
                figures.hangs += 1
                figures.faults.append(f"{case}: hangs\n{traceback.format_exc()}")
            continue
        except Exception:  # noqa: BLE001  whatever a reader may raise is what is looked for
            figures.tracebacks += 1
            figures.faults.append(f"{case}:\n{traceback.format_exc()}")
        else:
            expected = ground.rows_for_nobody if case.words == "closed" else ground.rows
            _judge(case, has_spec, rows, expected, figures)
        return


def _judge(case: Case, has_spec: bool, rows: Rows, expected: Rows, figures: Figures) -> None:
    changed = [name for name in expected.others if rows.others.get(name) != expected.others[name]]
    if changed:
        figures.rows_changed += 1
        told = "\n".join(f"  {name}\n    {expected.others[name]!r}\n    {rows.others.get(name)!r}" for name in changed)
        figures.faults.append(f"{case}: other rows changed\n{told[:3000]}")
    is_closed = case.words == "closed" and case.target == "" and case.name != NAMES[0]
    if has_spec and not rows.has_victim and not is_closed:
        figures.rows_missing += 1
        figures.faults.append(f"{case}: it has no row")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="number of the first case, to see one again")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as state:
        os.environ["IQA_TUI_STATE"] = state
        figures = fuzz(options.cases, options.seed, options.first)
    for fault in figures.faults:
        print(fault, file=sys.stderr)
    print(figures.as_json)
    return 1 if figures.faults else 0


if __name__ == "__main__":
    sys.exit(main())
