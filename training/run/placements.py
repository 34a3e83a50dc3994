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
    if len(progress.placements) < 2:
        return []
    (_, first), *later = progress.placements
    changes = (f"from step {step + 1:,} on {words}" for step, words in later)
    return [f"trained on {first}, {', '.join(changes)}"]
