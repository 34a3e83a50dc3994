"""Which differences a launch can show, before its hours are spent.

The noise is that of finished runs of the same data set and protocol; if there are none, a typical one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from iqa_tui.monitor.listing import ListedRun
from iqa_tui.plans.request import LaunchRequest
from iqa_tui.plans.scoring import Scoring, scoring_of
from iqa_tui.results.intervals.estimates import Difference
from iqa_tui.results.intervals.kept import kept_table
from iqa_tui.results.intervals.needs import detectable_over_splits, detectable_with
from iqa_tui.results.intervals.resampling import Resampling
from iqa_tui.results.intervals.score_files import table_scores
from iqa_tui.results.intervals.scores import RowScores
from iqa_tui.results.table import read_entries, recorded_plan, table_of

METRIC = "srcc"
FEW = Resampling(2_000)
"""The standard error of the images is known to 2%: enough for an “about”."""
TYPICAL_SEED_SD = 0.003
"""SD over seeds of the difference of two rows in SRCC, as the experiments that we know of have it."""
TYPICAL_IMAGE_SD = 0.08
"""Standard error of a difference in SRCC by the test images, times the root of their number: of two networks of SRCC
0.93 whose errors correlate by 0.87, as those of one network trained by two losses do. `test_power.py` repeats it.
"""
TEST_SHARE = 0.2 / 0.7
"""Test images for one training image of a random split, as the trainer draws them."""
TEST_IMAGES = {
    "agiqa-3k": 596,
    "bid": 117,
    "biq2021": 2_000,
    "flive": 1_827,
    "koniq-10k": 2_015,
    "livec": 232,
    "spaq": 2_225,
    "uhd-iqa": 900,
}
"""Of the data sets whose every image is a picture of its own."""


@dataclass(frozen=True, slots=True)
class Spread:
    """What moves the difference of two rows."""

    seed_sd: float
    """SD over seeds."""
    images_se: float | None
    """Standard error by the test images; None: not known."""
    units: int
    """Test images, or reference images."""
    group: str = ""
    """Whose runs show it; empty: it is a typical one."""


@dataclass(frozen=True, slots=True)
class Power:
    """What a launch can show, in words; both empty if there is nothing to say."""

    short: str = ""
    """`3 seeds: differences from about 0.008 on`."""
    words: str = ""
    """The same, and by which spread."""


def power_of(request: LaunchRequest) -> Power:
    """Of a launch for which `words_at_once` knows none. Reads the finished runs and resamples their scores: a second or
    two, in a thread.

    Raises:
        ValueError: in words, if a seed cannot be read.
        OSError: the folder of runs cannot be read.
    """
    scoring = scoring_of(request)
    if scoring is None:
        return Power()
    seeds, splits = len(set(request.seeds_or_default())), len(set(request.splits_or_default()))
    return power_with(seeds, spread_of(request.runs_dir, scoring), max(splits, 1))


def power_with(seeds: int, spread: Spread, splits: int = 1) -> Power:
    """Of so many seeds a row, on each of so many random splits; nothing of one run."""
    if splits > 1:
        found = detectable_over_splits((spread.seed_sd, spread.images_se or 0.0), seeds, splits, TEST_SHARE)
    else:
        found = detectable_with(spread.seed_sd, spread.images_se or 0.0, seeds, spread.units)
    if found is None:
        return Power()
    number = f"{found:.3f}" if found >= 0.0005 else f"{found:.1e}"
    counted = f"{splits} splits, {seeds} seed{'s' if seeds > 1 else ''}" if splits > 1 else f"{seeds} seeds"
    short = f"{counted}: differences from about {number} on"
    if spread.group:
        return Power(short, f"{short}, by the runs of {spread.group}")
    if spread.images_se is None:
        short = f"{counted}: differences from {number} on at best"
        return Power(short, f"{short}, by a typical spread of seeds; that of the test images is not known")
    return Power(short, f"{short}, by a typical spread")


def spread_of(runs_dir: Path, scoring: Scoring) -> Spread:
    """Of the newest group that has two rows of two common seeds, tested alike; else the typical one."""
    entries = [each for each in read_entries(runs_dir) if _is_scored_alike(each, scoring)]
    newest = {each.group: each.spec.created for each in entries}  # oldest first, so the last one counts
    for group in sorted(newest, key=lambda name: -newest[name]):
        members = [each for each in entries if each.group == group]
        if len(members) >= 4 and (found := _measured(group, members)):
            return found
    return typical_spread(scoring)


def typical_spread(scoring: Scoring) -> Spread:
    """For a data set without finished runs."""
    images = TEST_IMAGES.get(scoring.dataset)
    if images is not None and scoring.limit is not None:
        images = min(images, scoring.limit)
    if not images:
        return Spread(TYPICAL_SEED_SD, None, 0)
    return Spread(TYPICAL_SEED_SD, TYPICAL_IMAGE_SD / math.sqrt(images), images)


def _is_scored_alike(entry: ListedRun, scoring: Scoring) -> bool:
    result = entry.result
    if result is None or result.demo or (result.dataset, result.protocol) != (scoring.dataset, scoring.protocol):
        return False
    if scoring.limit is None:
        return not result.limited
    return result.images.get("test") == scoring.limit


def _measured(group: str, members: list[ListedRun]) -> Spread | None:
    """The mean noise of all differences between its rows; None if there are no two rows of two common seeds."""
    rows = table_scores(table_of(members, group, recorded_plan(members)).rows, members)
    known = [(each, each.se_seeds, each.se_images) for each in _differences(_trained_here(rows))]
    parts = [
        (len(each.seeds), se_seeds, se_images, each.units)
        for each, se_seeds, se_images in known
        if se_seeds is not None and se_images is not None
    ]
    if not parts:
        return None
    freedom = sum(seeds - 1 for seeds, *_ in parts)
    seed_variance = sum((seeds - 1) * seeds * se_seeds**2 for seeds, se_seeds, *_ in parts) / freedom
    images_variance = sum(se_images**2 for _, _, se_images, _ in parts) / len(parts)
    if not seed_variance:  # the same run under several seeds
        return None
    return Spread(math.sqrt(seed_variance), math.sqrt(images_variance), min(part[-1] for part in parts), group)


def _trained_here(rows: Sequence[RowScores]) -> list[RowScores]:
    return [row for row in rows if row.runs and not row.is_elsewhere]


def _differences(rows: Sequence[RowScores]) -> Iterator[Difference]:
    """Between every two rows that have two seeds in common: only these say what moves paired runs."""
    seeds = {row.id: {run.seed for run in row.runs if run.images} for row in rows}
    pairs = [pair for pair in combinations(seeds, 2) if len(seeds[pair[0]] & seeds[pair[1]]) >= 2]
    if pairs:
        table = kept_table(rows, (METRIC,), FEW)
        yield from (table.difference(first, second, METRIC) for first, second in pairs)
