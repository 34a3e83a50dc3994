"""What a group has no result of, and launching just that: new runs of what never ran, retries of what ended."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Sized
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from iqa_tui.errors import LaunchError, PlanError
from iqa_tui.monitor.listing import ListedRun, read_run, specs_in
from iqa_tui.monitor.tuning import Values, trial_values, values_words
from iqa_tui.plans.flags import flag_text
from iqa_tui.plans.plan import SPLIT_FLAG, Plan, plan_from
from iqa_tui.plans.request import LaunchRequest
from iqa_tui.queue.check import check
from iqa_tui.queue.enqueue import enqueue
from iqa_tui.queue.retry import retry_run
from iqa_tui.queue.trainer_facts import Facts
from iqa_tui.settings.read_only import order
from iqa_tui.slurm.options import KEYS, merged
from iqa_tui.words.repetitions import repetition_words
from training.runfolder.engines import RECORDED
from training.runfolder.facts import TrainerFacts
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase
from training.runfolder.read import read_spec
from training.runfolder.spec import Spec
from training.runfolder.tuned import trials_of


class Pair(NamedTuple):
    """Which experiment, and which of its repetitions."""

    experiment: str
    seed: int
    split: int | None = None
    """None: the trainer is not told of a split."""

    @property
    def words(self) -> str:
        """`F2 seed 1`, `F2 split 3 seed 1`."""
        return f"{self.experiment} {repetition_words(self.seed, self.split)}"


TrialRun = tuple[RunFolder, Values]
"""A tuning run, and the values that it tries."""


@dataclass(frozen=True, slots=True)
class Missing:
    """A group, pair by pair of experiment and repetition."""

    group: str
    finished: tuple[Pair, ...]
    under_way: tuple[Pair, ...]
    """Alive or queued."""
    ended: tuple[tuple[Pair, RunFolder], ...]
    """Failed, stopped or lost, with the newest run of it."""
    never: tuple[Pair, ...]
    """Not launched yet, or not readable any more."""
    trials: tuple[TrialRun, ...]
    """Tuning runs that ended without a result, and that a run without a chosen value needs."""
    template: LaunchRequest
    """How the group's newest run was launched."""
    asks_for_seeds: bool
    """False: an external trainer, which was given no --seed."""

    @property
    def words(self) -> str:
        """`koniq-losses: 7 of 15 have a result, 2 are under way, 3 ended without one, 3 were never launched.`"""
        total = len(self.finished) + len(self.under_way) + len(self.ended) + len(self.never)
        parts = [f"{len(self.finished)} of {total} have a result"]
        parts += [f"{len(self.under_way)} {_be(self.under_way, 'is', 'are')} under way"] if self.under_way else []
        parts += [f"{len(self.ended)} ended without one"] if self.ended else []
        parts += [f"{len(self.never)} {_be(self.never, 'was', 'were')} never launched"] if self.never else []
        parts += [f"{len(self.trials)} tuning run{_be(self.trials, '', 's')} ended without one"] if self.trials else []
        return f"{self.group}: {', '.join(parts)}."


def _be(things: Sized, one: str, several: str) -> str:
    return one if len(things) == 1 else several


def find_missing(
    runs_dir: Path,
    group: str | None = None,
    *,
    experiments: Sequence[str] | None = None,
    seeds: Sequence[int] | None = None,
    splits: Sequence[int] | None = None,
) -> Missing:
    """Look at every experiment that the group's plan selects or that was launched, with every seed and every split of
    the group.

    Args:
        group: its name, or its plan's name if the plan has one group only; None: the group of the newest run.
        experiments: these alone.
        seeds: these instead of the group's own.
        splits: likewise.

    Raises:
        PlanError: no such group, experiment or plan.
    """
    members = _members_of(runs_dir, group)
    newest = members[-1].spec
    plan = _plan_of(members)
    runs = [member for member in members if not member.spec.trial]
    if not runs:  # no disk had room for more than the tuning runs
        asked = LaunchRequest(plan, overrides=dict(newest.overrides))
        seeds, splits = seeds or asked.seeds_or_default(), splits or asked.splits_or_default() or None
    wanted = _wanted(plan, _rows(plan, runs, experiments), _seeds(runs, seeds), _splits(plan, runs, splits))
    by_pair: dict[Pair, list[ListedRun]] = {pair: [] for pair in wanted}
    by_key = {(pair.experiment, pair.seed, _split_seed(plan, pair)): tries for pair, tries in by_pair.items()}
    for member in runs:
        by_key.get(_key(member), []).append(member)
    found: dict[str, list[Pair]] = {"finished": [], "under_way": [], "never": []}
    ended: list[tuple[Pair, RunFolder]] = []
    for pair, tries in by_pair.items():
        kind = _kind(tries)
        if kind == "ended":
            ended.append((pair, tries[-1].run))
        else:
            found[kind].append(pair)
    template = LaunchRequest(
        plan=plan,
        overrides={flag: value for flag, value in newest.overrides.items() if flag != SPLIT_FLAG},
        devices=tuple(newest.devices) if newest.devices is not None else None,
        strategy=newest.strategy,
        time_limit_hours=None if newest.time_limit_seconds is None else newest.time_limit_seconds / 3600,
        runs_dir=runs_dir,
        cwd=Path(newest.cwd) if newest.cwd else None,
        engine=newest.engine,
        slurm=_typed_for_slurm(plan, newest),
    )
    return Missing(
        group=newest.group,
        finished=tuple(found["finished"]),
        under_way=tuple(found["under_way"]),
        ended=tuple(ended),
        never=tuple(found["never"]),
        trials=tuple(_needed_trials([member for member in runs if _key(member) in by_key], members)),
        template=template,
        asks_for_seeds=seeds is not None or plan.command is None or "--seed" in newest.argv,
    )


@order("launches nothing")
def launch_missing(missing: Missing) -> Iterator[str]:
    """Retry what ended without a result, and queue new runs of what never ran. Yields what was done, in words.

    Raises:
        PlanError: the trainer refuses the flags of what never ran; nothing is queued then.
        LaunchError: the folder of runs cannot be written.
    """
    facts: Facts = {}
    if missing.never:
        facts = _checked(missing)
    again = [(f"{read_spec(run).experiment} {values_words(values)}", run) for run, values in missing.trials]
    again += [(pair.words, run) for pair, run in missing.ended]  # these wait for the tuning runs
    for name, run in again:
        try:
            yield f"{name}: {retry_run(run)}"
        except LaunchError as error:
            yield f"{name}: {error}"
    for request in _requests(missing):
        for run in enqueue(request, facts):
            spec = read_spec(run)
            words = f"{values_words(trial_values(spec.trial))} " if spec.trial else ""
            words += repetition_words(spec.seed, spec.split)
            yield f"{spec.experiment} {words}: {run.run_id} is queued; it was never launched."


def _checked(missing: Missing) -> Facts:
    """Of what never ran. Raises PlanError for flags that the trainer refuses."""
    facts: dict[str, TrainerFacts] = {}
    for is_told in (True, False):
        pairs = [pair for pair in missing.never if (pair.split is not None) is is_told]
        if pairs:
            splits = tuple(dict.fromkeys(pair.split for pair in pairs if pair.split is not None))
            facts.update(check(replace(missing.template, experiments=_experiments(pairs), splits=splits)))
    return facts


def _key(member: ListedRun) -> tuple[str, int, int]:
    return member.spec.experiment, member.spec.seed, member.split_seed


def _needed_trials(runs: Iterable[ListedRun], members: Sequence[ListedRun]) -> Iterator[TrialRun]:
    """Tuning runs that can be tried again, and that one of these runs is still to be chosen by."""
    waiting = [member for member in runs if member.phase is not Phase.FINISHED and not member.run.tuned.exists()]
    needed = {name for member in waiting for name in trials_of(member.spec.tune)}
    for member in members:
        if member.run_id in needed and member.phase.can_be_retried:
            yield member.run, trial_values(member.spec.trial)


def _typed_for_slurm(plan: Plan, spec: Spec) -> dict[str, Any]:
    """What a launch asked of Slurm beside its plan."""
    row = next((each for each in plan.experiments if each.id == spec.experiment), None)
    planned = merged(plan.slurm, row.slurm if row else {})
    return {key: spec.slurm[key] for key in KEYS if key in spec.slurm and spec.slurm[key] != planned.get(key)}


def _members_of(runs_dir: Path, group: str | None) -> list[ListedRun]:
    """Oldest first; at least one."""
    # A run started by hand belongs to no plan, of which something could be missing; a recorded one was not launched.
    known = [(run, spec) for run, spec in specs_in(runs_dir) if spec is not None]
    launched = [(run, spec) for run, spec in known if spec.plan and spec.engine != RECORDED]
    launched.sort(key=lambda each: (each[1].created, each[1].order))
    groups = list(dict.fromkeys(spec.group for _, spec in reversed(launched)))
    if not groups:
        raise PlanError(f"There are no runs of a plan in {runs_dir}. Launch one first: `iqa-tui plan` names them.")
    if group is None:
        group = groups[0]
    elif group not in groups:
        named = [name for name in groups if name.startswith(f"{group} ")]
        if len(named) != 1:
            there = ", ".join(repr(name) for name in named or groups)
            raise PlanError(f"{runs_dir} has no group {group!r}. Name one of {there}.")
        group = named[0]
    return [read_run(run, spec) for run, spec in launched if spec.group == group]


def _plan_of(members: Sequence[ListedRun]) -> Plan:
    """As the newest run with a readable plan recorded it: a broken plan must not hide the others.

    Raises:
        PlanError: of the newest, if no run has a readable plan.
    """
    wrong: PlanError | None = None
    for member in reversed(members):
        try:
            return plan_from(member.spec.plan, str(member.run.spec))
        except PlanError as error:
            wrong = wrong or error
    raise wrong or PlanError("There are no runs of a plan.")


def _wanted(plan: Plan, rows: Sequence[str], seeds: Sequence[int], splits: Sequence[int | None]) -> list[Pair]:
    """Split by split and seed by seed in the plan's order, as a launch has them. A row whose flags name a split has no
    other.
    """
    own = {row for row in rows if SPLIT_FLAG in plan.experiment(row).flags}
    every = (Pair(row, seed, None if row in own else split) for split in splits for seed in seeds for row in rows)
    return list(dict.fromkeys(every))


def _split_seed(plan: Plan, pair: Pair) -> int:
    """As the run has it."""
    own = flag_text(plan.flags_of(plan.experiment(pair.experiment)).get(SPLIT_FLAG, ""))
    return pair.split if pair.split is not None else int(own) if own.isdecimal() else 0


def _rows(plan: Plan, members: Sequence[ListedRun], experiments: Sequence[str] | None) -> list[str]:
    """In the plan's order."""
    if experiments is not None:
        return [plan.experiment(name).id for name in dict.fromkeys(experiments)]
    launched = {member.spec.experiment for member in members}
    return [row.id for row in plan.experiments if row.selected or row.id in launched]


def _seeds(members: Sequence[ListedRun], wanted: Sequence[int] | None) -> list[int]:
    return sorted({member.spec.seed for member in members}) if wanted is None else list(dict.fromkeys(wanted))


def _splits(plan: Plan, members: Sequence[ListedRun], wanted: Sequence[int] | None) -> list[int | None]:
    """None alone if no run was told of a split, but by its row."""
    if wanted is not None:
        return list(dict.fromkeys(wanted))
    own = {row.id for row in plan.experiments if SPLIT_FLAG in row.flags}
    shared = [member for member in members if member.spec.experiment not in own]
    if all(member.spec.split is None for member in shared):
        return [None]
    return [*sorted({member.split_seed for member in shared})]


def _kind(tries: Sequence[ListedRun]) -> str:
    states = [member.phase for member in tries]
    if Phase.FINISHED in states:
        return "finished"
    if any(state is Phase.QUEUED or state.is_alive for state in states):
        return "under_way"
    return "ended" if states and states[-1].can_be_retried else "never"


def _experiments(pairs: Sequence[Pair]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(pair.experiment for pair in pairs))


def _requests(missing: Missing) -> Iterator[LaunchRequest]:
    """One a repetition. An external trainer that was given no seed gets none now."""
    for seed, split in dict.fromkeys((pair.seed, pair.split) for pair in missing.never):
        own = _experiments([pair for pair in missing.never if (pair.seed, pair.split) == (seed, split)])
        yield replace(
            missing.template,
            experiments=own,
            seeds=(seed,) if missing.asks_for_seeds else None,
            splits=() if split is None else (split,),
        )
