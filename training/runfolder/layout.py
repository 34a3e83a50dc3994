"""Where the files of a run are.

The only place that spells a file name of a run. It lists folders, opens no file and decides nothing.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from training.runfolder.descriptors import shown_path
from training.runfolder.errors import UnreadableFile
from training.runfolder.text import plain

MOST_ATTEMPT_ENTRIES = 100_000
"""In a folder of attempts. So many entries are no attempts, and each look would list them all."""
ATTEMPT_NAME = re.compile(r"[1-9][0-9]{0,5}")


NAME_DIGEST_DIGITS = 6
"""Enough to tell folders apart whose names are shown alike."""
ATTEMPTS = "attempts"
"""The folder of a run's attempts, in the run's."""


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
    def note(self) -> Path:
        """What its supervisor reports of it while it runs: one line, or nothing."""
        return self.path / "note.txt"

    @property
    def exit(self) -> Path:
        return self.path / "exit.json"

    @property
    def told(self) -> Path:
        """Made by the process that tells the user's own command how the attempt ended, so that it is told once."""
        return self.path / "told"

    @property
    def retry(self) -> Path:
        """Why there is another attempt; not in the first one."""
        return self.path / "retry.json"

    @property
    def job(self) -> Path:
        """Which Slurm job works on it; only of a Slurm run."""
        return self.path / "job.json"

    @property
    def stop(self) -> Path:
        """Why a Slurm job was told to end: the run may go on in another one, so this is no request to the run."""
        return self.path / "stop.json"

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
        """A few blocks that are freed for the records, so that they can be written on a full disk."""
        return self.path / ".reserve"


@lru_cache(maxsize=4096)
def _id_of(name: str) -> str:
    """It is remembered, as the screens ask for it hundreds of times a second."""
    shown = plain(name)
    if shown == name:
        return name
    digest = hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()
    return f"{shown}~{digest[:NAME_DIGEST_DIGITS]}"


@dataclass(frozen=True, slots=True)
class RunFolder:
    """One run. Two RunFolders with one path are the same run."""

    path: Path
    name: str = field(default="", compare=False)
    """Of a folder whose path is a descriptor (`training.runfolder.held`); empty: the path's last part is its name."""
    trouble: str = field(default="", compare=False)
    """Why nothing in it is read, in words; empty if it may be."""

    @property
    def run_id(self) -> str:
        r"""Its folder's name as it is shown and as a key: of a name that is no plain text, `a\x1bb~3f2a9c`.

        The digest of the name itself keeps two folders apart that would be shown alike. Only `path` says where the
        folder is.
        """
        return _id_of(self.name or self.path.name)

    @property
    def shown(self) -> Path:
        """The path of the folder now, for people: a held one by its present name."""
        return Path(shown_path(self.path))

    @property
    def runs_dir(self) -> Path:
        return self.path.parent

    @property
    def spec(self) -> Path:
        return self.path / "spec.json"

    @property
    def tuned(self) -> Path:
        """What it is trained with, chosen from a grid; only in a tuned run that was started."""
        return self.path / "tuned.json"

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
    def machine(self) -> Path:
        """Memory, and what its GPUs did, over time."""
        return self.path / "machine.jsonl"

    @property
    def stop(self) -> Path:
        return self.path / "stop.json"

    @property
    def place(self) -> Path:
        return self.path / "place.json"

    @property
    def notes(self) -> Path:
        """What a user noted of it."""
        return self.path / "notes.json"

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
    def checkpoint_progress(self) -> Path:
        """What became known of the last checkpoint after it was written: the scores of its epoch."""
        return self.checkpoints / "progress.json"

    @property
    def previous_checkpoint(self) -> Path:
        """The one before the last, for when that turns out to be damaged."""
        return self.checkpoints / "last.previous.pt"

    @property
    def resumable_checkpoints(self) -> tuple[Path, Path]:
        """Newest first."""
        return self.last_checkpoint, self.previous_checkpoint

    @property
    def has_checkpoint(self) -> bool:
        """Whether there is one that a resume would go on from."""
        return any(path.exists() for path in self.resumable_checkpoints)

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
        """A CSV with the columns image, mos, pred; then group, if several images are of one reference image.

        Older files have no group: readers then count by image.
        """
        return self.scores / f"{dataset}_{split}.csv"

    @property
    def attempts_dir(self) -> Path:
        return self.path / ATTEMPTS

    def attempt(self, number: int) -> AttemptFolder:
        return AttemptFolder(self.attempts_dir / str(number))

    def attempts(self) -> list[AttemptFolder]:
        """All attempts there are, oldest first; anything else in the folder is skipped.

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
        try:
            latest = max(_attempt_numbers(self.attempts_dir), default=0)
        except FileNotFoundError:
            return None
        return self.attempt(latest) if latest else None


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
