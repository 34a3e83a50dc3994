"""Where the files of a run are.

The only place that spells a file name of a run. It lists folders, opens no file and decides nothing.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from training.runfolder.schema import UnreadableFile
from training.runfolder.text import plain

MOST_ATTEMPT_ENTRIES = 100_000
"""In a folder of attempts. More of them are no attempts, and each look would list them all."""
ATTEMPT_NAME = re.compile(r"[1-9][0-9]{0,5}")
RUN_NAME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}_")
"""How `run_name` begins, unlike `lost+found`."""

ATTEMPTS = "attempts"
"""The folder of a run's attempts, in the run's."""
NAME_DIGEST_DIGITS = 6
"""Enough to tell folders apart whose names are shown alike."""


def older_dispatcher_lock(runs_dir: Path, user_id: int) -> Path:
    """Held by a dispatcher of a version of before, which had its lock in the folder of runs."""
    return runs_dir / f"dispatcher-{user_id}.lock"


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
        """What its supervisor has to say of it while it runs: one line, or nothing."""
        return self.path / "note.txt"

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
    name: str = field(default="", compare=False)
    """Of a folder whose path is a descriptor (`training.runfolder.held`); empty: the path's last part is its name."""
    trouble: str = field(default="", compare=False)
    """Why nothing in it is read, in words; empty where it may be."""

    @property
    def run_id(self) -> str:
        r"""Its folder's name as it is shown and as a key: of a name that is no plain text, `a\x1bb~3f2a9c`.

        The digest of the name itself keeps two folders apart that would be shown alike. Where the folder is says
        `path` alone.
        """
        name = self.name or self.path.name
        shown = plain(name)
        if shown == name:
            return name
        digest = hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()
        return f"{shown}~{digest[:NAME_DIGEST_DIGITS]}"

    @property
    def shown(self) -> Path:
        """Where the folder is now, for people: a held one by its present name."""
        return Path(shown_path(self.path))

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
        return self.path / ATTEMPTS

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


HELD = re.compile(r"/proc/self/fd/(\d+)(?![\d])")


def descriptor_in(path: Path) -> int | None:
    """The descriptor that a path begins with; None for any other path."""
    match = HELD.match(str(path))
    return int(match[1]) if match else None


def shown_path(text: str | Path) -> str:
    """A path, or words with paths in them, with the present name of every folder that stands there as a descriptor."""
    return HELD.sub(_name_of_descriptor, str(text))


def _name_of_descriptor(match: re.Match[str]) -> str:
    try:
        return str(Path(match[0]).readlink()).removesuffix(" (deleted)")
    except OSError:
        return match[0]


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

    Only its owner may write in it, whatever the umask is and whatever list of rights the folder of runs hands down.

    Raises:
        OSError: `runs_dir` cannot be made or written.
    """
    runs_dir.mkdir(parents=True, exist_ok=True)
    number = 1
    while True:
        path = runs_dir / (name if number == 1 else f"{name}-{number}")
        try:
            path.mkdir(mode=0o755)
        except FileExistsError:
            number += 1
            continue
        close_to_others(path)
        return RunFolder(path)


def close_to_others(path: Path) -> None:
    """Let none but the owner write in a folder that was just made, nor in what is made in it later.

    A default access control list, inherited from the folder above, would open each new file to those it names.
    """
    with contextlib.suppress(OSError):  # there is none, or the file system knows no such lists
        os.removexattr(path, "system.posix_acl_default")
    path.chmod(0o755)


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
