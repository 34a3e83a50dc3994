"""The table of an experiment: one row an experiment of the plan, over its seeds, from the run folders alone.

Decides what a row says. How it looks is `export` and the result panel; what a metric is, is the trainer's.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from iqa_tui.errors import PlanError
from iqa_tui.monitor.listing import ListedRun, read_runs, specs_in
from iqa_tui.plans.plan import Experiment, Plan, Recorded, plan_from
from iqa_tui.plans.settings import other_settings
from iqa_tui.results.statistics import mean_and_sd
from iqa_tui.words.code import code_words
from training.runfolder.phase import Phase, Status

SECONDS_PER_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Row:
    """One experiment over its seeds, or one recorded result. None stands for: there is none."""

    id: str
    label: str
    loss_type: str
    srcc: float | None = None
    """Mean over seeds of the test SRCC at the chosen epoch."""
    srcc_sd: float | None = None
    """Sample SD over seeds; None for one seed."""
    plcc: float | None = None
    plcc_sd: float | None = None
    delta_srcc: float | None = None
    """srcc minus the baseline's; None for the baseline itself."""
    delta_note: str = ""
    """Says what makes the difference doubtful, for example that it goes across protocols."""
    hours: float | None = None
    """Mean over seeds, training and evaluation."""
    status: str = "not run"
    expected_low: float | None = None
    expected_high: float | None = None
    met: str = ""
    """`yes`, `below` or `above` the expected range; empty without a range or a result."""
    protocol: str = ""
    seeds: tuple[int, ...] = ()
    """Of the runs that count for the numbers; before there are any, of all runs."""
    run_ids: tuple[str, ...] = ()
    notes: str = ""
    recorded: bool = False
    """Measured elsewhere, not by a run here."""
    best_srcc: bool = False
    """Best among rows of the table's protocol."""
    best_plcc: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """What is shown and exported."""

    title: str
    group: str
    """Runs of one plan with the same changed settings."""
    plan_name: str
    dataset: str
    protocols: tuple[str, ...]
    """Of the runs, or of the recorded rows where there is no run."""
    seeds: tuple[int, ...]
    demo: bool
    """True: the labels are no human opinions."""
    baseline: str
    """Id of the row that differences are taken to; empty for none."""
    rows: tuple[Row, ...]
    code_note: str = ""
    """Says so where numbers come from different trainer code, or from other settings than the plan's; else empty."""


def read_entries(runs_dir: Path, group: str) -> list[ListedRun]:
    """The runs of a group, oldest first. A run that cannot be read is no part of any table; `status` names it."""
    runs = (each for each in read_runs(runs_dir, group) if not _has_broken_result(each))
    return sorted(runs, key=lambda each: (each.spec.created, each.run_id))


def _has_broken_result(listed: ListedRun) -> bool:
    return listed.phase is Phase.UNREADABLE and listed.run.result.exists()


def group_tables(runs_dir: Path) -> list[str]:
    """The groups that have runs, the one with the newest run first."""
    newest: dict[str, float] = {}
    for _, spec in specs_in(runs_dir):
        if spec is not None:
            newest[spec.group] = max(newest.get(spec.group, 0.0), spec.created)
    return sorted(newest, key=lambda group: -newest[group])


def build_table(runs_dir: Path, group: str | None = None, plan: Plan | None = None) -> Table:
    """The table of one group of runs.

    Args:
        group: its name; None: the plan's own name where a plan is given, else the group of the newest run.
        plan: its rows and order; None: as its newest run recorded it.
    """
    if group is None:
        group = plan.name if plan else next(iter(group_tables(runs_dir)), "")
    entries = read_entries(runs_dir, group)
    return table_of(entries, group, plan or _recorded_plan(entries))


def table_of(entries: list[ListedRun], group: str, plan: Plan | None) -> Table:
    """The table of runs that are already read, all of one group, oldest first."""
    rows = _plan_rows(plan, entries) if plan else _rows_without_plan(entries)
    protocols = _in_order(row.protocol for row in rows if row.run_ids and row.srcc is not None)
    protocols = protocols or _in_order(entry.spec.protocol for entry in entries)
    protocols = protocols or _in_order(row.protocol for row in rows)
    rows, code_note = _with_code(rows, entries)
    if plan:
        rows, settings_note = _with_settings(rows, entries, plan)
        code_note = " ".join(_in_order([code_note, settings_note]))
    rows = _with_deltas(rows, plan.baseline if plan else "")
    return Table(
        title=plan.title if plan else group,
        group=group,
        plan_name=plan.name if plan else "",
        dataset=", ".join(_in_order(entry.spec.dataset for entry in entries)) or _flag(plan, "dataset"),
        protocols=protocols,
        seeds=tuple(sorted({seed for row in rows for seed in row.seeds})),
        demo=_is_demo(entries, plan),
        baseline=plan.baseline or "" if plan else "",
        rows=tuple(_with_best(rows, protocols)),
        code_note=code_note,
    )


def _recorded_plan(entries: list[ListedRun]) -> Plan | None:
    """The plan as the newest run's spec holds it that can be followed; None if there is none: the runs still make a
    table, in the order they were started.
    """
    for entry in reversed(entries):
        if entry.spec.plan:
            with contextlib.suppress(PlanError):  # of a later version, or damaged: that must not hide the other rows
                return plan_from(entry.spec.plan, str(entry.run.spec))
    return None


def _flag(plan: Plan | None, name: str) -> str:
    return str(plan.base.get(name, "")) if plan else ""


def _is_demo(entries: list[ListedRun], plan: Plan | None) -> bool:
    return any(entry.result is not None and entry.result.demo for entry in entries) or (
        "demo" in {_flag(plan, "dataset"), *(entry.spec.dataset for entry in entries)}
    )


def _in_order(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))


def _plan_rows(plan: Plan, entries: list[ListedRun]) -> list[Row]:
    """Recorded rows stand before the experiment of the same id; an experiment never run hides behind its record."""
    rows = []
    recorded = {record.id: record for record in plan.recorded}
    for experiment in plan.experiments:
        record = recorded.pop(experiment.id, None)
        if record:
            rows.append(_recorded_row(record))
        own = [entry for entry in entries if entry.spec.experiment == experiment.id]
        if own or not record:
            rows.append(_experiment_row(experiment, own, plan))
    return [_recorded_row(record) for record in recorded.values()] + rows


def _recorded_row(record: Recorded) -> Row:
    return Row(
        id=record.id,
        label=record.label,
        loss_type=record.loss_type or "",
        srcc=record.srcc,
        plcc=record.plcc,
        hours=record.hours,
        status="recorded",
        protocol=record.protocol or "",
        notes="; ".join(text for text in (record.notes, f"source: {record.source}" if record.source else "") if text),
        recorded=True,
    )


def _experiment_row(experiment: Experiment, entries: list[ListedRun], plan: Plan) -> Row:
    low, high = experiment.expected_srcc or (None, None)
    flags: dict[str, Any] = {**plan.base, **experiment.flags}
    row = Row(
        id=experiment.id,
        label=experiment.label,
        loss_type=str(flags.get("loss_type", "")),
        expected_low=low,
        expected_high=high,
        notes=experiment.notes or "",
    )
    return _measured(row, entries)


def _rows_without_plan(entries: list[ListedRun]) -> list[Row]:
    """Runs started by hand: one row for each way they differ by."""
    rows: dict[tuple[str, ...], list[ListedRun]] = {}
    for entry in entries:
        spec = entry.spec
        rows.setdefault((spec.label, spec.loss_type, spec.network, spec.dataset, spec.protocol), []).append(entry)
    return [
        _measured(Row(id=own[0].spec.experiment or own[0].spec.loss_type, label=key[0], loss_type=key[1]), own)
        for key, own in rows.items()
    ]


def _measured(row: Row, entries: list[ListedRun]) -> Row:
    """Fill in what the runs of a row measured: the newest finished run of each seed, else the newest run."""
    if not entries:
        return row
    by_seed: dict[int, ListedRun] = {}
    for entry in entries:  # oldest first, so later runs replace earlier ones
        before = by_seed.get(entry.spec.seed)
        if before is None or before.status.phase is not Phase.FINISHED or entry.status.phase is Phase.FINISHED:
            by_seed[entry.spec.seed] = entry
    chosen = [by_seed[seed] for seed in sorted(by_seed)]
    counted = [entry for entry in chosen if entry.result is not None] or chosen
    srcc, srcc_sd = mean_and_sd(_metric(entry, "srcc") for entry in counted)
    plcc, plcc_sd = mean_and_sd(_metric(entry, "plcc") for entry in counted)
    hours, _ = mean_and_sd(entry.result.elapsed_seconds / SECONDS_PER_HOUR for entry in counted if entry.result)
    return replace(
        row,
        srcc=srcc,
        srcc_sd=srcc_sd,
        plcc=plcc,
        plcc_sd=plcc_sd,
        hours=hours,
        status=_status_words(chosen),
        met=_met(srcc, row.expected_low, row.expected_high),
        protocol=", ".join(_in_order((e.result.protocol if e.result else e.spec.protocol) for e in counted)),
        seeds=tuple(entry.spec.seed for entry in counted),
        run_ids=tuple(entry.run.run_id for entry in counted),  # not the spec's: a copied folder has its original's
        notes="; ".join(_in_order([row.notes, *_result_notes(counted)])),
    )


def _metric(entry: ListedRun, name: str) -> float | None:
    return entry.result.metrics.get("test", {}).get(name) if entry.result else None


def _result_notes(entries: list[ListedRun]) -> list[str]:
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


def _status_words(entries: list[ListedRun]) -> str:
    """`finished`, `failed: <cause>`; over several seeds what they do, counted."""
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


def _met(srcc: float | None, low: float | None, high: float | None) -> str:
    if srcc is None or low is None or high is None:
        return ""
    if srcc < low:
        return "below"
    return "above" if srcc > high else "yes"


def _with_code(rows: list[Row], entries: list[ListedRun]) -> tuple[list[Row], str]:
    """Where the rows' numbers come from different trainer code, each row's notes name its own."""
    digests = {entry.run.run_id: entry.trainer_digests for entry in entries}
    of_rows = [_in_order(digest for run_id in row.run_ids for digest in digests.get(run_id, ())) for row in rows]
    codes: dict[str, list[str]] = {}
    for row, own in zip(rows, of_rows, strict=True):
        for digest in own:
            codes.setdefault(digest, []).append(row.id)
    if len(codes) < 2:
        return rows, ""
    noted = [
        replace(row, notes="; ".join(_in_order([row.notes, f"trainer code {' and '.join(own)}"]))) if own else row
        for row, own in zip(rows, of_rows, strict=True)
    ]
    return noted, f"Rows by different trainer code: {code_words(codes)}."


def _with_settings(rows: list[Row], entries: list[ListedRun], plan: Plan) -> tuple[list[Row], str]:
    """Where a row's numbers come from runs of an earlier plan of this name, its notes say what that set otherwise."""
    by_run = {entry.run.run_id: entry for entry in entries}
    of_rows = [
        ", ".join(_in_order(word for run_id in row.run_ids for word in other_settings(by_run[run_id].spec, plan)))
        for row in rows
    ]
    told = "; ".join(f"{row.id} with {words}" for row, words in zip(rows, of_rows, strict=True) if words)
    if not told:
        return rows, ""
    noted = [
        replace(row, notes="; ".join(_in_order([row.notes, f"with {words}"]))) if words else row
        for row, words in zip(rows, of_rows, strict=True)
    ]
    return noted, f"Rows of other settings than the plan's: {told}."


def _with_deltas(rows: list[Row], baseline: str | None) -> list[Row]:
    """Differences to the baseline's own run, or to its recorded row until it has one."""
    candidates = [row for row in rows if row.id == baseline and row.srcc is not None]
    if not candidates:
        return rows
    base = min(candidates, key=lambda row: row.recorded)
    return [row if row is base else _with_delta(row, base) for row in rows]


def _with_delta(row: Row, base: Row) -> Row:
    if row.srcc is None or base.srcc is None:
        return row
    note = ""
    if row.protocol != base.protocol:
        note = f"difference across protocols ({row.protocol or 'unknown'} − {base.protocol or 'unknown'})"
    return replace(row, delta_srcc=row.srcc - base.srcc, delta_note=note)


def _with_best(rows: list[Row], protocols: tuple[str, ...]) -> list[Row]:
    """Mark the best of the rows that one may compare: those of the table's protocol."""
    comparable = [row for row in rows if row.protocol in protocols[:1]]
    best_srcc = max((row.srcc for row in comparable if row.srcc is not None), default=None)
    best_plcc = max((row.plcc for row in comparable if row.plcc is not None), default=None)
    return [
        replace(
            row,
            best_srcc=row in comparable and row.srcc is not None and row.srcc == best_srcc,
            best_plcc=row in comparable and row.plcc is not None and row.plcc == best_plcc,
        )
        for row in rows
    ]
