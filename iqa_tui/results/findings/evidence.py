"""What each run cost and how steadily it was trained, from its events; kept until they change."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from iqa_tui.monitor.history import History
from iqa_tui.monitor.listing import ListedRun
from iqa_tui.results.findings.values import Evidence
from iqa_tui.results.intervals.stability import Stability, stability
from iqa_tui.results.row import SECONDS_PER_HOUR, Row
from iqa_tui.words.sizes import GIB
from training.runfolder.layout import RunFolder

KEPT_RUNS = 500
LARGEST_BYTES = 64 << 20
"""Of events; some 300,000 recorded steps, which take seconds to read."""


@dataclass(frozen=True, slots=True)
class RunEvidence:
    """Of one run."""

    stability: Stability
    images_per_second: float | None
    """Median over its steps."""


NOTHING = RunEvidence(Stability(), None)


def run_evidence(run: RunFolder) -> RunEvidence:
    """From the events of a run; one without events, or with more than `LARGEST_BYTES` of them, has nothing to tell."""
    try:
        found = run.events.stat()
    except OSError:
        return NOTHING
    if found.st_size > LARGEST_BYTES:
        return NOTHING
    return _read(run, (found.st_size, found.st_mtime_ns, found.st_ino))


@lru_cache(maxsize=KEPT_RUNS)
def _read(run: RunFolder, stamp: tuple[int, int, int]) -> RunEvidence:  # noqa: ARG001  the file's state
    history = History(run)
    while not history.is_caught_up:  # in slices: no other thread runs while one is parsed
        history.read_on()
    curves = history.state.metrics

    def values(name: str) -> list[float | None]:
        if name not in curves:
            return []
        return [value if math.isfinite(value) else None for value in curves[name].values]

    speeds = [value for value in values("images_per_second") if value is not None]
    return RunEvidence(
        stability(values("grad_norm"), values("loss"), values("val/srcc")),
        statistics.median(speeds) if speeds else None,
    )


def row_evidence(row: Row, name: str, entries: Sequence[ListedRun]) -> Evidence:
    """Of one row of a table.

    Args:
        name: its id among the findings.
        entries: the runs that its numbers come from.
    """
    if row.recorded:
        return Evidence(name, row.label, hours=row.hours)
    done = [(entry, entry.result, run_evidence(entry.run)) for entry in entries if entry.result is not None]
    kinds = [each.stability for _, _, each in done]
    falls = [kind.largest_fall for kind in kinds if kind.largest_fall is not None]
    peaks = [peak for entry, _, _ in done if (peak := entry.peak_gpu_memory_bytes) is not None]
    logs = [kind.ln_sd for kind in kinds if kind.ln_sd is not None]
    return Evidence(
        id=name,
        label=row.label,
        hours=_mean(result.elapsed_seconds / SECONDS_PER_HOUR for _, result, _ in done),
        seconds_a_step=_mean(
            float(size) / each.images_per_second
            for _, result, each in done
            if each.images_per_second and isinstance(size := result.config.get("batch_size"), int | float)
        ),
        peak_gpu_gib=max(peaks) / GIB if peaks else None,
        unsteadiness=math.exp(statistics.fmean(logs)) if logs else None,
        spikes=sum(kind.spikes for kind in kinds),
        not_finite=sum(kind.not_finite for kind in kinds),
        zero_norms=sum(kind.zero_norms for kind in kinds),
        largest_fall=max(falls) if falls else None,
        srcc_sd=row.srcc_sd,
        splits=row.split_count,
        runs=tuple(entry.run_id for entry, _, _ in done),
    )


def _mean(values: Iterable[float]) -> float | None:
    known = list(values)
    return statistics.fmean(known) if known else None
