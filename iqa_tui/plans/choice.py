"""What the user has chosen on the launch screen, and what a launch would do with it. Opens no file, asks no device."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from iqa_tui.plans.flags import command_for
from iqa_tui.plans.forecast import Fleet, jobs_of
from iqa_tui.plans.offered import (
    Obstacle,
    OfferedDevice,
    OfferedPartition,
    partition_option,
    question_of_slurm,
    typed_settings,
    wanted_partition,
    work_words,
)
from iqa_tui.plans.plan import SPLIT_FLAG, Experiment, Plan
from iqa_tui.plans.request import LaunchRequest
from iqa_tui.plans.simulate import STRATEGIES, STRATEGY_NAMES, Job, Placement, Schedule, starting_order
from iqa_tui.plans.timeline import DeviceRow, GoingOn, Timeline, device_rows, looks_of, place_launch
from iqa_tui.plans.typed import chosen_seeds, chosen_splits
from training.runfolder.engines import LOCAL, SLURM


@dataclass(frozen=True, slots=True)
class LaunchChoice:
    """Everything that the user set; a change gives a new value."""

    runs_dir: Path
    plans: Mapping[str, Plan | str] = field(default_factory=dict)
    """Name or path to the plan, or to the words why it cannot be read."""
    plan_name: str = ""
    """The chosen one's; empty while none is read."""
    ticks: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Name of a plan to the ids of its ticked experiments."""
    devices: tuple[OfferedDevice, ...] | None = None
    """None: not looked up yet."""
    device_kind: str = "cpu"
    """Of the devices that a run gets here: gpu, or cpu if the machine has no GPU."""
    unticked_devices: frozenset[str] = frozenset()
    """Their keys. A device that appears later is ticked."""
    partitions: tuple[OfferedPartition, ...] = ()
    """Of Slurm; empty if this machine has none."""
    partition_key: str | None = None
    """Of the partition that the user chose; empty: devices of this machine. None: `wanted_partition`."""
    strategy: str = STRATEGIES[0]
    settings: str = ""
    """The text of the field: `epochs=1 data_path=/data slurm.gres=gpu:2`."""
    seeds: str = ""
    """The text of the field: `1, 2, 3`."""
    splits: str = ""
    """The text of the field: `10`, or `0, 3`."""
    going_on: GoingOn = field(default_factory=GoingOn)
    """What runs and waits here already."""

    # The plan and its experiments

    @property
    def plan(self) -> Plan | None:
        """None if no plan is chosen, or if the chosen one cannot be read."""
        plan = self.plans.get(self.plan_name)
        return plan if isinstance(plan, Plan) else None

    @property
    def plan_problem(self) -> str:
        """Why the chosen plan cannot be read; empty if it can, or if none is chosen."""
        problem = self.plans.get(self.plan_name, "")
        return problem if isinstance(problem, str) else ""

    @property
    def ticked(self) -> frozenset[str]:
        """Ids of the chosen plan's ticked experiments."""
        return self.ticks.get(self.plan_name, frozenset())

    def ticked_experiments(self) -> list[Experiment]:
        """In the order of the plan."""
        return [each for each in self.plan.experiments if each.id in self.ticked] if self.plan else []

    def with_plans(self, plans: Mapping[str, Plan | str]) -> LaunchChoice:
        """The plans were read: what a plan selects is ticked, unless the user ticked there before."""
        selected = {
            name: frozenset(each.id for each in plan.experiments if each.selected)
            for name, plan in plans.items()
            if isinstance(plan, Plan)
        }
        return replace(self, plans=plans, ticks={**selected, **self.ticks})

    def tick(self, experiment_id: str) -> LaunchChoice:
        """Tick an experiment of the chosen plan, or untick it."""
        return self._with_ticked(self.ticked ^ {experiment_id})

    def tick_all(self) -> LaunchChoice:
        """Tick every experiment of the chosen plan; none if all are ticked."""
        everything = frozenset(each.id for each in self.plan.experiments) if self.plan else frozenset()
        return self._with_ticked(frozenset() if self.ticked == everything else everything)

    def _with_ticked(self, ticked: frozenset[str]) -> LaunchChoice:
        return replace(self, ticks={**self.ticks, self.plan_name: ticked})

    # Devices and strategy

    def choosable_devices(self) -> list[OfferedDevice]:
        """Of the kind that runs get here, without those that the environment hides."""
        return [each for each in self.devices or () if not each.hidden and each.kind == self.device_kind]

    @property
    def partition(self) -> OfferedPartition | None:
        """The chosen one; None if this machine's devices run the launch."""
        if self.partition_key is None and self.device_kind == "cpu":
            return wanted_partition(self.plan, self.partitions)
        return next((each for each in self.partitions if each.key == self.partition_key), None)

    def device_ticks(self) -> dict[str, bool]:
        """Key to whether it is ticked, for every device and partition that can be chosen."""
        here, chosen = self.choosable_devices(), self.partition
        ticks = {each.key: chosen is None and each.key not in self.unticked_devices for each in here}
        return ticks | {each.key: each is chosen for each in self.partitions}

    def chosen_devices(self) -> tuple[str, ...] | None:
        """As a launch names them. None if every device is ticked: then any will do, those that come later too."""
        if self.partition is not None:
            return None
        choosable = self.choosable_devices()
        ticked = [each for each in choosable if each.key not in self.unticked_devices]
        return None if len(ticked) == len(choosable) else tuple(dict.fromkeys(each.name for each in ticked))

    def fleet(self) -> Fleet:
        """The ticked devices that get runs, now or once they are free; one of no name until they are looked up."""
        if self.partition is not None:
            return Fleet(())
        if self.devices is None:
            return Fleet(("",))
        usable = [
            each
            for each in self.choosable_devices()
            if not each.withdrawn and not each.broken and each.key not in self.unticked_devices
        ]
        ends = {key: bar.end_hours for key, bar in self.going_on.running.items()}
        return Fleet(
            tuple(each.label for each in usable if not each.busy),
            tuple(each.label for each in usable if each.busy and each.key not in ends),
            tuple((each.label, ends[each.key]) for each in usable if each.busy and each.key in ends),
        )

    def tick_device(self, key: str) -> LaunchChoice:
        """Tick a device or a partition, or untick it: a launch goes to one partition, or to devices of this machine."""
        if any(each.key == key for each in self.partitions):
            return replace(self, partition_key="" if self.device_ticks()[key] else key)
        if self.partition is not None:
            return replace(self, partition_key="", unticked_devices=self.unticked_devices - {key})
        return replace(self, unticked_devices=self.unticked_devices ^ {key})

    def next_strategy(self) -> LaunchChoice:
        following = STRATEGIES[(STRATEGIES.index(self.strategy) + 1) % len(STRATEGIES)]
        return replace(self, strategy=following)

    # What a launch would do

    def request(self) -> LaunchRequest:
        """What would be launched.

        Raises:
            ValueError: in words: no plan is chosen, or a setting or seed cannot be read.
        """
        if self.plan is None:
            raise ValueError(self.plan_problem or "No plan is chosen.")
        overrides, slurm = typed_settings(self.settings)
        if slurm and self.partition is None:
            raise ValueError(f"Settings: slurm.{next(iter(slurm))}=…: tick a partition of Slurm, or leave it out.")
        request = LaunchRequest(
            plan=self.plan,
            experiments=tuple(each.id for each in self.ticked_experiments()),
            seeds=chosen_seeds(self.seeds),
            splits=chosen_splits(self.splits),
            overrides=overrides,
            devices=self.chosen_devices(),
            strategy=self.strategy,
            runs_dir=self.runs_dir,
            engine=SLURM if self.partition is not None else LOCAL,
            slurm=slurm,
        )
        request.repetitions()
        if self.partition is not None and "partition" not in slurm:
            request = replace(request, slurm={**slurm, **partition_option(request, self.partition)})
        return request

    def obstacle(self) -> Obstacle | None:
        """What keeps a launch from being asked for; None if nothing does."""
        if self.plan is None:
            return Obstacle("No plan is chosen", self.plan_problem or "Move the cursor to one.")
        try:
            request = self.request()
        except ValueError as error:
            return Obstacle("These settings cannot be read", str(error))
        if request.refused_setting:
            return Obstacle("These settings cannot be launched", request.refused_setting)
        if not request.experiments:
            return Obstacle("Nothing is ticked", "Tick an experiment with space, or all of them with a.")
        if request.devices == ():
            return Obstacle("No device is ticked", "Tick one with space, or all of them: then any will do.")
        return None

    def schedules(self) -> dict[str, Schedule]:
        """Strategy to what it would do; {} if no hours are known, no device works or the settings cannot be read."""
        jobs = self._jobs()
        return {name: self._schedule(jobs, name) for name in STRATEGIES} if jobs else {}

    def timeline(self) -> Timeline:
        """Which run gets which device until when, with a row for every ticked device."""
        if self.partition is not None:
            return Timeline(words=self._work_words())
        fleet, jobs = self.fleet(), self._jobs()
        if not fleet.devices or self.devices is None:
            return Timeline(self._uncounted_rows(()))
        labels = {each.key: each.label for each in self.devices}
        running = {labels[key]: bar for key, bar in self.going_on.running.items() if key in labels}
        looks = looks_of(self.plan, jobs) | {job.id: bar for job, bar in self.going_on.waiting}
        rows = device_rows(fleet, self._placed(jobs, self.strategy), looks, running)
        total = self._schedule(jobs, self.strategy).total_hours if jobs else 0.0
        begins_later = not fleet.free and not fleet.ending
        return Timeline(self._uncounted_rows(rows), total, begins_later)

    def _work_words(self) -> str:
        try:
            return work_words(self.request())
        except ValueError:
            return "these settings cannot be read"

    def _jobs(self) -> list[Job]:
        """Those of the launch, in the order in which they start; [] if no hours are known."""
        if not self.fleet().devices or not any(each.expected_hours for each in self.ticked_experiments()):
            return []
        try:
            return sorted(jobs_of(self.request()), key=starting_order)
        except ValueError:
            return []

    def _placed(self, jobs: Sequence[Job], strategy: str) -> list[Placement]:
        waiting = [job for job, _ in self.going_on.waiting]
        return place_launch(jobs, waiting, self.fleet().until_hours, strategy)

    def _schedule(self, jobs: Sequence[Job], strategy: str) -> Schedule:
        own = {job.id for job in jobs}
        placed = tuple(each for each in self._placed(jobs, strategy) if each.job_id in own)
        return Schedule(max((each.end_hours for each in placed), default=0.0), placed)

    def _uncounted_rows(self, counted: tuple[DeviceRow, ...]) -> tuple[DeviceRow, ...]:
        """A row for every ticked device in the order of the machine, with why it is not counted if it is not."""
        rows = {row.label: row for row in counted}
        ticked = (each for each in self.choosable_devices() if each.key not in self.unticked_devices)
        return tuple(rows.get(each.label, DeviceRow(each.label, (), each.reason)) for each in ticked)

    def command_of(self, experiment_id: str | None) -> list[str]:
        """The command of an experiment's first split and seed; [] if the chosen plan has no such experiment.

        Raises:
            ValueError: in words, if a setting or seed cannot be read.
        """
        plan = self.plan
        experiment = next((each for each in plan.experiments if each.id == experiment_id), None) if plan else None
        if plan is None or experiment is None:
            return []
        request = self.request()
        first = request.repetitions()[0]
        overrides = {flag: value for flag, value in request.overrides.items() if flag not in ("seed", SPLIT_FLAG)}
        return command_for(plan, experiment, overrides, first.seed, first.split)

    def summary(self) -> list[str]:
        """The lines of the question before a launch.

        Raises:
            ValueError: as `request`.
        """
        request = self.request()
        seeds, splits = request.seeds_or_default(), request.splits_or_default()
        lines = [f"{request.count_words}: {', '.join(request.experiments or ())}"]
        if self.plan is not None and self.plan.tune is not None:
            lines.append(f"tuning: {self.plan.tune.words}; what the group has tried already is not trained again")
        if splits:
            lines.append(f"splits: {', '.join(map(str, splits))}")
        if request.seeds or len(seeds) > 1:
            lines.append(f"seeds: {', '.join(map(str, seeds))}")
        if request.overrides:
            lines.append("settings: " + " ".join(f"{flag}={value}" for flag, value in request.overrides.items()))
        return [*lines, *self._places(request), f"into {self.runs_dir}"]

    def _places(self, request: LaunchRequest) -> list[str]:
        """On which devices, in which order, for how long."""
        if self.partition is not None:
            return [*question_of_slurm(request, self.partition), f"strategy: {STRATEGY_NAMES[self.strategy]}"]
        plan = self.schedules().get(self.strategy)
        hours = f", about {plan.time_words} on {plan.devices_words}" if plan else ""
        hours += f"; {words}" if plan and (words := self.fleet().words) else ""
        devices = f"devices: {', '.join(request.devices) if request.devices else 'any that is free'}"
        return [devices, f"strategy: {STRATEGY_NAMES[self.strategy]}{hours}"]
