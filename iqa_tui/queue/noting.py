"""What a user notes of a run: tags, a note, archived or not. Orders on the user's own runs, in any state."""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Sequence
from typing import Any

from iqa_tui.errors import LaunchError, cannot_be_written
from iqa_tui.queue.as_owner import opened
from iqa_tui.settings.read_only import order
from iqa_tui.slurm.look import Asked
from iqa_tui.words.people import owner_name, user_name
from iqa_tui.words.states import refusal
from training.runfolder.errors import RunFolderError
from training.runfolder.layout import RunFolder
from training.runfolder.read import read_json, read_record
from training.runfolder.schema import RunNotes
from training.runfolder.status import run_status
from training.runfolder.text import plain
from training.runfolder.write import write_json

LONGEST_TAG, MOST_TAGS = 40, 20
LONGEST_NOTE = 2000


@order("notes nothing")
def note_run(run: RunFolder, tags: Sequence[str], note: str) -> str:
    """Keep these tags and this note with a run, instead of those that it had.

    Returns:
        What was done, in words.

    Raises:
        LaunchError: it is another user's run, its notes are damaged, or a text is too long.
    """
    kept = list(dict.fromkeys(plain(tag).strip() for tag in tags if plain(tag).strip()))
    if len(kept) > MOST_TAGS or any(len(tag) > LONGEST_TAG for tag in kept):
        raise LaunchError(f"A run takes {MOST_TAGS} tags of {LONGEST_TAG} characters each.")
    if len(note) > LONGEST_NOTE:
        raise LaunchError(f"A note takes {LONGEST_NOTE:,} characters; this one has {len(note):,}.")
    _write(run, {"tags": kept, "note": plain(note).strip()})
    return f"Noted of {run.run_id}."


@order("archives no run")
def archive_run(run: RunFolder) -> str:
    """Leave a run that is over out of tables until it is asked for. Returns as `note_run`.

    Raises:
        LaunchError: as `note_run`, or it is not over.
    """
    with opened(run) as folder:
        status = run_status(folder, slurm=Asked())
    if not status.phase.is_over:
        raise LaunchError(refusal(run, status, "only a run that is over can be archived"))
    _write(run, {"archived": True})
    return f"{run.run_id} is archived: tables leave it out."


@order("archives no run")
def unarchive_run(run: RunFolder) -> str:
    """Let tables show it again. Returns and raises as `note_run`."""
    _write(run, {"archived": False})
    return f"{run.run_id} is archived no longer."


def refuse_if_not_own(folder: RunFolder, run: RunFolder, what: str) -> None:
    """Args:
    folder: the run's, held open.
    what: only its owner may do.

    Raises:
        LaunchError: this user does not own it.
    """
    if folder.path.stat().st_uid != os.geteuid():
        raise LaunchError(f"{run.run_id} is {owner_name(run.path)}'s: only its owner {what}.")


def _write(run: RunFolder, changes: dict[str, Any]) -> None:
    with opened(run) as folder:
        refuse_if_not_own(folder, run, "notes something of it")
        try:
            read_record(folder.notes, RunNotes)  # what is damaged is not overwritten
            known = read_json(folder.notes) or {}
        except RunFolderError as error:
            raise LaunchError(str(error)) from error
        notes = dataclasses.asdict(RunNotes(by=user_name(), when=time.time()))
        content = notes | known | {"by": notes["by"], "when": notes["when"]} | changes
        try:
            write_json(folder.notes, content)
        except OSError as error:
            raise cannot_be_written(folder.notes, error) from error
