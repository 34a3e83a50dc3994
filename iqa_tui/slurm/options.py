"""What a plan or a command line may ask of Slurm for a run, key by key. Starts nothing; standard library only."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

DEFAULTS: dict[str, Any] = {"gres": "gpu:1", "lead": 120}
CLUSTER = "cluster"
"""Key of a run's options that no user sets: the name of the cluster that it is submitted to."""
TIME = re.compile(r"\d+(:\d\d?){0,2}|\d+-\d\d?(:\d\d?){0,2}")
MEMORY = re.compile(r"\d+[KMGT]?", re.IGNORECASE)
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
LONGEST_LEAD = 65_535
"""What sbatch takes at most, in seconds."""
SHORTEST_LEAD = 10
OURS = (
    *("--parsable", "--job-name", "-J", "--comment", "--requeue", "--no-requeue", "--open-mode", "--output", "-o"),
    *("--error", "-e", "--export", "--export-file", "--signal", "--chdir", "-D", "--array", "-a", "--wrap", "--hold"),
    *("-H", "--dependency", "-d", "--nice", "--input", "-i", "--test-only", "--clusters", "-M", "--wait", "-W"),
)
"""Options of sbatch that the launcher sets, or that would make of the job something else than one run."""
GPU_OPTIONS = ("--gpus", "-G", "--gres=gpu", "--tres-per-task=gres/gpu", "--tres-per-task=gres:gpu")


@dataclass(frozen=True, slots=True)
class Key:
    """One key of `[slurm]`."""

    is_right: Callable[[Any], bool]
    remedy: str
    """What to write instead of a wrong value."""
    flag: str = ""
    """Of sbatch; empty if the launcher does something else with the value."""


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip()) and value.isprintable()


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _is_list_of(value: Any, is_right: Callable[[str], bool]) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) and is_right(each) for each in value)


def _is_ours(word: str) -> bool:
    """Long options may be written with `=`, short ones with their value behind them; sbatch takes abbreviations."""
    name = word.partition("=")[0]
    if word.startswith("--"):
        return any(len(name) > len("--x") and own.startswith(name) for own in OURS if own.startswith("--"))
    return word.startswith("-") and word[:2] in OURS


def _is_extra(value: Any) -> bool:
    is_list = _is_list_of(value, lambda word: bool(word) and word.isprintable() and not _is_ours(word))
    return is_list and all(word.startswith("-") for word in value[:1])


_TEXT = 'write a text in quotes, such as "{}".'
KEYS: Mapping[str, Key] = {
    "partition": Key(_is_text, _TEXT.format("gpu"), "--partition"),
    "account": Key(_is_text, _TEXT.format("research"), "--account"),
    "qos": Key(_is_text, _TEXT.format("normal"), "--qos"),
    "time": Key(
        lambda value: _is_number(value) or (isinstance(value, str) and TIME.fullmatch(value) is not None),
        'write minutes, or a time as sbatch takes it, such as "4:00:00" or "1-12".',
        "--time",
    ),
    "gres": Key(
        lambda value: value == "" or (_is_text(value) and " " not in value),
        'write devices as sbatch takes them, such as "gpu:1" or "gpu:a100:1"; "" for a run on the CPU.',
        "--gres",
    ),
    "constraint": Key(_is_text, _TEXT.format("a100"), "--constraint"),
    "mem": Key(
        lambda value: _is_number(value) or (isinstance(value, str) and MEMORY.fullmatch(value) is not None),
        'write memory as sbatch takes it, such as "16G".',
        "--mem",
    ),
    "cpus": Key(_is_number, "write a whole number of at least 1.", "--cpus-per-task"),
    "lead": Key(
        lambda value: _is_number(value) and SHORTEST_LEAD <= value <= LONGEST_LEAD,
        f"write seconds from {SHORTEST_LEAD} to {LONGEST_LEAD}: how long before its time limit a run is to be told.",
    ),
    "setup": Key(
        lambda value: _is_list_of(value, lambda line: "\0" not in line),
        'write a list of shell lines, such as ["module load cuda/12.4"].',
    ),
    "pass": Key(
        lambda value: _is_list_of(value, lambda name: VARIABLE.fullmatch(name) is not None),
        'write a list of names of variables, such as ["HF_HOME"].',
    ),
    "extra": Key(
        _is_extra,
        'write a list of sbatch\'s options, such as ["--exclusive"], without those that the launcher sets '
        "(job name, comment, output, signal, dependency, array, …).",
    ),
}
"""In the order in which they stand on sbatch's command line."""


def checked(key: str, value: Any) -> Any:
    """The value of a key.

    Raises:
        ValueError: it cannot be meant so; the text says what to write instead.
    """
    if not KEYS[key].is_right(value):
        raise ValueError(KEYS[key].remedy)
    return value


def parse_option(text: str) -> tuple[str, Any]:
    """`partition=gpu`, `cpus=8`, `pass=HF_HOME,WANDB_MODE`, `extra=--exclusive`, as a user types it.

    Raises:
        ValueError: in words.
    """
    key, sign, typed = (part.strip() for part in text.partition("="))
    if not sign or key not in KEYS:
        raise ValueError(f"{text!r} is no KEY=VALUE of Slurm. Keys: {', '.join(KEYS)}")
    value: Any = typed
    if key in ("cpus", "lead") and typed.isdecimal():
        value = int(typed)
    elif key == "setup":
        value = [typed]
    elif key == "pass":
        value = [name.strip() for name in typed.split(",") if name.strip()]
    elif key == "extra":
        value = shlex.split(typed)  # raises ValueError for a quote that is not closed
    try:
        return key, checked(key, value)
    except ValueError as error:
        raise ValueError(f"{key}={typed}: {error}") from None


def merged(*layers: Mapping[str, Any]) -> dict[str, Any]:
    """What holds for one run: the usual, then the plan's, the experiment's, the command line's."""
    together: dict[str, Any] = {**DEFAULTS}
    for layer in layers:
        together.update(layer)
    return {key: together[key] for key in KEYS if key in together}


def sbatch_flags(options: Mapping[str, Any]) -> list[str]:
    """The part of sbatch's command line that a plan decides."""
    flags = [
        f"{key.flag}={options[name]}" for name, key in KEYS.items() if key.flag and options.get(name) not in (None, "")
    ]
    return [*flags, *options.get("extra", [])]


def asks_for_gpu(options: Mapping[str, Any]) -> bool:
    """Whether Slurm has to give the run a GPU."""
    extra = options.get("extra", [])
    return "gpu" in str(options.get("gres", "")) or any(word.startswith(GPU_OPTIONS) for word in extra)
