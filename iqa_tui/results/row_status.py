"""How the state of a row's runs is said in the table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from iqa_tui.monitor.listing import ListedRun
from training.runfolder.phase import Phase, Status


def status_of(entries: Sequence[ListedRun]) -> str:
    """`finished`, `failed: <cause>`; for seeds in different states `2 of 3 finished, 1 of 3 running`."""
    words = [_words(entry.status) for entry in entries]
    if len(set(words)) == 1:
        return words[0]
    counts = Counter(entry.status.phase.value for entry in entries)
    return ", ".join(f"{count} of {len(entries)} {state}" for state, count in counts.items())


def _words(status: Status) -> str:
    if status.phase is Phase.STOPPED:
        return status.cause or Phase.STOPPED.value
    if status.phase in (Phase.FAILED, Phase.LOST) and status.cause:
        return f"{status.phase.value}: {status.cause}"
    return status.phase.value
