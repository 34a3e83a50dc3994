"""One row of the table: an experiment over its seeds, or a recorded result."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from iqa_tui.monitor.listing import ListedRun
from iqa_tui.monitor.tuning import Tuning
from iqa_tui.plans.plan import Experiment, Plan, Recorded
from iqa_tui.results.row_status import status_of
from iqa_tui.results.run_notes import result_notes, score_notes
from iqa_tui.results.statistics import Spread, mean_and_sd, spread_of
from iqa_tui.words.sizes import GIB
from iqa_tui.words.states import ShownState, by_need, shown_state
from training.runfolder.mixed import of_scores
from training.runfolder.phase import Phase
from training.runfolder.schema import Result

SECONDS_PER_HOUR = 3600.0
MORE_METRICS = ("krcc", "rmse", "plcc_fitted")
CROSS_METRICS = ("srcc", "plcc")
"""Of other data sets that a network was tested on."""
OWN_SPLITS = ("train", "val", "test", "test_oracle")


@dataclass(frozen=True, slots=True)
class Row:
    """One experiment over its seeds, or one recorded result. None: not known."""

    id: str
    label: str
    loss_type: str
    srcc: float | None = None
    """Mean over `seeds` of the test SRCC at the chosen epoch; over random splits if there are several, each counting by
    the mean of its seeds.
    """
    srcc_sd: float | None = None
    """Sample SD over seeds, or over random splits; None for one."""
    plcc: float | None = None
    plcc_sd: float | None = None
    delta_srcc: float | None = None
    """srcc minus the baseline's; None for the baseline itself."""
    delta_note: str = ""
    """Why the difference is doubtful, for example because the protocols differ."""
    hours: float | None = None
    """Mean over its runs, training and evaluation."""
    status: str = "not run"
    phase: Phase | None = None
    """Of its runs, if all are in one; None too for a recorded row and for an experiment without runs."""
    shown: ShownState | None = None
    """How a screen shows the state of that of its runs which needs its user most; None if it has no run."""
    expected_low: float | None = None
    expected_high: float | None = None
    met: str = ""
    """`yes`, `below` or `above` the expected range, `other protocol` if the range was measured by another than the row;
    empty without a range or a result.
    """
    expected_protocol: str = ""
    """By which the range was measured; empty: it counts for every protocol."""
    protocol: str = ""
    dataset: str = ""
    """Of its results; empty for a recorded row, and before it has one."""
    seeds: tuple[int, ...] = ()
    """Of the runs that the numbers come from; of those that finished if none has a score, of all before any has."""
    run_ids: tuple[str, ...] = ()
    notes: str = ""
    peak_gpu_gib: float | None = None
    """Most GPU memory that one of the runs had; None on the CPU, and for runs that no supervisor sampled."""
    more: Mapping[str, tuple[float, float | None]] = field(default_factory=dict)
    """Other metrics of the test split to (mean, SD as of srcc or None): `krcc`, `rmse` of calibrated predictions,
    `plcc_fitted` after the logistic fit; `DATASET/srcc` and the like of other data sets that the network was tested on.
    """
    best_epochs: tuple[int, ...] = ()
    """The chosen epoch of each of `seeds`, if all have one."""
    splits: tuple[int, ...] = ()
    """Split seed of the run of each of `seeds`; empty if all have the official split, or the one that all share."""
    srcc_median: float | None = None
    """Over several random splits, as papers report data sets without an official one; None for one split."""
    plcc_median: float | None = None
    tunings: tuple[Tuning | None, ...] = ()
    """What was chosen for each of `run_ids` before it was trained; None for one that was not tuned."""
    recorded: bool = False
    """It was measured elsewhere: the plan records it, or its log was imported (then it has runs)."""
    best_srcc: bool = False
    """Best among rows of the table's protocol."""
    best_plcc: bool = False

    @property
    def split_count(self) -> int:
        """How many random splits its numbers are over; 1 for the official one."""
        return len(set(self.splits)) or 1

    @property
    def is_tuned(self) -> bool:
        """Whether values were chosen for a run of it."""
        return any(each is not None for each in self.tunings)

    @property
    def key(self) -> str:
        """Tells it from the other rows of its table: a launched, a recorded and an imported one may have one id."""
        kind = "imported " if self.recorded and self.run_ids else "recorded " if self.recorded else ""
        return f"{kind}{self.id}"


def plan_rows(plan: Plan, entries: list[ListedRun]) -> list[Row]:
    """A recorded row comes before the experiment of its id, and an imported one before both. An experiment without runs
    is left out if there is one of them.
    """
    launched = [entry for entry in entries if not entry.is_recorded]
    imported = {row.id: row for row in _imported_rows(entries)}
    logs = {entry.spec.log.get("file") for entry in entries if entry.is_recorded}
    recorded = {record.id: record for record in plan.recorded}
    rows = []
    for experiment in plan.experiments:
        elsewhere = _measured_elsewhere(experiment.id, imported, recorded, logs)
        rows += elsewhere
        own = [entry for entry in launched if entry.spec.experiment == experiment.id]
        if own or not elsewhere:
            rows.append(_experiment_row(experiment, own, plan))
    others = list(dict.fromkeys([*imported, *recorded]))
    return [row for each in others for row in _measured_elsewhere(each, imported, recorded, logs)] + rows


def _measured_elsewhere(
    row_id: str, imported: dict[str, Row], recorded: dict[str, Recorded], logs: set[Any]
) -> list[Row]:
    """The rows of this id, which are taken out of the tables. The log that a recorded row comes from replaces it."""
    rows = [imported.pop(row_id)] if row_id in imported else []
    record = recorded.pop(row_id, None)
    return rows + ([_recorded_row(record)] if record and not (record.source and record.source in logs) else [])


def _imported_rows(entries: list[ListedRun]) -> list[Row]:
    """One for each experiment, over the seeds of its logs."""
    by_id: dict[str, list[ListedRun]] = {}
    for entry in entries:
        if entry.is_recorded:
            by_id.setdefault(entry.spec.experiment, []).append(entry)
    return [
        replace(
            _measured(Row(id=row_id, label=own[0].spec.label, loss_type=own[0].spec.loss_type), own),
            status="recorded",
            phase=None,
            recorded=True,
        )
        for row_id, own in by_id.items()
    ]


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
        expected_protocol=experiment.expected_protocol,
        notes=experiment.notes or "",
    )
    return _measured(row, entries)


def rows_without_plan(entries: list[ListedRun]) -> list[Row]:
    """Runs started by hand: one row for each combination of label, loss, network, data set and protocol."""
    rows: dict[tuple[str, ...], list[ListedRun]] = {}
    for entry in entries:
        if entry.is_recorded:
            continue
        spec = entry.spec
        rows.setdefault((spec.label, spec.loss_type, spec.network, spec.dataset, spec.protocol), []).append(entry)
    return _imported_rows(entries) + [
        _measured(Row(id=own[0].spec.experiment or own[0].spec.loss_type, label=key[0], loss_type=key[1]), own)
        for key, own in rows.items()
    ]


def _measured(row: Row, entries: list[ListedRun]) -> Row:
    """The row with the numbers of its runs: of each seed and split the newest finished run, else the newest run."""
    if not entries:
        return row
    by_key: dict[tuple[int, int], ListedRun] = {}
    for entry in entries:  # oldest first, so later runs replace earlier ones
        key = entry.split_seed, entry.spec.seed
        before = by_key.get(key)
        if before is None or before.status.phase is not Phase.FINISHED or entry.status.phase is Phase.FINISHED:
            by_key[key] = entry
    chosen = [by_key[key] for key in sorted(by_key)]
    finished = [entry for entry in chosen if entry.result is not None] or chosen
    counted = [entry for entry in finished if _metric(entry, "srcc") is not None] or finished
    srcc, plcc = _spread(counted, "test", "srcc"), _spread(counted, "test", "plcc")
    hours, _ = mean_and_sd(_hours(entry) for entry in counted)
    peaks = [peak for entry in counted if (peak := entry.peak_gpu_memory_bytes) is not None]
    protocol = ", ".join(in_order((e.result.protocol if e.result else e.spec.protocol) for e in counted))
    return replace(
        row,
        more=_more(counted),
        best_epochs=_best_epochs(counted),
        peak_gpu_gib=max(peaks) / GIB if peaks else None,
        srcc=srcc.mean,
        srcc_sd=srcc.sd,
        srcc_median=srcc.median,
        plcc=plcc.mean,
        plcc_sd=plcc.sd,
        plcc_median=plcc.median,
        hours=hours,
        status=status_of(chosen),
        phase=chosen[0].phase if len({entry.phase for entry in chosen}) == 1 else None,
        shown=shown_state(min((entry.status for entry in chosen), key=by_need)),
        met=_met(srcc.mean, row, protocol),
        protocol=protocol,
        dataset=", ".join(in_order(entry.result.dataset for entry in counted if entry.result)),
        seeds=tuple(entry.spec.seed for entry in counted),
        splits=tuple(entry.split_seed for entry in counted) if any(entry.split_seed for entry in counted) else (),
        run_ids=tuple(entry.run.run_id for entry in counted),  # not the spec's: a copied folder has its original's
        notes="; ".join(in_order([row.notes, *score_notes(finished, counted, _metric), *result_notes(counted)])),
    )


def _hours(entry: ListedRun) -> float | None:
    """None too if an imported log does not say it."""
    seconds = entry.result.elapsed_seconds if entry.result else None
    return None if seconds is None or (entry.is_recorded and not seconds) else seconds / SECONDS_PER_HOUR


def _metric(entry: ListedRun, name: str) -> float | None:
    return entry.result.metrics.get("test", {}).get(name) if entry.result else None


def _spread(entries: list[ListedRun], split: str, name: str) -> Spread:
    """Args:
    split: of the data set, such as `test`; another data set's name for a test on that.
    """
    done = [(entry.split_seed, entry.result.metrics) for entry in entries if entry.result]
    return spread_of([(key, metrics.get(split, {}).get(name)) for key, metrics in done])


def _more(entries: list[ListedRun]) -> dict[str, tuple[float, float | None]]:
    """In the order of `MORE_METRICS`, then by data set."""
    found = {}
    for key in (*MORE_METRICS, *_cross_tests(entries)):
        split, _, name = key.rpartition("/")
        spread = _spread(entries, split or "test", name)
        if spread.mean is not None:
            found[key] = (spread.mean, spread.sd)
    return found


def _cross_tests(entries: list[ListedRun]) -> list[str]:
    splits = in_order(split for entry in entries if entry.result for split in sorted(_told_tests(entry.result)))
    return [f"{split}/{name}" for split in splits for name in CROSS_METRICS]


def _told_tests(result: Result) -> list[str]:
    """The other data sets that it was tested on, and of a run on several data sets its test on each."""
    own = {name: of_scores(name, result.dataset) for name in result.metrics if name not in OWN_SPLITS}
    return [name for name, part in own.items() if part is None or part[1] == "test"]


def _best_epochs(entries: list[ListedRun]) -> tuple[int, ...]:
    epochs = [entry.result.best_epoch for entry in entries if entry.result]
    return tuple(epoch for epoch in epochs if epoch is not None) if None not in epochs else ()


def _met(srcc: float | None, row: Row, protocol: str) -> str:
    low, high = row.expected_low, row.expected_high
    if srcc is None or low is None or high is None:
        return ""
    if row.expected_protocol and row.expected_protocol != protocol:
        return "other protocol"
    if srcc < low:
        return "below"
    return "above" if srcc > high else "yes"


def in_order(values: Iterable[str]) -> tuple[str, ...]:
    """Each text once, in the order of its first place; empty ones are left out."""
    return tuple(dict.fromkeys(value for value in values if value))
