"""What a group has no result of, and launching just that: new runs of what never ran, retries of what ended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Sized
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from iqa_tui.errors import LaunchError, PlanError
from iqa_tui.monitor.listing import ListedRun, read_run, specs_in
from iqa_tui.plans.plan import Plan, plan_from
from iqa_tui.plans.request import LaunchRequest
from iqa_tui.queue.check import check
from iqa_tui.queue.enqueue import enqueue
from iqa_tui.queue.retry import retry_run
from iqa_tui.queue.trainer_facts import Facts
from iqa_tui.settings.read_only import order
from iqa_tui.slurm.options import KEYS, merged
from training.runfolder.engines import RECORDED
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase
from training.runfolder.read import read_spec
from training.runfolder.spec import Spec

Pair = tuple[str, int]
"""Experiment and seed."""


@dataclass(frozen=True, slots=True)
class Missing:
    """A group, pair by pair of experiment and seed."""

    group: str
    finished: tuple[Pair, ...]
    under_way: tuple[Pair, ...]
    """Alive or queued."""
    ended: tuple[tuple[Pair, RunFolder], ...]
    """Failed, stopped or lost, with the newest run of it."""
    never: tuple[Pair, ...]
    """Not launched yet, or not readable any more."""
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
        return f"{self.group}: {', '.join(parts)}."


def _be(things: Sized, one: str, several: str) -> str:
    return one if len(things) == 1 else several


def find_missing(
    runs_dir: Path,
    group: str | None = None,
    *,
    experiments: Sequence[str] | None = None,
    seeds: Sequence[int] | None = None,
) -> Missing:
    """Look at every experiment that the group's plan selects or that was launched, with every seed of the group.

    Args:
        group: its name, or its plan's name if the plan has one group only; None: the group of the newest run.
        experiments: these alone.
        seeds: these instead of the group's own.

    Raises:
        PlanError: no such group, experiment or plan.
    """
    members = _members_of(runs_dir, group)
    newest = members[-1].spec
    plan = _plan_of(members)
    wanted = _wanted(plan, members, experiments, seeds)
    by_pair: dict[Pair, list[ListedRun]] = {pair: [] for pair in wanted}
    for member in members:
        by_pair.get((member.spec.experiment, member.spec.seed), []).append(member)
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
        overrides=dict(newest.overrides),
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
        facts = check(replace(missing.template, experiments=_experiments(missing.never)))
    for (experiment, seed), run in missing.ended:
        try:
            yield f"{experiment} seed {seed}: {retry_run(run)}"
        except LaunchError as error:
            yield f"{experiment} seed {seed}: {error}"
    for request in _requests(missing):
        for run in enqueue(request, facts):
            spec = read_spec(run)
            yield f"{spec.experiment} seed {spec.seed}: {run.run_id} is queued; it was never launched."


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


def _wanted(
    plan: Plan, members: Sequence[ListedRun], experiments: Sequence[str] | None, seeds: Sequence[int] | None
) -> list[Pair]:
    """Seed by seed in the plan's order, as a launch has them."""
    launched = {member.spec.experiment for member in members}
    rows = [row.id for row in plan.experiments if row.selected or row.id in launched]
    if experiments is not None:
        rows = [plan.experiment(name).id for name in dict.fromkeys(experiments)]
    wanted_seeds = sorted({member.spec.seed for member in members}) if seeds is None else list(dict.fromkeys(seeds))
    return [(row, seed) for seed in wanted_seeds for row in rows]


def _kind(tries: Sequence[ListedRun]) -> str:
    states = [member.phase for member in tries]
    if Phase.FINISHED in states:
        return "finished"
    if any(state is Phase.QUEUED or state.is_alive for state in states):
        return "under_way"
    return "ended" if states and states[-1].can_be_retried else "never"


def _experiments(pairs: Sequence[Pair]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(experiment for experiment, _ in pairs))


def _requests(missing: Missing) -> Iterator[LaunchRequest]:
    """One a seed. An external trainer that was given no seed gets none now."""
    for seed in dict.fromkeys(seed for _, seed in missing.never):
        own = tuple(experiment for experiment, each in missing.never if each == seed)
        yield replace(missing.template, experiments=own, seeds=(seed,) if missing.asks_for_seeds else None)
