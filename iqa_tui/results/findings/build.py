"""Everything that a table of finished runs can tell: measures, judges, answers. Takes seconds; call it in a thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from iqa_tui.monitor.listing import ListedRun
from iqa_tui.plans.plan import Plan
from iqa_tui.results.findings.advice import recommend
from iqa_tui.results.findings.answers import answer
from iqa_tui.results.findings.evidence import row_evidence, run_evidence
from iqa_tui.results.findings.limits import limits
from iqa_tui.results.findings.measured import LN_STABILITY, Asked
from iqa_tui.results.findings.tuning import row_tunings
from iqa_tui.results.findings.values import Findings
from iqa_tui.results.findings.verdicts import judge
from iqa_tui.results.intervals.cancelling import SILENT, Observer
from iqa_tui.results.intervals.estimates import Difference
from iqa_tui.results.intervals.kept import kept_table
from iqa_tui.results.intervals.resampling import USUAL, Resampling
from iqa_tui.results.intervals.score_files import table_scores
from iqa_tui.results.intervals.scores import RowScores
from iqa_tui.results.intervals.table import MeasuredTable
from iqa_tui.results.table import Table

METRICS = ("srcc", "plcc", "plcc_fitted", "krcc", "rmse")
TOLD = (*METRICS, "hours")


def findings_of(
    table: Table,
    entries: Sequence[ListedRun],
    plan: Plan | None,
    resampling: Resampling = USUAL,
    observer: Observer = SILENT,
) -> Findings:
    """All that is said of a table.

    Args:
        entries: of the folder of runs, at least those that the table counts.
        plan: asks the questions; None: there are none, for runs that were started by hand.

    Raises:
        Cancelled: asked to stop.
    """
    entries = [entry for entry in entries if entry.has_scores]  # the row of a log says all that is known of it
    rows = _with_stability(table_scores(table.rows, entries), table, entries)
    measured = kept_table(rows, METRICS, resampling, observer)
    by_run = {entry.run_id: entry for entry in entries}
    evidence = tuple(
        row_evidence(row, scores.id, [by_run[run_id] for run_id in row.run_ids if run_id in by_run])
        for row, scores in zip(table.rows, rows, strict=True)
        if row.recorded or scores.runs
    )
    labels = {scores.id: row.label for row, scores in zip(table.rows, rows, strict=True)}
    asked = Asked(measured, labels)
    return Findings(
        title=table.title,
        group=table.group,
        baseline=table.baseline,
        rows=tuple(measured.estimate(row.id, metric) for row in rows if row.runs or row.recorded for metric in TOLD),
        differences=_differences(measured, table.baseline),
        evidence=evidence,
        hypotheses=tuple(judge(hypothesis, asked) for hypothesis in plan.hypotheses) if plan else (),
        questions=tuple(answer(question, asked, evidence) for question in plan.questions) if plan else (),
        recommendation=recommend(asked, evidence, table.baseline),
        limits=limits(table, plan, entries, asked),
        resamples=resampling.resamples,
        tunings=row_tunings(table.rows, [scores.id for scores in rows]),
    )


def _with_stability(rows: Sequence[RowScores], table: Table, entries: Sequence[ListedRun]) -> tuple[RowScores, ...]:
    """Each run with its ln unsteadiness, which is compared as any number of a run is."""
    by_run = {entry.run_id: entry for entry in entries if entry.result is not None}
    found = []
    for scores, row in zip(rows, table.rows, strict=True):
        own = [by_run[run_id] for run_id in row.run_ids if run_id in by_run]
        runs = []
        for run, entry in zip(scores.runs, own, strict=True):
            ln_sd = run_evidence(entry.run).stability.ln_sd
            runs.append(replace(run, numbers={**run.numbers, LN_STABILITY: ln_sd}) if ln_sd is not None else run)
        found.append(replace(scores, runs=tuple(runs)))
    return tuple(found)


def _differences(measured: MeasuredTable, baseline: str) -> tuple[Difference, ...]:
    known = {row.id for row in measured.rows if row.runs or row.recorded}
    if baseline not in known:
        return ()
    shown = replace(measured, rows=tuple(row for row in measured.rows if row.id in known))
    return tuple(each for metric in TOLD for each in shown.differences(baseline, metric))
