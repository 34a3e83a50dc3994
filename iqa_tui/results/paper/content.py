"""What the paper's files are made of: the table, its findings, and what each run left behind. Every text is plain."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from iqa_tui.errors import PlanError
from iqa_tui.monitor.colours import COLOURS, colours_of
from iqa_tui.monitor.curves import Evaluation
from iqa_tui.monitor.history import History
from iqa_tui.monitor.listing import ListedRun
from iqa_tui.monitor.scored_images import LARGEST_BYTES, ScoredImages, read_scored_images
from iqa_tui.monitor.state import RunState
from iqa_tui.plans.plan import Plan, load_plan, preset_names
from iqa_tui.results.findings.build import findings_of
from iqa_tui.results.findings.values import Findings
from iqa_tui.results.intervals.cancelling import SILENT, Observer
from iqa_tui.results.intervals.estimates import Difference, Estimate
from iqa_tui.results.intervals.resampling import USUAL, Resampling
from iqa_tui.results.intervals.score_files import table_scores
from iqa_tui.results.intervals.scores import RowScores, RunScores
from iqa_tui.results.row import Row
from iqa_tui.results.table import Table, table_of
from iqa_tui.words.repetitions import repetition_words
from training.runfolder.errors import RunFolderError
from training.runfolder.mixed import dataset_names
from training.runfolder.opening import read_bounded
from training.runfolder.schema import Result
from training.runfolder.spec import Spec
from training.runfolder.text import plain, plain_copy


@dataclass(frozen=True, slots=True, eq=False)
class PaperRun:
    """One finished run."""

    name: str
    """Unique: `F1 seed 1`, `F1 split 3 seed 1`."""
    run_id: str
    spec: Spec
    result: Result
    scores: RunScores
    """Test scores by image; without images if its file cannot be read."""
    scores_sha256: str
    """Of the file of test scores; empty if it cannot be read."""
    result_sha256: str
    """Of `result.json`; empty if it cannot be read."""
    validation: tuple[tuple[int, float], ...]
    """(epoch, validation SRCC); empty for a protocol without a validation split."""


@dataclass(frozen=True, slots=True, eq=False)
class PaperRow:
    """One row with a number."""

    id: str
    """As the findings call it."""
    row: Row
    look: int
    """Number of its colour, the one that the app gives it."""
    place: int
    """In the table, from 0."""
    runs: tuple[PaperRun, ...]
    """Empty for a row that was measured elsewhere."""
    images: ScoredImages
    """Of its first run."""

    @property
    def label(self) -> str:
        return self.row.label

    @property
    def name(self) -> str:
        """`SRCC (F3)`."""
        return f"{self.label} ({self.id})" if self.id != self.label else self.id


@dataclass(frozen=True, slots=True, eq=False)
class Content:
    """All that the files tell."""

    table: Table
    findings: Findings
    rows: tuple[PaperRow, ...]
    missing: tuple[str, ...]
    """Ids of the table's rows without a number."""
    is_preset: bool
    """The plan comes with the program."""

    @property
    def has_medians(self) -> bool:
        """Some row has several random splits."""
        return any(row.row.srcc_median is not None for row in self.rows)

    @property
    def runs(self) -> tuple[PaperRun, ...]:
        """Of all rows, in the table's order."""
        return tuple(run for row in self.rows for run in row.runs)

    @property
    def trained(self) -> tuple[PaperRun, ...]:
        """Of them, those that were trained here: not the networks that were imported with their scores."""
        return tuple(run for row in self.rows for run in row.runs if not row.row.recorded)

    @property
    def imported(self) -> tuple[PaperRun, ...]:
        """The others."""
        return tuple(run for row in self.rows for run in row.runs if row.row.recorded)

    def estimate(self, row: PaperRow, metric: str) -> Estimate:
        """A metric of a row; its value is None if it was not measured."""
        return self.findings.estimate(row.id, metric) or Estimate(row.id, metric, None)

    def difference(self, row: PaperRow, metric: str) -> Difference | None:
        """To the baseline; None for the baseline itself, and if there is no number."""
        found = self.findings.difference(row.id, metric)
        return None if found is None or found.value is None else found


def content_of(
    entries: Sequence[ListedRun],
    group: str,
    plan: Plan | None,
    resampling: Resampling = USUAL,
    observer: Observer = SILENT,
) -> Content:
    """Read and measure everything; takes seconds.

    Args:
        entries: the runs of the group, oldest first.
        plan: whose rows, hypotheses and questions; None: there is none, for runs that were started by hand.

    Raises:
        PlanError: no run has a result yet.
        Cancelled: asked to stop.
    """
    table = table_of(list(entries), group, plan)
    findings = findings_of(table, entries, plan, resampling, observer)
    scored = table_scores(table.rows, entries)
    if not any(scores.runs for scores in scored):
        raise PlanError(
            f"No run of {group!r} has a result yet, so there is nothing to write about. `iqa-tui status` shows how far"
            " they are."
        )
    looks = _looks(entries, table, plan)
    with_numbers = [
        (place, row, scores)
        for place, (row, scores) in enumerate(zip(table.rows, scored, strict=True))
        if scores.runs or scores.recorded
    ]
    known = {scores.id for _, _, scores in with_numbers}
    by_run = {entry.run_id: entry for entry in entries if entry.has_scores}  # as `table_scores` counts them
    rows = tuple(
        _paper_row(row, scores, (looks[place], place), [by_run[run_id] for run_id in row.run_ids if run_id in by_run])
        for place, row, scores in with_numbers
    )
    return Content(
        table=plain_copy(table),
        findings=plain_copy(findings),
        rows=_with_unique_names(rows),
        missing=tuple(plain(scores.id) for scores in scored if scores.id not in known),
        is_preset=plan is not None and _is_preset(plan),
    )


def _is_preset(plan: Plan) -> bool:
    """By its content: a plan that the runs recorded has no file."""
    return plan.name in preset_names() and load_plan(plan.name).content == plan.content


def _looks(entries: Sequence[ListedRun], table: Table, plan: Plan | None) -> list[int]:
    """Of each row; one without runs has its place in the plan."""
    found = colours_of(_state(entry) for entry in entries)
    planned = [experiment.id for experiment in plan.experiments] if plan else []
    return [
        found.get(row.run_ids[0] if row.run_ids else "", planned.index(row.id) if row.id in planned else place)
        % COLOURS
        for place, row in enumerate(table.rows)
    ]


def _state(entry: ListedRun) -> RunState:
    return RunState(entry.run, entry.status, entry.spec, result=entry.result)


def _paper_row(row: Row, scores: RowScores, look: tuple[int, int], entries: Sequence[ListedRun]) -> PaperRow:
    done = [(entry, entry.result) for entry in entries if entry.result is not None]
    runs = tuple(
        _paper_run(f"{scores.id} {repetition_words(run.seed, entry.spec.split)}", entry, result, run)
        for (entry, result), run in zip(done, scores.runs, strict=True)
    )
    images = plain_copy(read_scored_images(_state(done[0][0]))) if done else ScoredImages()
    return PaperRow(plain(scores.id), plain_copy(row), *look, runs, images)


def _paper_run(name: str, entry: ListedRun, result: Result, scores: RunScores) -> PaperRun:
    return PaperRun(
        name=plain(name),
        run_id=plain(entry.run_id),
        spec=plain_copy(entry.spec, leave=["plan"]),
        result=plain_copy(result),
        scores=scores,
        scores_sha256=_sha256(entry, "scores"),
        result_sha256=_sha256(entry, "result"),
        validation=_validation(entry),
    )


def _sha256(entry: ListedRun, what: str) -> str:
    """Of several data sets' scores, one after another."""
    names = dataset_names(plain(entry.result.dataset if entry.result else "").replace("/", "_"))
    paths = [entry.run.score_file(name, "test") for name in names] if what == "scores" else [entry.run.result]
    try:
        return hashlib.sha256(b"".join(read_bounded(path, LARGEST_BYTES) for path in paths)).hexdigest()
    except (OSError, RunFolderError):
        return ""


def _validation(entry: ListedRun) -> tuple[tuple[int, float], ...]:
    history = History(entry.run)
    history.read_all()
    known = {
        each.epoch: value
        for each in history.state.evaluations
        if each.split == "val" and (value := _srcc(each)) is not None
    }
    return tuple(sorted(known.items()))


def _srcc(evaluation: Evaluation) -> float | None:
    value = evaluation.metrics.get("srcc")
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def _with_unique_names(rows: Sequence[PaperRow]) -> tuple[PaperRow, ...]:
    """Two runs of one name are told apart by their run ids."""
    names = Counter(run.name for row in rows for run in row.runs)
    return tuple(
        replace(
            row,
            runs=tuple(
                run if names[run.name] == 1 else replace(run, name=f"{run.name} ({run.run_id})") for run in row.runs
            ),
        )
        for row in rows
    )
