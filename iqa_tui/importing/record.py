"""Makes recorded runs of a log: each is built aside, with its result, and then renamed into the folder of runs.

Such a run is never queued, and nothing of it is ever started: its spec says so (`engine`), in a format that an earlier
version of this program refuses to read.
"""

from __future__ import annotations

import math
import shlex
import socket
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from iqa_tui.errors import LaunchError
from iqa_tui.importing.aside import built_aside
from iqa_tui.importing.pieces import BadLog
from iqa_tui.importing.published import PublishedLog
from iqa_tui.importing.row import PlanRow, other_settings_words, refuse_other
from iqa_tui.importing.table import Epoch, Round
from iqa_tui.monitor.listing import specs_in
from iqa_tui.plans.plan import Plan
from iqa_tui.settings.read_only import order
from iqa_tui.words.people import user_name
from training.runfolder.engines import RECORDED, SPEC_FORMAT
from training.runfolder.fields import LAST_SECOND
from training.runfolder.folders import run_name
from training.runfolder.layout import RunFolder
from training.runfolder.schema import Result
from training.runfolder.spec import Spec
from training.runfolder.text import plain
from training.runfolder.write import EventWriter, make_folder, write_atomic, write_record

PROTOCOL = "published"


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked besides the log and its row."""

    runs_dir: Path
    plan: Plan
    group: str
    """The table that the runs join."""
    seed: int | None = None
    """Of the log's first round; None: the log's own, or the next that is free."""
    again: bool = False
    """A log that was imported before is imported once more."""


@dataclass(frozen=True, slots=True)
class Imported:
    """One recorded run."""

    run: RunFolder
    words: str
    """What was measured, for people."""


@order("imports nothing")
def import_log(log: PublishedLog, row: PlanRow, wish: Wish) -> list[Imported]:
    """Make a recorded run of each round of a log.

    Raises:
        BadLog: it is of another data set or loss than the row, or was imported before.
        LaunchError: the folder of runs cannot be written.
    """
    refuse_other(log, row, wish.plan)
    taken = _seeds_taken(log, row, wish)
    done, before = [], 0.0
    for this in log.rounds:
        seed = _seed(log, this, wish, taken)
        taken.add(seed)
        done.append(_Recording(log, this, row, wish, seed).write(before))
        before += this.seconds
    return done


def _seeds_taken(log: PublishedLog, row: PlanRow, wish: Wish) -> set[int]:
    """Of the recorded runs of this row.

    Raises:
        BadLog: one of the group is of this very log.
    """
    taken = set()
    for run, spec in specs_in(wish.runs_dir):
        if spec is None or spec.engine != RECORDED or spec.group != wish.group:
            continue
        if spec.log.get("sha256") == log.sha256 and run.result.exists() and not wish.again:
            raise BadLog(
                f"{log.path}: was imported already, as {spec.experiment} in {run.run_id}. --again does it again."
            )
        if spec.experiment == row.id:
            taken.add(spec.seed)
    return taken


def _seed(log: PublishedLog, this: Round, wish: Wish, taken: set[int]) -> int:
    """As asked; else as the log says, or the next that no other log of the row has: the published code has one seed
    for all that it trains.
    """
    first = wish.seed if wish.seed is not None else log.header.seed or 0
    seed = first + this.number - 1
    while wish.seed is None and seed in taken:
        seed += 1
    return seed


class _Recording:
    """One round on its way to a run."""

    def __init__(self, log: PublishedLog, this: Round, row: PlanRow, wish: Wish, seed: int) -> None:
        best = this.best
        if best is None:
            raise ValueError("a round without a score")
        self._log, self._this, self._row, self._wish, self._seed, self._best = log, this, row, wish, seed, best
        self._loss = log.header.loss_type or str(row.flags.get("loss_type", ""))
        self._dataset = log.header.dataset or str(row.flags.get("dataset", ""))
        self._network = log.header.network or "unknown"

    def write(self, before: float) -> Imported:
        """Args:
        before: seconds that the earlier rounds of the log took.
        """
        runs_dir, now = self._wish.runs_dir.absolute(), datetime.now().astimezone()
        name = run_name(now, self._dataset or self._wish.plan.name, self._network, f"{self._loss}-recorded", self._seed)
        began = min(max(0.0, self._log.started + before), LAST_SECOND / 2)
        try:
            with built_aside(runs_dir, name) as (run_id, aside):
                self._write_events(aside, began)
                write_atomic(_output_of(aside), self._log.told)
                write_record(aside.result, self._result(run_id, began))
                write_record(aside.spec, self._spec(run_id, now.timestamp()))
        except OSError as error:
            raise LaunchError(
                f"{runs_dir}: cannot be written ({error.strerror}). Name another folder by --runs-dir."
            ) from error
        return Imported(RunFolder(runs_dir / run_id), self._words())

    def _words(self) -> str:
        scores = self._best.scores["test"]
        plcc = f" and PLCC {scores['plcc']:.4f}" if scores.get("plcc") is not None else ""
        return (
            f"best test SRCC {scores['srcc']:.4f}{plcc} at epoch {self._best.number} of {len(self._this.epochs)}, "
            f"seed {self._seed}"
        )

    def _notes(self) -> list[str]:
        """What a reader of the numbers must know; the first stands in the row."""
        log, this = self._log, self._this
        notes = [f"best on test, published protocol, from {plain(log.path.name)}"]
        if others := other_settings_words(log, self._row):
            notes.append(f"not as the plan says: {others}")
        if len(log.rounds) > 1 or this.number > 1:
            notes.append(f"round {this.number} of the log")
        if log.header.seed is not None and log.header.seed != self._seed:
            notes.append(f"counted as seed {self._seed} (the log says {log.header.seed})")
        asked = this.epochs_asked or log.header.settings.get("epochs")
        if this.is_cut or not this.is_complete:
            of = f" of {asked}" if asked else ""
            notes.append(f"the log ends after epoch {this.epochs[-1].number}{of}")
        return notes

    def _curve_note(self) -> str:
        if self._this.steps.steps:
            return "the loss of a step is the mean of its epoch so far, as the log's progress bars say it"
        return "the loss is that of whole epochs: the log's progress bars carry none"

    def _result(self, run_id: str, began: float) -> Result:
        metrics = {split: scores for split, scores in self._best.scores.items() if split != "train"}
        return Result(
            run_id=run_id,
            metrics=metrics,
            protocol=PROTOCOL,
            dataset=self._dataset,
            loss_type=self._loss,
            seed=self._seed,
            network=self._network,
            finished=began + self._this.seconds,
            elapsed_seconds=self._this.seconds,
            best_epoch=self._best.number,
            epochs=len(self._this.epochs),
            images=self._log.header.images,
            config=self._log.header.settings | {"seed": self._seed},
            notes=self._notes(),
        )

    def _spec(self, run_id: str, now: float) -> Spec:
        path, plan = plain(str(self._log.path.absolute())), self._wish.plan
        return Spec(
            run_id=run_id,
            group=self._wish.group,
            label=self._row.label,
            argv=["iqa-tui", "import", path, "--as", self._row.id, "--plan", plan.name],
            created=now,
            experiment=self._row.id,
            plan=plan.content,
            trainer="command",
            order=self._row.order,
            loss_type=self._loss,
            dataset=self._dataset,
            network=self._network,
            seed=self._seed,
            protocol=PROTOCOL,
            notes=f"imported from {shlex.quote(path)}; {self._curve_note()}",
            created_by=f"{user_name()}@{socket.gethostname()}",
            engine=RECORDED,
            log={"file": plain(self._log.path.name), "sha256": self._log.sha256, "round": self._this.number},
            format=SPEC_FORMAT,
        )

    def _write_events(self, run: RunFolder, began: float) -> None:
        this = self._this
        steps, length = this.steps, this.steps_per_epoch or 1
        at = [began]
        writer = EventWriter(run.events, 1, lambda: at[0])
        images = {f"{split}_images": count for split, count in self._log.header.images.items()}
        writer.write("started", **images, steps_per_epoch=length, epochs=this.epochs_asked or len(this.epochs))
        place = 0
        for epoch in this.epochs:
            while place < len(steps.steps) and steps.steps[place] <= epoch.number * length:
                at[0] = began + steps.seconds[place]
                _write_step(writer, steps.steps[place], steps.losses[place], length)
                place += 1
            at[0] = began + epoch.seconds
            if not steps.steps:
                _write_step(writer, epoch.number * length, epoch.loss, length)
            self._write_epoch(writer, epoch)
        for step, seconds, loss in zip(
            steps.steps[place:], steps.seconds[place:], steps.losses[place:], strict=True
        ):  # of an epoch that never ended
            at[0] = began + seconds
            _write_step(writer, step, loss, length)
        at[0] = began + this.seconds
        test = self._best.scores["test"]
        writer.write("finished", srcc=test.get("srcc"), plcc=test.get("plcc"))
        writer.close()
        if writer.trouble:
            raise OSError(0, writer.trouble)

    def _write_epoch(self, writer: EventWriter, epoch: Epoch) -> None:
        before = [each.seconds for each in self._this.epochs if each.number < epoch.number]
        writer.write(
            "epoch", epoch=epoch.number, loss=epoch.loss, elapsed_seconds=epoch.seconds - max(before, default=0)
        )
        for split, metrics in epoch.scores.items():
            writer.write("evaluated", epoch=epoch.number, split=split, metrics=metrics)


def _write_step(writer: EventWriter, step: int, loss: float | None, length: int) -> None:
    writer.write("step", epoch=(step - 1) // length + 1, step=step, loss=math.nan if loss is None else loss)


def _output_of(run: RunFolder) -> Path:
    """Where the log of a run is looked for."""
    make_folder(run.attempts_dir)
    return run.attempt(1).output
