"""A plan: an ablation in one TOML file. Reads and checks it; starts nothing.

What is wrong in a plan is said with the file, the row, the key, the value and what would be right.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from iqa_tui.launch.errors import LaunchError

PRESETS_DIR = Path(__file__).parents[1] / "presets"
PRIORITIES = ("high", "medium", "low")
"""In the order in which they start."""
FlagValue = str | int | float | bool

UNITS = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 1 << 10, "MIB": 1 << 20, "GIB": 1 << 30}


class PlanError(LaunchError):
    """A plan that cannot be read, or not be followed."""


@dataclass(frozen=True, slots=True)
class Experiment:
    """One row that can be run."""

    id: str
    label: str
    flags: dict[str, FlagValue] = field(default_factory=dict)
    """What differs from the plan's base."""
    expected_srcc: tuple[float, float] | None = None
    """(low, high)."""
    expected_hours: float | None = None
    """On one GPU."""
    priority: str = "medium"
    notes: str = ""
    selected: bool = True
    """False: run only where it is named."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A result measured elsewhere; None where it was not told."""

    id: str
    label: str
    srcc: float | None = None
    plcc: float | None = None
    hours: float | None = None
    protocol: str = ""
    source: str = ""
    """Where the numbers come from."""
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
    """Somebody else's trainer; None: `python -m training`."""
    vram_bytes: int | None = None
    """Declared need of one run; None: a GPU for itself."""
    demo: bool = False
    """The labels are no human opinions."""
    content: dict[str, Any] = field(default_factory=dict)
    """The TOML as it was parsed."""
    source: str = ""
    """The file, for error messages."""

    def experiment(self, experiment_id: str) -> Experiment:
        """The experiment of this id.

        Raises:
            PlanError: there is none; names those there are.
        """
        for experiment in self.experiments:
            if experiment.id == experiment_id:
                return experiment
        ids = ", ".join(experiment.id for experiment in self.experiments)
        raise PlanError(f"{self.source}: there is no experiment {experiment_id!r}. Choose from {ids}.")

    def flags_of(self, experiment: Experiment) -> dict[str, FlagValue]:
        """Base and experiment together."""
        return {**self.base, **experiment.flags}


def preset_names() -> list[str]:
    """Plans that come with the program, by name."""
    return sorted(path.stem for path in PRESETS_DIR.glob("*.toml"))


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


def _read_plan(path: Path) -> Plan:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        presets = ", ".join(preset_names())
        raise PlanError(f"{path}: there is no such file. Give another path, or a preset: {presets}.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise PlanError(f"{path}: cannot be read ({error}). Give a readable text file.") from error
    except tomllib.TOMLDecodeError as error:
        raise PlanError(f"{path}: this is no TOML: {error}. Mend that line.") from error
    return plan_from(content, str(path))


def plan_from(content: dict[str, Any], source: str) -> Plan:
    """Check parsed TOML and make the plan of it.

    Args:
        content: as `tomllib` gives it, or as a spec keeps it.
        source: the file, for error messages.

    Raises:
        PlanError: unknown key, wrong type, unknown priority, an id twice, a baseline that is no row, …
    """
    table = _Table(content, source)
    experiments = tuple(_experiment(row) for row in table.rows("experiment"))
    recorded = tuple(_recorded(row) for row in table.rows("recorded"))
    name = table.name("name")
    plan = Plan(
        name=name,
        title=table.text("title", name),
        base=table.flags("base"),
        experiments=experiments,
        recorded=recorded,
        baseline=table.text("baseline", ""),
        command=table.words("command"),
        vram_bytes=table.size("vram"),
        demo=table.switch("demo", default=False),
        content=content,
        source=source,
    )
    table.refuse_others()
    _refuse_same_ids(experiments, source, "experiment")
    _refuse_same_ids(recorded, source, "recorded")
    if not experiments:
        raise PlanError(f"{source}: it has no experiment. Add one: [[experiment]] with an id and a label.")
    ids = [row.id for row in experiments] + [row.id for row in recorded]
    if plan.baseline and plan.baseline not in ids:
        raise PlanError(f"{source}: baseline = {plan.baseline!r} is no row. Use one of {', '.join(sorted(set(ids)))}.")
    return plan


def _experiment(table: _Table) -> Experiment:
    row_id = table.name("id")
    experiment = Experiment(
        id=row_id,
        label=table.text("label", row_id),
        flags=table.flags("flags"),
        expected_srcc=table.range("expected_srcc"),
        expected_hours=table.number("expected_hours", at_least=0),
        priority=table.choice("priority", PRIORITIES, "medium"),
        notes=table.text("notes", ""),
        selected=table.switch("selected", default=True),
    )
    table.refuse_others()
    return experiment


def _recorded(table: _Table) -> Recorded:
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


class _Table:
    """One TOML table while it is checked. Each question names a key; what nobody asked for is refused at the end."""

    def __init__(self, content: dict[str, Any], source: str, where: str = "") -> None:
        self._content = content
        self._source = source
        self._where = where
        self._asked: list[str] = []

    def _wrong(self, key: str, remedy: str) -> PlanError:
        value = self._content.get(key)
        row = f"{self._where}: " if self._where else ""
        return PlanError(f"{self._source}: {row}{key} = {value!r}: {remedy}")

    def _get(self, key: str) -> Any:
        self._asked.append(key)
        return self._content.get(key)

    def name(self, key: str) -> str:
        """A text that is there and can be part of a command line."""
        value = self._get(key)
        if value is None:
            row = f"{self._where} has" if self._where else "it has"
            raise PlanError(f'{self._source}: {row} no {key}. Add {key} = "…".')
        if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._+-]*", value):
            raise self._wrong(key, 'write letters, digits, ".", "_", "+" and "-", in quotes.')
        return value

    def text(self, key: str, default: str) -> str:
        value = self._get(key)
        if value is None:
            return default
        if not isinstance(value, str):
            raise self._wrong(key, "write a text in quotes.")
        return value

    def choice(self, key: str, choices: tuple[str, ...], default: str) -> str:
        value = self._get(key)
        if value is None:
            return default
        if value not in choices:
            raise self._wrong(key, f"use one of {', '.join(choices)}.")
        return str(value)

    def switch(self, key: str, *, default: bool) -> bool:
        value = self._get(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise self._wrong(key, "write true or false.")
        return value

    def number(self, key: str, *, at_least: float, at_most: float = float("inf")) -> float | None:
        value = self._get(key)
        if value is None:
            return None
        if not _is_number(value) or not at_least <= value <= at_most:
            limits = f"of at least {at_least:g}" if at_most == float("inf") else f"from {at_least:g} to {at_most:g}"
            raise self._wrong(key, f"write a number {limits}.")
        return float(value)

    def range(self, key: str) -> tuple[float, float] | None:
        value = self._get(key)
        if value is None:
            return None
        is_pair = isinstance(value, list) and len(value) == 2 and all(_is_number(number) for number in value)
        if not is_pair or not -1 <= value[0] <= value[1] <= 1:
            raise self._wrong(key, "write [low, high], two numbers from -1 to 1.")
        return float(value[0]), float(value[1])

    def words(self, key: str) -> list[str] | None:
        value = self._get(key)
        if value is None:
            return None
        if not isinstance(value, list) or not value or not all(isinstance(word, str) and word for word in value):
            raise self._wrong(key, 'write a list of texts, for example ["python", "my_train.py"].')
        return list(value)

    def size(self, key: str) -> int | None:
        """Bytes, from a text such as `10 GiB`."""
        value = self._get(key)
        if value is None:
            return None
        match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMG]?i?B)", value, re.IGNORECASE) if isinstance(value, str) else None
        if match is None:
            raise self._wrong(key, 'write a size with its unit, for example "10 GiB".')
        return int(float(match[1]) * UNITS[match[2].upper()])

    def flags(self, key: str) -> dict[str, FlagValue]:
        value = self._get(key)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise self._wrong(key, 'write a table of flags, for example { loss_type = "l2" }.')
        inner = _Table(value, self._source, f"{self._where}: {key}" if self._where else key)
        for flag, setting in value.items():
            if not isinstance(setting, FlagValue):
                raise inner._wrong(flag, "write a text, a number, true or false.")
        return dict(value)

    def rows(self, key: str) -> list[_Table]:
        value = self._get(key)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
            raise self._wrong(key, f"write each row under a heading [[{key}]] of its own.")
        return [_Table(row, self._source, f"{key} {row.get('id', number)}") for number, row in enumerate(value, 1)]

    def refuse_others(self) -> None:
        """Whatever was not asked for is a slip of the pen."""
        for key in self._content:
            if key not in self._asked:
                raise self._wrong(key, f"there is no such key. Use {', '.join(sorted(self._asked))}.")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
