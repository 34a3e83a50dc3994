"""What can be asked of a run by name: in the filter, and to sort the table by.

`FIELDS` has the names that are explained. Every number that a run reports (`grad_norm`, `val/krcc`) and every flag of
its trainer is a field, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest
from typing import TYPE_CHECKING

from iqa_tui.monitor.pace import time_left
from iqa_tui.monitor.run_words import share_done
from iqa_tui.monitor.scores import val_metric
from iqa_tui.words.states import shown_state

if TYPE_CHECKING:
    from iqa_tui.monitor.state import RunState

GIB = 1 << 30
FLAG = "--"


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that a run is asked for."""

    words: str
    """What it is, for people."""
    number: Callable[[RunState, float], float | None] | None = None
    """Of a run at a time (Unix seconds); None as long as the run has none."""
    texts: Callable[[RunState], Iterable[str]] | None = None


def _seed(state: RunState, _now: float) -> float | None:
    return state.spec.seed if state.spec else None


def _split(state: RunState, _now: float) -> float | None:
    return state.spec.split if state.spec else None


def _rate(state: RunState, _now: float) -> float | None:
    flag = number_of(flags_of(state).get("lr", ""))
    return flag if flag is not None else state.latest("lr")


def _batch(state: RunState, _now: float) -> float | None:
    used = state.result.config.get("batch_size") if state.result else None
    return number_of(str(flags_of(state).get("batch_size", used)))


def _peak_gib(state: RunState, _now: float) -> float | None:
    peak = state.peak_gpu_memory_bytes
    return None if peak is None else peak / GIB


def _took(state: RunState, now: float) -> float | None:
    elapsed = state.elapsed_seconds(now)
    return elapsed / 3600 if elapsed is not None else None


def _left(state: RunState, now: float) -> float | None:
    left = time_left(state, now)
    return left / 3600 if left is not None else None


FIELDS: Mapping[str, Field] = {
    "srcc": Field("validation SRCC", lambda state, _: val_metric(state, "srcc")),
    "plcc": Field("validation PLCC", lambda state, _: val_metric(state, "plcc")),
    "loss": Field(
        "training loss; with `:` the kind of loss",
        lambda state, _: state.loss,
        lambda state: (state.label, state.spec.loss_type if state.spec else ""),
    ),
    "lr": Field("learning rate", _rate),
    "batch": Field("batch size", _batch),
    "seed": Field("seed", _seed),
    "split": Field("random split, by its --split_seed", _split),
    "epoch": Field("epoch", lambda state, _: state.epoch or None),
    "step": Field("step", lambda state, _: state.step or None),
    "progress": Field("share of its steps, 0 to 1", lambda state, _: share_done(state)),
    "attempt": Field("attempt", lambda state, _: state.status.attempt or None),
    "speed": Field("images per second", lambda state, _: state.images_per_second),
    "peak": Field("most GPU memory, in GiB", _peak_gib),
    "took": Field("hours so far, or in all", _took),
    "left": Field("hours left", _left),
    "state": Field("state", texts=lambda state: dict.fromkeys((shown_state(state.status).word, state.phase.value))),
    "group": Field("group", texts=lambda state: (state.group,)),
    "id": Field("id of the experiment", texts=lambda state: (state.experiment,)),
    "label": Field("its name for people", texts=lambda state: (state.label,)),
    "run": Field("folder of the run", texts=lambda state: (state.run_id,)),
    "device": Field("device", texts=lambda state: (state.device_label,)),
    "priority": Field("priority", texts=lambda state: (state.priority,)),
    "data": Field("data set", texts=lambda state: (state.spec.dataset if state.spec else "",)),
    "network": Field("network", texts=lambda state: (state.spec.network if state.spec else "",)),
    "tag": Field("a tag", texts=lambda state: state.noted.tags),
    "note": Field("note", texts=lambda state: (state.noted.note,)),
    "cause": Field("why it ended", texts=lambda state: (state.status.cause,)),
}
"""Name to what it is."""


def number(state: RunState, name: str, now: float) -> float | None:
    """A field, a number that the run reports, or a flag of its trainer; None if the run has no such number."""
    if name in FIELDS:
        get = FIELDS[name].number
        return get(state, now) if get else None
    if name in state.metrics or name in state.last_values:
        return state.latest(name)
    return number_of(flags_of(state).get(name, ""))


def texts(state: RunState, name: str) -> tuple[str, ...]:
    """What a text is compared with; () if the run has nothing of this name."""
    if name in FIELDS:
        get = FIELDS[name].texts
        return tuple(filter(None, get(state))) if get else ()
    value = flags_of(state).get(name)
    return (value,) if value is not None else ()


def reported_names(runs: Iterable[RunState]) -> frozenset[str]:
    """What the runs have besides `FIELDS`: the numbers that they report, and their flags."""
    return frozenset(
        name for state in runs for names in (state.metrics, state.last_values, flags_of(state)) for name in names
    )


def flags_of(state: RunState) -> Mapping[str, str]:
    """Name to value of its trainer's flags, as the command has them."""
    return _flags(tuple(state.spec.argv)) if state.spec else {}


@lru_cache(maxsize=4096)
def _flags(argv: tuple[str, ...]) -> Mapping[str, str]:
    flags = {}
    for word, following in zip_longest(argv, argv[1:], fillvalue=FLAG):
        if word.startswith(FLAG):
            name, has_value, value = word.removeprefix(FLAG).partition("=")
            flags[name.replace("-", "_")] = value if has_value else "" if following.startswith(FLAG) else following
    return flags


def number_of(text: str) -> float | None:
    """A number that is written like one; None for anything else."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if value == value else None  # noqa: PLR0124  NaN equals nothing
