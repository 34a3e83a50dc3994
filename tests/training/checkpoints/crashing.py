"""Runs that end themselves at a chosen point, and what is left of them once they were resumed.

`python -m tests.training.checkpoints.crashing PLAN` loads torch once; every attempt is a fork of it, the real `main()` with a
real run folder, so that an attempt takes a second. PLAN is JSON: `folder`, `flags`, and `cases`, each a list of points,
one an attempt, after which an attempt without a point finishes the run. A point is `<signal> <kind> #<number>`, for
example `SIGKILL before replacing last.pt #2`. For each case a line of JSON comes back: the exit codes, the points that
were passed, and everything about the finished run that must not depend on having been broken.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import safetensors.torch
import torch

from training import __main__ as program
from training.checkpoints import schedule as keeper
from training.images import decode as decoding
from training.network.quality import QualityNetwork
from training.run import loop, story
from training.runfolder import write as writer
from training.runfolder.events import read_events
from training.runfolder.layout import RunFolder
from training.runfolder.read import read_record
from training.runfolder.schema import Result
from training.telling import recorder as record

CHECKPOINT_STEPS = 2
"""Steps from one checkpoint within an epoch to the next."""
MAY_DIFFER = {"run_id", "finished", "elapsed_seconds"}


class Crash:
    """Counts the points an attempt passes, by kind, and sends a signal at one of them."""

    def __init__(self, point: str | None, notes: Path) -> None:
        words, _, number = (point or "").rpartition(" #")
        name, _, self._kind = words.partition(" ")
        self._number = int(number or 0)
        self._signal = getattr(signal, name, signal.SIGKILL)
        self._notes = os.open(notes, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._passed: Counter[str] = Counter()
        self._write = os.write
        self.is_on = False

    def __call__(self, kind: str) -> None:
        if not self.is_on:
            return
        self._passed[kind] += 1
        self._write(self._notes, f"{kind} #{self._passed[kind]}\n".encode())
        if (kind, self._passed[kind]) == (self._kind, self._number):
            os.kill(os.getpid(), self._signal)


def lay_points(crash: Crash) -> None:
    """Everything that changes the network or a file announces itself; every write to a file is done in two halves."""
    around(loop, "_train_step", crash, lambda *_: "a step")
    around(torch.optim.AdamW, "step", crash, lambda *_: "the optimiser's step")
    around(QualityNetwork, "forward", crash, lambda network, *_: "training" if network.training else "evaluating")
    around(decoding, "decode", crash, lambda *_: "decoding an image")
    around(Path, "replace", crash, lambda _, target: f"replacing {name_of(Path(target))}")
    around(os, "link", crash, lambda *_: "keeping the one before")
    around(os, "fsync", crash, lambda *_: "fsync")
    around(os, "fdatasync", crash, lambda *_: "waiting for decoded pixels")
    around(story, "finish", crash, lambda *_: "the end")
    in_halves(torch, "save", crash)
    write, open_own = os.write, writer.open_own

    def write_event(descriptor: int, content: bytes) -> int:
        half = len(content) // 2
        write(descriptor, content[:half])
        crash("within an event")
        return half + write(descriptor, content[half:])

    def open_aside(path: Path, how: str, *arguments: Any, **named: Any) -> Any:
        file = open_own(path, how, *arguments, **named)
        return HalfFile(file, crash) if how == "xb" else file

    os.write = write_event  # type: ignore[assignment]
    writer.open_own = open_aside
    run = story.run

    def run_watched(*arguments: Any) -> None:
        crash.is_on = True
        run(*arguments)
        crash.is_on = False

    story.run = run_watched


def name_of(path: Path) -> str:
    return "what a pack holds" if path.parent.parent.name == "cache" else path.name


def around(room: Any, name: str, crash: Crash, kind: Callable[..., str]) -> None:
    real = getattr(room, name)

    def watched(*arguments: Any, **named: Any) -> Any:
        words = kind(*arguments)
        crash(f"before {words}")
        done = real(*arguments, **named)
        crash(f"after {words}")
        return done

    setattr(room, name, watched)


def in_halves(room: Any, name: str, crash: Crash) -> None:
    """A checkpoint of which half is on disk."""
    real = getattr(room, name)

    def watched(content: Any, file: Any) -> None:
        name = Path(file.name).name.split(".")[1]
        crash(f"before writing {name}")
        real(content, file)
        size = file.tell()
        file.seek(size // 2)
        second_half = Path(file.name).read_bytes()[size // 2 :] if not file.flush() else b""
        file.truncate()
        crash(f"within {name}")
        file.write(second_half)

    setattr(room, name, watched)


class HalfFile:
    """A file written aside, a half at a time."""

    def __init__(self, file: Any, crash: Crash) -> None:
        self._file = file
        self._crash = crash

    def write(self, content: bytes) -> None:
        half = len(content) // 2
        self._file.write(content[:half])
        self._file.flush()
        self._crash("within a small file")
        self._file.write(content[half:])

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def attempt(flags: list[str], point: str | None, notes: Path) -> int:
    """In a fork; returns how it ended, negative for a signal."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    code = 99
    try:
        torch.set_num_threads(1)
        with Path(f"{notes}.log").open("ab") as log:
            os.dup2(log.fileno(), 1)
            os.dup2(log.fileno(), 2)
        asked = Counter[str]()

        def is_due(_: object) -> bool:
            asked["checkpoint"] += 1
            return asked["checkpoint"] % CHECKPOINT_STEPS == 0

        keeper.CheckpointSchedule.is_due = is_due  # type: ignore[method-assign]
        record.Recorder.step_is_due = lambda _: True  # type: ignore[method-assign]
        lay_points(Crash(point, notes))
        code = program.main(flags)
    finally:
        sys.stdout.flush()
        os._exit(code)


def outcome(run: RunFolder) -> dict[str, Any]:
    """What a finished run must have in common with one that was never broken: bytes, and events but for times."""
    last = torch.load(run.last_checkpoint, weights_only=True)
    known = json.loads(run.checkpoint_progress.read_text())
    assert known["mark"] == last["mark"]
    best = torch.load(run.best_checkpoint, weights_only=True)
    result = read_record(run.result, Result)
    assert result is not None
    facts = {name: getattr(result, name) for name in Result.__slots__ if name not in MAY_DIFFER}
    for flag in ("run_folder", "resume"):
        del facts["config"][flag]
    steps, others = {}, {}
    for event in read_events(run):  # the last of each counts, as for every reader
        if event.kind == "step":
            speed = event.fields.pop("images_per_second")
            assert speed > 0
            steps = {step: fields for step, fields in steps.items() if step < event.fields["step"]}
            steps[event.fields["step"]] = event.fields
        elif event.kind in ("epoch", "evaluated", "finished"):
            event.fields.pop("elapsed_seconds", None)
            others[f"{event.kind} {event.fields.get('epoch')} {event.fields.get('split')}"] = event.fields
    return {
        "weights": digest(last["network"]),
        "optimizer": digest(last["optimizer"]),
        "generators": digest(last["generators"]),
        "progress": {name: value for name, value in known["progress"].items() if not name.endswith("_seconds")},
        "best": [digest(best["network"]), best["epoch"], best["metrics"]],
        "exported": digest(safetensors.torch.load_file(run.best_weights)),
        "scores": {path.name: path.read_text() for path in sorted(run.scores.iterdir())},
        "result": facts,
        "steps": sorted(steps.items()),
        "events": others,
        "files": sorted(
            str(path.relative_to(run.path))
            for path in run.path.rglob("*")
            if "attempts" not in path.parts and path != run.previous_checkpoint  # given back after the result
        ),
    }


def digest(content: Any) -> str:
    """Of tensors to the bit, in any nest of lists and dictionaries."""
    words = hashlib.sha256()

    def take(value: Any) -> None:
        if torch.is_tensor(value):
            words.update(value.contiguous().numpy().tobytes())
        elif isinstance(value, dict):
            for key, item in value.items():
                words.update(repr(key).encode())
                take(item)
        elif isinstance(value, list | tuple):
            for item in value:
                take(item)
        else:
            words.update(repr(value).encode())

    take(content)
    return words.hexdigest()


def break_and_resume(folder: Path, flags: list[str], points: list[str]) -> dict[str, Any]:
    notes = folder / "points.txt"
    run = RunFolder(folder / "run")
    folder.mkdir()
    os.environ["IQA_TUI_CACHE"] = str(folder / "cache")
    codes: list[int] = []
    own = [*flags, "--run_folder", str(run.path)]
    for point in [*points, None]:
        if not run.result.exists():
            codes.append(attempt([*own, "--resume"] if codes else own, point, notes))
    said = Path(f"{notes}.log").read_text()
    passed = notes.read_text().splitlines() if notes.exists() else []
    found = outcome(run) if run.result.exists() else None
    shutil.rmtree(folder)
    return {"points": points, "codes": codes, "passed": passed, "said": said, "outcome": found}


def main(plan: dict[str, Any]) -> None:
    for number, points in enumerate(plan["cases"]):
        ended = break_and_resume(Path(plan["folder"]) / str(number), plan["flags"], points)
        print(json.dumps(ended), flush=True)


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text()))
