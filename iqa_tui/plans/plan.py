"""A plan: an ablation in one TOML file. Reads and checks it; starts nothing.

An error names the file, the row, the key, the value and what to write instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from iqa_tui.errors import PlanError
from iqa_tui.plans.extending import EXTENDS, extended_content
from iqa_tui.plans.hypotheses import Hypothesis, read_hypotheses
from iqa_tui.plans.needs import LAUNCHER_KEYS, PROCESSES, Needs, read_needs
from iqa_tui.plans.paths import plan_counted_from
from iqa_tui.plans.plan_file import read_toml, with_line
from iqa_tui.plans.priority import PRIORITIES
from iqa_tui.plans.questions import Question, read_questions
from iqa_tui.plans.slurm_table import read_slurm
from iqa_tui.plans.toml_table import FlagValue, TomlTable
from iqa_tui.plans.tune import Tune, read_tune

SPLIT_FLAG = "split_seed"
"""The trainer's flag that draws another split of the data."""
PRESETS_DIR = Path(__file__).parent / "presets"


@dataclass(frozen=True, slots=True)
class Experiment:
    """One row that can be run."""

    id: str
    label: str
    flags: dict[str, FlagValue] = field(default_factory=dict)
    """What differs from the plan's base."""
    expected_srcc: tuple[float, float] | None = None
    """(low, high)."""
    expected_protocol: str = ""
    """By which the range was measured; empty: it counts for every protocol."""
    expected_hours: float | None = None
    """On as many GPUs as it gets."""
    priority: str = "medium"
    notes: str = ""
    selected: bool = True
    """False: launched only if the user names it."""
    vram_bytes: int | None = None
    """Declared need of one run: it may then share a GPU. None: a GPU for itself."""
    gpus: int = 1
    """GPUs (on a machine without any: CPU slots) that one run gets together."""
    slurm: dict[str, Any] = field(default_factory=dict)
    """What differs from the plan's `slurm`."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A result measured elsewhere; None for a number that the plan does not give."""

    id: str
    label: str
    srcc: float | None = None
    plcc: float | None = None
    hours: float | None = None
    protocol: str = ""
    source: str = ""
    """The log or paper that the numbers come from."""
    loss_type: str = ""
    notes: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything an ablation is."""

    name: str
    title: str
    base: dict[str, FlagValue]
    """Flags that all experiments share."""
    experiments: tuple[Experiment, ...]
    recorded: tuple[Recorded, ...] = ()
    baseline: str = ""
    """Id of the row that differences are taken to; empty for none."""
    command: list[str] | None = None
    """Of an external trainer; None: `python -m training`."""
    time_limit_hours: float | None = None
    """One run is stopped after that time; None: never."""
    splits: tuple[int, ...] = ()
    """Random splits of the data, by their `--split_seed`: each experiment is run on each of them; empty: the trainer is
    not told of any.
    """
    demo: bool = False
    """The labels are no human opinions."""
    slurm: dict[str, Any] = field(default_factory=dict)
    """What its runs ask of Slurm, if it is to start them (`iqa_tui.slurm.options`)."""
    hypotheses: tuple[Hypothesis, ...] = ()
    """What the plan predicts."""
    questions: tuple[Question, ...] = ()
    """What the plan asks."""
    tune: Tune | None = None
    """What every experiment tries before it is trained; None: nothing."""
    content: dict[str, Any] = field(default_factory=dict)
    """The TOML as it was parsed, relative paths counted from its folder."""
    source: str = ""
    """The file, for error messages."""

    def experiment(self, experiment_id: str) -> Experiment:
        """The experiment of this id.

        Raises:
            PlanError: there is none; its text lists the ids.
        """
        for experiment in self.experiments:
            if experiment.id == experiment_id:
                return experiment
        ids = ", ".join(experiment.id for experiment in self.experiments)
        raise PlanError(f"{self.source}: there is no experiment {experiment_id!r}. Choose from {ids}.")

    def flags_of(self, experiment: Experiment) -> dict[str, FlagValue]:
        """Base and experiment together; of our trainer also how many processes share out its batches."""
        several = {PROCESSES: experiment.gpus} if experiment.gpus > 1 and self.command is None else {}
        return {**self.base, **experiment.flags, **several}


def preset_names() -> list[str]:
    """Plans that come with the program, by name; those that tune come last, as they are variants of others."""
    names = (path.stem for path in PRESETS_DIR.glob("*.toml"))
    return sorted(names, key=lambda name: (name.endswith("-tuned"), name))


def is_preset(plan: Plan) -> bool:
    """Whether it comes with the program."""
    return Path(plan.source).parent == PRESETS_DIR


def load_plan(name_or_path: str) -> Plan:
    """A preset by name, or a TOML file.

    Raises:
        PlanError: no such preset or file, broken TOML, or bad content.
    """
    if name_or_path in preset_names():
        return _read_plan(PRESETS_DIR / f"{name_or_path}.toml")
    path = Path(name_or_path).expanduser()
    if path.suffix == ".toml" or path.is_file() or "/" in name_or_path:
        return _read_plan(path)
    presets = ", ".join(preset_names())
    raise PlanError(f"There is no plan {name_or_path!r}. Presets: {presets}. Or give the path of a .toml file.")


def _read_plan(path: Path, extended_by: tuple[Path, ...] = ()) -> Plan:
    """Args:
    extended_by: the files that are read because of each other, this one's reader last.
    """
    try:
        text, content = read_toml(path)
    except FileNotFoundError:
        presets = ", ".join(preset_names())
        raise PlanError(f"{path}: there is no such file. Give another path, or a preset: {presets}.") from None
    try:
        return plan_from(_whole(plan_counted_from(path.parent, content), path, extended_by), str(path))
    except PlanError as error:
        raise with_line(error, text) from None


def _whole(content: dict[str, Any], path: Path, extended_by: tuple[Path, ...]) -> dict[str, Any]:
    """A plan's content with that of the plan which it extends.

    Raises:
        PlanError: there is no such plan, it is bad itself, or the two extend each other.
    """
    table = TomlTable(content, str(path))
    name = table.text(EXTENDS, "")
    if not name:
        return content
    other = PRESETS_DIR / f"{name}.toml" if name in preset_names() else path.parent / Path(name).expanduser()
    if other.resolve() in (each.resolve() for each in (*extended_by, path)):
        raise table.wrong(EXTENDS, "these plans extend each other. Name another, or leave it out.")
    if not other.is_file():
        presets = ", ".join(preset_names())
        raise table.wrong(EXTENDS, f"there is no such plan. Write a file beside this one, or a preset: {presets}.")
    try:
        extended = _read_plan(other, (*extended_by, path))
    except PlanError as error:  # its place is one of the other file
        raise PlanError(str(error)) from None
    return extended_content(extended.content, content)


def plan_from(content: dict[str, Any], source: str) -> Plan:
    """Check parsed TOML and make the plan of it.

    Args:
        content: as `tomllib` gives it, or as a spec keeps it.
        source: the file, for error messages.

    Raises:
        PlanError: unknown key, wrong type, unknown priority, an id twice, a baseline that is no row, …
    """
    table = TomlTable(content, source)
    base, base_needs = _base(table)
    needs = read_needs(table, base_needs)
    expected_protocol = table.text("expected_protocol", "")
    experiments = tuple(_experiment(row, needs, expected_protocol) for row in table.rows("experiment"))
    recorded = tuple(_recorded(row) for row in table.rows("recorded"))
    ids = {row.id for row in experiments} | {row.id for row in recorded}
    name, baseline, margin = table.name("name"), table.text("baseline", ""), table.positive_number("margin")
    if ids and baseline and baseline not in ids:
        raise PlanError(f"{source}: baseline = {baseline!r} is no row. Use one of {', '.join(sorted(ids))}.")
    plan = Plan(
        name=name,
        title=table.text("title", name),
        base=base,
        experiments=experiments,
        recorded=recorded,
        baseline=baseline,
        command=table.words("command"),
        time_limit_hours=table.positive_number("time_limit_hours"),
        splits=_splits(table, base, experiments),
        demo=table.switch("demo", default=False),
        slurm=read_slurm(table),
        hypotheses=read_hypotheses(table, ids, margin),
        questions=read_questions(table, ids, baseline),
        tune=read_tune(table),
        content=content,
        source=source,
    )
    table.refuse_others()
    _refuse_same_ids(experiments, source, "experiment")
    _refuse_same_ids(recorded, source, "recorded")
    if not experiments:
        raise PlanError(f"{source}: it has no experiment. Add one: [[experiment]] with an id and a label.")
    return plan


def _splits(table: TomlTable, base: Mapping[str, FlagValue], experiments: Iterable[Experiment]) -> tuple[int, ...]:
    """Raises PlanError if a row, or the base, has a split of its own beside them."""
    splits = table.counted("splits")
    owners = ["base"] if SPLIT_FLAG in base else []
    owners += [f"experiment {experiment.id}" for experiment in experiments if SPLIT_FLAG in experiment.flags]
    if splits and owners:
        raise table.wrong("splits", f"every row is run on these; leave {SPLIT_FLAG} out of {', '.join(owners)}.")
    return splits


def _base(table: TomlTable) -> tuple[dict[str, FlagValue], Needs]:
    """The shared flags; `vram` and `gpus` among them are the launcher's, not the trainer's."""
    flags = table.flags("base")
    needs = read_needs(table.inner("base", flags), Needs())
    return {flag: value for flag, value in flags.items() if flag not in LAUNCHER_KEYS}, needs


def _experiment(table: TomlTable, needs: Needs, expected_protocol: str) -> Experiment:
    """Args:
    needs: what the plan declares for every experiment that says nothing.
    expected_protocol: likewise.
    """
    row_id, needs = table.name("id"), read_needs(table, needs)
    experiment = Experiment(
        id=row_id,
        label=table.text("label", row_id),
        flags=table.flags("flags"),
        expected_srcc=table.range("expected_srcc"),
        expected_protocol=table.text("expected_protocol", expected_protocol),
        expected_hours=table.number("expected_hours", at_least=0),
        priority=table.choice("priority", PRIORITIES, "medium"),
        notes=table.text("notes", ""),
        selected=table.switch("selected", default=True),
        vram_bytes=needs.vram_bytes,
        gpus=needs.gpus,
        slurm=read_slurm(table),
    )
    table.refuse_others()
    return experiment


def _recorded(table: TomlTable) -> Recorded:
    row_id = table.name("id")
    recorded = Recorded(
        id=row_id,
        label=table.text("label", row_id),
        srcc=table.number("srcc", at_least=-1, at_most=1),
        plcc=table.number("plcc", at_least=-1, at_most=1),
        hours=table.number("hours", at_least=0),
        protocol=table.text("protocol", ""),
        source=table.text("source", ""),
        loss_type=table.text("loss_type", ""),
        notes=table.text("notes", ""),
    )
    table.refuse_others()
    return recorded


def _refuse_same_ids(rows: Iterable[Experiment | Recorded], source: str, kind: str) -> None:
    seen: set[str] = set()
    for row in rows:
        if row.id in seen:
            raise PlanError(f"{source}: two [[{kind}]] rows have id = {row.id!r}. Give each an id of its own.")
        seen.add(row.id)
