"""A group whose experiments are tuned: trials over a grid of learning rates, then runs with the chosen one.

`python -m tests.fakes.tuned DIR` fills DIR with one in every state that tuning can be in.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.fakes.run_folders import FakeRun
from tests.fakes.runs import PLAN, fail_run, finish_run, queue_experiment
from tests.golden.make import START
from training.runfolder.engines import SPEC_FORMAT
from training.runfolder.layout import RunFolder
from training.runfolder.read import read_spec
from training.runfolder.tuned import Tuned
from training.runfolder.write import write_json

GRID = (1e-6, 2e-6, 5e-6, 1e-5)
EPOCHS, IMAGES = 2, 2000


@dataclass
class FakeTuning:
    """Of one experiment of the preset."""

    runs_dir: Path
    experiment: str
    grid: Sequence[float] = GRID
    created: float = START
    signed: bool = True
    """False: as if they came from another host, so that no dispatcher starts them."""
    trials: list[RunFolder] = field(default_factory=list)

    def try_all(self, scores: Sequence[float | None]) -> FakeTuning:
        """A trial of each value: finished with its validation SRCC; None: failed. Those beyond are queued."""
        for number, rate in enumerate(self.grid):
            run = self.queue_trial(rate)
            if number < len(scores) and (srcc := scores[number]) is not None:
                finish_run(run, None, None, metrics={"val": {"srcc": srcc, "plcc": 0.9}}, hours=0.1)
            elif number < len(scores):
                fail_run(run, "exit 1: the loss is not finite")
        return self

    def queue_trial(self, rate: float, seed: int = 1) -> RunFolder:
        argv = ["python", "-m", "training", "--no_test", "--lr", str(rate), "--run_folder", "{run_folder}"]
        run = queue_experiment(
            self.runs_dir, self.experiment, seed=seed, created=self.created, argv=argv,
            trial={"values": {"lr": rate}}, format=SPEC_FORMAT, expected_srcc=None, expected_hours=0.1,
            signed=self.signed,
        )  # fmt: skip
        self.trials.append(run)
        return run

    def queue(self, seed: int = 1) -> RunFolder:
        """The run that waits for the trials."""
        tune = {
            "grid": {"lr": list(self.grid)},
            "epochs": EPOCHS,
            "images": IMAGES,
            "seeds": [1],
            "trials": [run.run_id for run in self.trials],
        }
        return queue_experiment(
            self.runs_dir, self.experiment, seed=seed, created=self.created + 1, tune=tune, format=SPEC_FORMAT, signed=self.signed,
        )  # fmt: skip

    def tuned(self, scores: Sequence[float | None]) -> Tuned:
        """What the supervisor chose by these scores."""
        known = [score for score in scores if score is not None]
        choice = self.grid[list(scores).index(max(known))]
        told: list[dict[str, Any]] = [
            {
                "values": {"lr": rate},
                "srcc": score,
                "runs": [{"run_id": run.run_id, "seed": 1, "srcc": score, "why": "" if score else "failed: exit 1"}],
            }
            for rate, score, run in zip(self.grid, scores, self.trials, strict=True)
        ]
        edge = ["lr"] if choice in (min(self.grid), max(self.grid)) else []
        return Tuned({"lr": choice}, {"lr": list(self.grid)}, told, edge, epochs=EPOCHS, images=IMAGES)

    def finish(self, run: RunFolder, scores: Sequence[float | None], srcc: float, **result: Any) -> RunFolder:
        """Train it with what was chosen."""
        tuned = self.tuned(scores)
        write_json(run.tuned, {**tuned.as_dict(), "format": 1})
        return finish_run(run, srcc, srcc + 0.01, tuned=tuned.as_dict(), **result)


SCORES: dict[str, tuple[float | None, ...]] = {
    "F1": (0.7012, 0.7155, 0.7301, 0.7204),
    "F2": (0.6900, 0.7034, 0.7188, 0.7101),
    "F3": (0.7215, 0.7340, 0.7421, 0.7502),
    "F4": (0.7180, None, 0.7380, 0.7290),
    "F5": (0.7100, 0.7188, 0.7269, 0.7240),
}
"""Validation SRCC of each trial, in the order of the grid."""
FINAL = {"F1": 0.9354, "F2": 0.9312, "F3": 0.9381, "F4": 0.9368, "F5": 0.9349}


def tuned_table(runs_dir: Path, seeds: Sequence[int] = (1,), experiments: Sequence[str] = tuple(SCORES)) -> None:
    """A group in which everything has ended."""
    for experiment in experiments:
        tuning = FakeTuning(runs_dir, experiment).try_all(SCORES[experiment])
        for seed in seeds:
            tuning.finish(tuning.queue(seed), SCORES[experiment], FINAL[experiment] + 0.0007 * seed)


def tuning_group(runs_dir: Path, *, signed: bool = True) -> list[list[int]]:
    """A group that is being tuned: F1 trains with its choice, F2's trials run, the others wait.

    Returns:
        The locks of the runs that are alive, to be kept.
    """
    now = time.time()
    first = FakeTuning(runs_dir, "F1", created=now - 4_000, signed=signed).try_all(SCORES["F1"])
    run = first.queue()
    write_json(run.tuned, {**first.tuned(SCORES["F1"]).as_dict(), "format": 1})
    alive = [FakeRun(run, read_spec(run)).start(at=now - 600).train(260)]
    second = FakeTuning(runs_dir, "F2", created=now - 4_000, signed=signed).try_all(SCORES["F2"][:2])
    alive.append(FakeRun(second.trials[2], read_spec(second.trials[2])).start(gpu=1, at=now - 200).train(120))
    second.queue()
    third = FakeTuning(runs_dir, "F3", created=now - 4_000, signed=signed).try_all([None])
    third.queue()
    return [each.hold() for each in alive]


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    if "finished" in sys.argv:
        tuned_table(folder, seeds=(1, 2))
    else:
        locks = tuning_group(folder, signed=False)
        print(f"{PLAN['name']} is being tuned in {folder}; interrupt this once you have looked at it")
        time.sleep(36_000)
