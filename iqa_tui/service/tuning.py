"""What a tuned run is trained with: chosen by its supervisor, when its tuning runs have ended, and written down once.

Only values of the grid that the user signed at the launch can be chosen: a file that another process changed in the
folder of a tuning run may change which one, and nothing else.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from statistics import fmean
from typing import Any

from iqa_tui.errors import LaunchError
from iqa_tui.plans.flags import flag_text, flag_words, is_same, trial_text
from iqa_tui.queue.attempts import may_resume
from iqa_tui.trust.ownership import is_ours
from iqa_tui.words.states import status_words
from training.runfolder.errors import RunFolderError
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase
from training.runfolder.read import read_record, read_spec
from training.runfolder.schema import Result
from training.runfolder.spec import Spec
from training.runfolder.status import run_status
from training.runfolder.tuned import Tuned, trials_of
from training.runfolder.write import write_record

Point = dict[str, Any]
"""Flag to value."""


class NothingChosen(LaunchError):
    """Why the run cannot be trained: no value has a score, or what was chosen before cannot be read."""


@dataclass(frozen=True, slots=True)
class Score:
    """What one tuning run says of its value."""

    run_id: str
    seed: int
    srcc: float | None
    why: str = ""
    """Why there is no score, in words; empty if there is one."""


def has_trials_to_come(run: RunFolder, spec: Spec) -> bool:
    """Whether a tuning run that this run's value is still to be chosen by is queued or alive, or is to be resumed."""
    trials = trials_of(spec.tune)
    if not trials or run.tuned.exists():
        return False
    return any(map(_is_to_come, (_beside(run, name) for name in trials)))


def _is_to_come(trial: RunFolder) -> bool:
    status = run_status(trial, begun_attempt=sys.maxsize)
    if status.phase is Phase.QUEUED or status.phase.is_alive:
        return True
    try:
        return status.phase.is_over and may_resume(trial, read_spec(trial), status)
    except RunFolderError:
        return False


def _beside(run: RunFolder, name: str) -> RunFolder:
    return RunFolder(run.shown.parent / Path(name).name)


def tuned_flags(run: RunFolder, spec: Spec) -> list[str]:
    """The words to add to the run's command; [] if it is not tuned. What was chosen at its first start stays.

    Raises:
        NothingChosen: in words, for the run's end.
        OSError: the choice cannot be written.
    """
    if not spec.tune:
        return []
    points = _points(spec.tune)
    if not points:
        raise NothingChosen("its spec names no grid to choose from: launch its plan again")
    try:
        tuned = read_record(run.tuned, Tuned)
    except RunFolderError as error:
        raise NothingChosen(f"{error} Without it a retry chooses again") from error
    if tuned is None:
        tuned = choose(spec, _scores(run, spec, points))
        write_record(run.tuned, tuned)
    elif tuned.choice not in points:
        raise NothingChosen(
            f"{run.tuned.name} names {trial_text(tuned.choice)}, which is not in the grid of its launch"
        )
    return flag_words(tuned.choice)


def _points(tune: dict[str, Any]) -> list[Point]:
    grid = tune.get("grid")
    if not isinstance(grid, dict) or not grid or not all(isinstance(values, list) for values in grid.values()):
        return []
    return [dict(zip(grid, values, strict=True)) for values in product(*grid.values())]


def _scores(run: RunFolder, spec: Spec, points: Sequence[Point]) -> list[tuple[Point, list[Score]]]:
    """Point by point. The tuning runs are named value by value, seed by seed."""
    trials, seeds = trials_of(spec.tune), spec.tune.get("seeds")
    seeds = seeds if isinstance(seeds, list) and seeds else [spec.seed]
    if len(trials) != len(points) * len(seeds):
        raise NothingChosen("its spec does not name a tuning run for every value: launch its plan again")
    names = iter(trials)
    return [(point, [_score(_beside(run, next(names)), point, seed) for seed in seeds]) for point in points]


def _score(trial: RunFolder, point: Point, seed: int) -> Score:
    def without(why: str) -> Score:
        return Score(trial.run_id, seed, None, why)

    if not trial.path.is_dir() or not is_ours(trial):
        return without("its folder is gone")
    try:
        result = read_record(trial.result, Result)
    except RunFolderError as error:
        return without(str(error))
    if result is None:
        return without(status_words(run_status(trial)))
    is_other = any(not is_same(result.config.get(flag, ""), flag_text(value)) for flag, value in point.items())
    if is_other or result.seed != seed:
        return without("its result is that of another value or seed")
    srcc = result.metrics.get("val", {}).get("srcc")
    return (
        without("it finished without an SRCC on the validation split")
        if srcc is None
        else Score(trial.run_id, seed, srcc)
    )


def choose(spec: Spec, scores: Sequence[tuple[Point, Sequence[Score]]]) -> Tuned:
    """The point with the highest mean SRCC; of equal ones that of the smaller values.

    Only the points that were scored with the most seeds are compared: a value with which half of the runs fail is not
    judged by the other half, if there are values with which none does.

    Raises:
        NothingChosen: none has a score.
    """
    grid = spec.tune["grid"]
    known = [[score.srcc for score in runs if score.srcc is not None] for _, runs in scores]
    most = max(map(len, known), default=0)
    if not most:
        raise NothingChosen(_nothing_words(scores))
    ranked = [
        (-fmean(values), _rank(point, grid), number)
        for number, ((point, _), values) in enumerate(zip(scores, known, strict=True))
        if len(values) == most
    ]
    choice = scores[min(ranked)[-1]][0]
    return Tuned(
        choice=choice,
        grid=grid,
        scores=[
            {
                "values": point,
                "srcc": fmean(values) if values else None,
                "runs": [
                    {"run_id": each.run_id, "seed": each.seed, "srcc": each.srcc, "why": each.why} for each in runs
                ],
            }
            for (point, runs), values in zip(scores, known, strict=True)
        ],
        edge=[flag for flag, value in choice.items() if _is_at_edge(value, grid[flag])],
        epochs=_number(spec.tune.get("epochs")),
        images=_number(spec.tune.get("images")),
    )


def _rank(point: Point, grid: dict[str, list[Any]]) -> list[float]:
    """Smaller numbers first; of values that are no numbers, those that the plan names first."""
    return [float(value) if type(value) in (int, float) else grid[flag].index(value) for flag, value in point.items()]


def _is_at_edge(value: object, values: list[Any]) -> bool:
    return type(value) in (int, float) and len(values) > 1 and value in (min(values), max(values))


def _number(value: object) -> int | None:
    return value if type(value) is int else None


def _nothing_words(scores: Sequence[tuple[Point, Sequence[Score]]]) -> str:
    """`no tuning run gave a score to choose by: lr=1e-5: failed: out of memory; …`, each reason once."""
    why: dict[str, list[str]] = {}
    for point, runs in scores:
        for score in runs:
            why.setdefault(score.why, []).append(trial_text(point))
    told = "; ".join(f"{', '.join(dict.fromkeys(points))}: {words}" for words, points in why.items())
    return f"no tuning run gave a score to choose by ({told}): retry those, then this run"
