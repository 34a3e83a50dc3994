"""What a user noted of a run: tags, a note, whether it is archived. For showing."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from training.runfolder.errors import RunFolderError
from training.runfolder.layout import RunFolder
from training.runfolder.read import read_shown_record
from training.runfolder.schema import RunNotes


def notes_of(run: RunFolder) -> RunNotes:
    """Nothing if there is no such file, or none that can be read: no run is worth less for a damaged note."""
    with contextlib.suppress(RunFolderError):
        return read_shown_record(run.notes, RunNotes) or RunNotes()
    return RunNotes()


def note_line(notes: RunNotes) -> str:
    """`#baseline #paper · the one to beat`; empty if nothing is noted."""
    tags = " ".join(f"#{tag}" for tag in notes.tags)
    return " · ".join(text for text in (tags, notes.note, "archived" if notes.archived else "") if text)


def notes_in_common(notes: Sequence[RunNotes]) -> RunNotes:
    """The tags that all have, in the order of the first; the note, if all have the same.

    Args:
        notes: of one run or several.
    """
    first, *others = notes
    tags = [tag for tag in first.tags if all(tag in other.tags for other in others)]
    is_same = all(other.note == first.note for other in others)
    return RunNotes(tags=tags, note=first.note if is_same else "")
