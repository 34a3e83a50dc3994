"""On what a run trained: a resume may find another device, and `--precision auto` then another precision."""

from __future__ import annotations

from training.progress import Progress
from training.run.setup import Setup


def note_placement(setup: Setup, progress: Progress) -> None:
    """Keep in `progress` what trains from now on, and warn if it is not what trained before."""
    words = f"{setup.placement.name}, {setup.placement.precision_in_words}"
    before = progress.placements[-1][1] if progress.placements else words
    if words != before:
        setup.recorder.warning(f"this attempt trains on {words}; the one before trained on {before}")
    if words != before or not progress.placements:
        progress.placements.append((progress.step, words))


def placement_notes(progress: Progress) -> list[str]:
    """What a reader of the result must know; empty if one device and precision trained all of it."""
    if not progress.placements:
        return []
    ends = [step for step, _ in progress.placements[1:]] + [progress.step]
    trained: list[tuple[int, str]] = []
    for (step, words), end in zip(progress.placements, ends, strict=True):
        if step < end and not (trained and trained[-1][1] == words):
            trained.append((step, words))
    if not trained:
        return []
    (_, first), *later = trained
    changes = [f"from step {step + 1:,} on {words}" for step, words in later]
    notes = [f"trained on {', '.join([first, *changes])}"] if later else []
    last = progress.placements[-1][1]
    if ends[-1] == progress.placements[-1][0] and last != trained[-1][1]:
        notes.append(f"the last attempt, on {last}, trained no step: before it, {trained[-1][1]} did")
    return notes
