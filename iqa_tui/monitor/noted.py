"""How it is shown what a user noted of runs. The app's first paint needs this, so it imports no reader."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from training.runfolder.schema import RunNotes


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
    return replace(first, by="", when=0.0, tags=tags, note=first.note if is_same else "", archived=False)
