"""What the notes of a row say of its runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from iqa_tui.monitor.listing import ListedRun
from iqa_tui.words.repetitions import repetition_words, seeds_words

Metric = Callable[[ListedRun, str], float | None]


def score_notes(finished: Sequence[ListedRun], counted: Sequence[ListedRun], metric: Metric) -> list[str]:
    """Which runs a mean does not count although they finished: a network that says one value has no correlation."""
    without = [entry for entry in finished if entry not in counted]
    with_plcc = [entry for entry in counted if metric(entry, "plcc") is not None]
    notes = [f"no SRCC for {_runs_words(without)}"] if without else []
    return notes + ([f"PLCC of {_runs_words(with_plcc)} alone"] if 0 < len(with_plcc) < len(counted) else [])


def _runs_words(entries: Sequence[ListedRun]) -> str:
    """`seed 1`, `seeds 1, 3`; `split 0 seed 1, split 3 seed 1`."""
    if all(entry.spec.split is None for entry in entries):
        return seeds_words([entry.spec.seed for entry in entries])
    return ", ".join(repetition_words(entry.spec.seed, entry.spec.split) for entry in entries)


def result_notes(entries: Sequence[ListedRun]) -> list[str]:
    """What a reader must know beside the numbers."""
    notes = []
    for entry in entries:
        if entry.result is None:
            continue
        if entry.result.limited:
            images = ", ".join(f"{count} {split}" for split, count in entry.result.images.items())
            notes.append(f"a quick look, limited to {images} images")
        notes += entry.result.notes
    return notes
