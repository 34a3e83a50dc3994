"""Where the files of a run are.

The only place that spells a file name of a run. It lists folders, opens no file and decides nothing.
"""

from __future__ import annotations

import errno
import os
import re
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from training.runfolder.schema import UnreadableFile

MOST_ATTEMPT_ENTRIES = 100_000
"""In a folder of attempts. More of them are no attempts, and each look would list them all."""
ATTEMPT_NAME = re.compile(r"[1-9][0-9]{0,5}")
RUN_NAME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}_")
"""How `run_name` begins, unlike `lost+found`."""


def dispatcher_lock(runs_dir: Path, user_id: int) -> Path:
    """Held by the one dispatcher that works on this folder for this user."""
    return runs_dir / f"dispatcher-{user_id}.lock"


def dispatcher_locks(runs_dir: Path) -> list[Path]:
    """Those of every user who ever queued a run here."""
    return sorted(runs_dir.glob("dispatcher-*.lock"))


def dispatcher_log(runs_dir: Path, user_id: int) -> Path:
    """What that user's dispatcher decided, for people."""
    return runs_dir / f"dispatcher-{user_id}.log"


@dataclass(frozen=True, slots=True)
class AttemptFolder:
    """One try at a run: `attempts/<number>/`."""

    path: Path

    @property
    def number(self) -> int:
        """Counted from 1."""
        return int(self.path.name)

    @property
    def process(self) -> Path:
        return self.path / "process.json"

    @property
    def output(self) -> Path:
        return self.path / "output.log"

    @property
    def supervisor_output(self) -> Path:
        return self.path / "supervisor.log"

    @property
    def exit(self) -> Path:
        return self.path / "exit.json"

    @property
    def retry(self) -> Path:
        """Why there is another attempt; not in the first one."""
        return self.path / "retry.json"

    @property
    def beat(self) -> Path:
        """Touched by the supervisor while it lives, so that another host sees that it does."""
        return self.path / "beat"

    @property
    def token(self) -> Path:
        """What the processes of this attempt carry in their environment. Its owner alone may read it."""
        return self.path / "token"

    @property
    def reserve(self) -> Path:
        """A few blocks that are given back when the records are written, so that a full disk cannot keep them out."""
        return self.path / ".reserve"


@dataclass(frozen=True, slots=True)
class RunFolder:
    """One run. Two RunFolders with one path are the same run."""

    path: Path
    trouble: str = field(default="", compare=False)
    """Why nothing in it is read, in words; empty where it may be."""

    @property
    def run_id(self) -> str:
        return self.path.name

    @property
    def runs_dir(self) -> Path:
        return self.path.parent

    @property
    def spec(self) -> Path:
        return self.path / "spec.json"

    @property
    def signature(self) -> Path:
        """Who queued it, and on which host."""
        return self.path / "signature.json"

    @property
    def environment(self) -> Path:
        """The launching shell's variables. Its owner alone may read it."""
        return self.path / "environment.json"

    @property
    def owner(self) -> Path:
        """Which attempt, of which host, may write here."""
        return self.path / "owner.json"

    @property
    def alive_lock(self) -> Path:
        return self.path / "alive.lock"

    @property
    def supervisor_lock(self) -> Path:
        return self.path / "supervisor.lock"

    @property
    def events(self) -> Path:
        return self.path / "events.jsonl"

    @property
    def stop(self) -> Path:
        return self.path / "stop.json"

    @property
    def place(self) -> Path:
        return self.path / "place.json"

    @property
    def result(self) -> Path:
        return self.path / "result.json"

    @property
    def checkpoints(self) -> Path:
        return self.path / "checkpoints"

    @property
    def last_checkpoint(self) -> Path:
        return self.checkpoints / "last.pt"

    @property
    def previous_checkpoint(self) -> Path:
        """The one before the last, for when that turns out to be damaged."""
        return self.checkpoints / "last.previous.pt"

    @property
    def resumable_checkpoints(self) -> tuple[Path, Path]:
        """Newest first."""
        return self.last_checkpoint, self.previous_checkpoint

    @property
    def best_checkpoint(self) -> Path:
        return self.checkpoints / "best.pt"

    @property
    def best_weights(self) -> Path:
        return self.checkpoints / "best.safetensors"

    @property
    def model_card(self) -> Path:
        return self.path / "model_card.md"

    @property
    def tensorboard(self) -> Path:
        return self.path / "tensorboard"

    @property
    def scores(self) -> Path:
        return self.path / "scores"

    def score_file(self, dataset: str, split: str) -> Path:
        return self.scores / f"{dataset}_{split}.csv"

    @property
    def attempts_dir(self) -> Path:
        return self.path / "attempts"

    def attempt(self, number: int) -> AttemptFolder:
        return AttemptFolder(self.attempts_dir / str(number))

    def attempts(self) -> list[AttemptFolder]:
        """All attempts there are, oldest first; anything else in the folder is passed over.

        Raises:
            UnreadableFile: the folder, or one that is named like an attempt, is a link or no folder.
            OSError: the folder cannot be looked at.
        """
        try:
            return [self.attempt(number) for number in sorted(_attempt_numbers(self.attempts_dir))]
        except FileNotFoundError:
            return []

    def latest_attempt(self) -> AttemptFolder | None:
        """The newest one; None before the first. Raises as `attempts`."""
        attempts = self.attempts()
        return attempts[-1] if attempts else None


def _attempt_numbers(folder: Path) -> list[int]:
    """Of the attempts in a folder, in any order. Raises as `RunFolder.attempts`."""
    numbers = []
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in (errno.ENOTDIR, errno.ELOOP):
            raise UnreadableFile(f"{folder}: is no folder, or a link to one. Move it away.") from error
        raise
    try:
        with os.scandir(descriptor) as entries:
            for count, entry in enumerate(entries):
                if count >= MOST_ATTEMPT_ENTRIES:
                    raise UnreadableFile(f"{folder}: holds more than {MOST_ATTEMPT_ENTRIES:,} entries. Remove them.")
                if ATTEMPT_NAME.fullmatch(entry.name) is None:
                    continue
                if not entry.is_dir(follow_symlinks=False):
                    raise UnreadableFile(f"{folder / entry.name}: is no folder, or a link to one. Move it away.")
                numbers.append(int(entry.name))
    finally:
        os.close(descriptor)
    return numbers


def run_name(now: datetime, dataset: str, network: str, loss_type: str, seed: int) -> str:
    """Name a run so that a listing sorts by time and reads by content."""
    words = (dataset, network, loss_type, f"s{seed}")
    return "_".join([f"{now:%Y-%m-%d_%H-%M-%S}", *(re.sub(r"[^A-Za-z0-9.+-]+", "-", word) for word in words)])


def create_run_folder(runs_dir: Path, name: str) -> RunFolder:
    """Make a folder that nobody else has, `name` or `name-2`, `name-3`, …

    Raises:
        OSError: `runs_dir` cannot be made or written.
    """
    runs_dir.mkdir(parents=True, exist_ok=True)
    number = 1
    while True:
        path = runs_dir / (name if number == 1 else f"{name}-{number}")
        try:
            path.mkdir()
        except FileExistsError:
            number += 1
            continue
        return RunFolder(path)


def list_runs(runs_dir: Path) -> list[RunFolder]:
    """Every folder with a spec, by name (so by time); [] where there is no such folder.

    One that its owner keeps closed and that is named like a run is listed too: its status says that it is closed. So
    is a link to a run, in which nothing is read: links are followed up to the folder of runs and not below it.
    """
    try:
        with os.scandir(runs_dir) as entries:
            found = [(entry.name, entry.is_symlink()) for entry in entries if _is_run(entry)]
    except (FileNotFoundError, NotADirectoryError):
        return []
    return [RunFolder(runs_dir / name, trouble=LINK_TROUBLE if is_link else "") for name, is_link in sorted(found)]


LINK_TROUBLE = "is a symbolic link. Name the folder that the run is in by --runs-dir, or move the run here."


def _is_run(entry: os.DirEntry[str]) -> bool:
    """Whether anything is named like its spec, even if it cannot be read."""
    try:
        if not (entry.is_dir(follow_symlinks=False) or entry.is_symlink()):
            return False
        os.lstat(f"{entry.path}/spec.json")
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return RUN_NAME.match(entry.name) is not None
    return True
