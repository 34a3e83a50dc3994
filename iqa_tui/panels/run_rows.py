"""How each row of the table of runs is drawn: what stands in its columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from iqa_tui.monitor import run_words
from iqa_tui.monitor.fields import number
from iqa_tui.monitor.headlines import group_words
from iqa_tui.monitor.rows import PINNED, Row, RowKind
from iqa_tui.monitor.scores import Score, best_of, newest_of_each_seed, score_of, shown_srcc
from iqa_tui.panels.run_columns import AFTER_STATE, BAR, BEFORE_SRCC, IN_PROGRESS, NAME, SD_WIDTH, SIGN_WIDTH
from iqa_tui.widgets.palette import series_sign, series_style
from iqa_tui.widgets.table_lines import Cell, TableRow
from iqa_tui.words.durations import duration_words, hours_words
from iqa_tui.words.repetitions import short_repetition
from iqa_tui.words.states import RECORDED_SIGN, SIGNS, by_need, shown_state
from iqa_tui.words.waits import WaitKind
from training.runfolder.phase import Phase

if TYPE_CHECKING:
    from iqa_tui.monitor.state import RunState
    from iqa_tui.words.waits import Wait

SECONDS_PER_HOUR = 3600.0
SHORT_BAR = 5
"""Cells of a progress bar in a narrow table."""
NUMBER_WORDS: Mapping[str, Callable[[float], str]] = {
    "plcc": "{:.4f}".format,
    "lr": lambda rate: f"{rate:.3g}".replace("e-0", "e-"),
    "speed": "{:.0f}".format,
    "peak": "{:.1f}".format,
    "batch": "{:.0f}".format,
    "attempt": "{:.0f}".format,
}
"""Key of a column to how its number is written."""
IN_COMMON = ("lr", "batch")
"""Shown of an experiment too, if all of its runs have the same."""
BETWEEN = ("device", "progress", "short", "left", "loss")
"""Columns in which a folded row says why a run of it waits or failed, beside its score."""
FOLDS = {True: "▾", False: "▸"}


@dataclass(frozen=True, slots=True)
class Context:
    """What the rows are drawn with, besides the runs."""

    now: float
    """Unix seconds."""
    waiting: Mapping[str, Wait] = field(default_factory=dict)
    """Run id to why it waits."""
    colours: Mapping[str, int] = field(default_factory=dict)
    """Run id to its colour."""
    marked: frozenset[str] = frozenset()
    """Ids of the runs whose curves are chosen."""
    columns: tuple[str, ...] = ()
    """Keys of the columns that the user chose; empty: those that there is room for."""
    has_signs: bool = False
    """A row has the sign of its curve, as there may be no colours."""


def table_row(row: Row, context: Context, *, has_sd: bool = False) -> TableRow:
    """Args:
    has_sd: the column of scores has room for standard deviations.
    """
    if row.recorded is not None:
        return recorded_row(row.key, row.recorded, has_sd=has_sd)
    if row.kind is RowKind.GROUP:
        return _group_row(row, context, has_sd=has_sd)
    if row.kind is RowKind.TUNING:
        return _tuning_row(row, context)
    if row.kind is RowKind.EXPERIMENT:
        return _experiment_row(row, context, has_sd=has_sd)
    return _run_row(row, context, has_sd=has_sd)


def recorded_row(key: str, row: Mapping[str, Any], *, has_sd: bool = False) -> TableRow:
    srcc, hours = row.get("srcc"), row.get("hours")
    took = f"took {hours_words(hours)}" if isinstance(hours, int | float) else ""
    cells: dict[str, Cell] = {
        "id": str(row.get("id", "")),
        "label": str(row.get("label", "")),
        "state": ((f"{RECORDED_SIGN[0]} recorded", RECORDED_SIGN[1]),),
        "progress": took,
        "short": took,
        "srcc": f"{srcc:.4f}{' ' * SD_WIDTH if has_sd else ''}" if isinstance(srcc, int | float) else "",
    }
    return TableRow(key, cells, style="dim")


def _group_row(row: Row, context: Context, *, has_sd: bool) -> TableRow:
    if row.key == PINNED:
        long, *shorter = [("pinned", f" · {len(row.runs)} {'run' if len(row.runs) == 1 else 'runs'}")]
    else:
        long, *shorter = group_words(row.runs, context.waiting, context.now)
    best = best_of(row.runs)
    cells: dict[str, Cell] = {
        "mark": " " * (1 + SIGN_WIDTH * context.has_signs) + FOLDS[bool(row.is_open)],
        "srcc": _score_cell(Score(best[1].mean) if best else None, has_sd=has_sd),
    }
    spans = tuple(((name, "strong"), (rest, "dim")) for name, rest in (long, *shorter))
    return TableRow(row.key, cells, span_from=BEFORE_SRCC, span=spans[0], shorter=spans[1:], folds=True)


def _tuning_row(row: Row, context: Context) -> TableRow:
    """`▸ tuning · 12 of 20 done, 2 running, 6 queued, 1 failed: exit 1`."""
    counts = Counter(Phase.RUNNING if state.phase.is_alive else state.phase for state in row.runs)
    parts = [f"{counts[Phase.FINISHED]} of {len(row.runs)} done"]
    parts += [f"{counts[phase]} {phase.value}" for phase in (Phase.RUNNING, Phase.QUEUED) if counts[phase]]
    lost = [f"{counts[phase]} {phase.value}" for phase in Phase if phase.ended_without_result and counts[phase]]
    worst = _worst(row.runs)
    _, why = _span(worst, context)
    cells: dict[str, Cell] = {"mark": (*_mark(row.runs, context), (FOLDS[bool(row.is_open)], ""))}
    bad = ((f", {', '.join(lost)}", shown_state(worst.status).style),) if lost else ()
    said = (("tuning", "strong"), (f" · {', '.join(parts)}", "dim"), *bad)
    short = (("tuning", "strong"), (f" · {parts[0]}", "dim"), *bad)
    long = (*said, (": ", "dim"), *why) if why else said
    return TableRow(row.key, cells, span_from=BEFORE_SRCC, span=long, shorter=(said, short), folds=True)


def _experiment_row(row: Row, context: Context, *, has_sd: bool) -> TableRow:
    seeds = newest_of_each_seed(row.runs)
    what = _what(seeds) if len(seeds) > 1 else f"{len(row.runs)} runs"
    done = f"{sum(state.phase is Phase.FINISHED for state in seeds)} of {len(seeds)}"
    worst = _worst(seeds)
    glyph, _, style = shown_state(worst.status)
    _, why = _span(worst, context)
    cells: dict[str, Cell] = {
        "mark": (*_mark(row.runs, context), (FOLDS[bool(row.is_open)], "")),
        "id": ((row.runs[0].experiment, f"strong {_colour(row.runs, context)}"),),
        "label": row.runs[0].label,
        "state": ((f"{glyph} {what}", style),),
        "progress": done,
        "short": done,
        "srcc": _score_cell(score_of(row.runs), has_sd=has_sd),
        **{name: _in_common(row.runs, name, context.now) for name in IN_COMMON},
    }
    if not why:
        return TableRow(row.key, cells, folds=True)
    return TableRow(row.key, cells, span_from=BETWEEN, span=((f"{done} · ", ""), *why), folds=True)


def _what(runs: Sequence[RunState]) -> str:
    """`3 seeds`, `10 splits`, `6 runs` of several seeds and splits."""
    seeds = {state.spec.seed for state in runs if state.spec}
    splits = {state.spec.split_seed for state in runs if state.spec}
    if len(splits) < 2:
        return f"{len(runs)} seeds"
    return f"{len(splits)} splits" if len(seeds) < 2 else f"{len(runs)} runs"


def _run_row(row: Row, context: Context, *, has_sd: bool) -> TableRow:
    state = row.runs[0]
    srcc = shown_srcc(state)
    bar, short = _progress_cells(state, _colour(row.runs, context), context.now)
    cells: dict[str, Cell] = {
        "mark": (*_mark(row.runs, context), (" ", "")),
        "id": ((_id_words(row), f"{'' if row.is_seed else 'strong '}{_colour(row.runs, context)}"),),
        "seed": str(state.spec.seed) if state.spec else "",
        "split": str(state.spec.split) if state.spec and state.spec.split is not None else "",
        "label": "" if row.is_seed else run_words.trial_words(state) if row.is_trial else state.label,
        "state": ((run_words.state_words(state), shown_state(state.status).style),),
        "device": state.device_label,
        "progress": bar,
        "short": short,
        "left": run_words.left_words(state, context.now),
        "loss": run_words.loss_words(state.loss),
        "srcc": _score_cell(Score(srcc) if srcc is not None else None, has_sd=has_sd),
        **_number_cells(state, context.now),
        "tag": ", ".join(state.noted.tags),
        "note": state.noted.note,
    }
    span_from, span = _span(state, context)
    style = "dim" if state.is_archived else ""
    if state.spec is None:
        return TableRow(row.key, cells, style, span_from=span_from, span=span, name_from=NAME, name=state.label)
    return TableRow(row.key, cells, style, span_from=span_from, span=span)


def _number_cells(state: RunState, now: float) -> dict[str, Cell]:
    """Of the columns that a wide terminal has room for."""
    took = state.elapsed_seconds(now)
    cells: dict[str, Cell] = {name: _number_words(state, name, now) for name in NUMBER_WORDS}
    if took is None:
        return cells
    return cells | {"took": duration_words(took) if state.phase.is_alive else hours_words(took / SECONDS_PER_HOUR)}


def _number_words(state: RunState, name: str, now: float) -> str:
    value = number(state, name, now)
    return NUMBER_WORDS[name](value) if value is not None else ""


def _in_common(runs: Sequence[RunState], name: str, now: float) -> str:
    first, *others = {_number_words(state, name, now) for state in runs}
    return first if not others else ""


def _progress_cells(state: RunState, style: str, now: float) -> tuple[Cell, Cell]:
    """`▇▇▇▇▇▇▁▁▁▁ 3/5 58%`, and a short form of it; in words while that is not known, and once it is over."""
    done = run_words.share_done(state)
    if state.phase.is_alive and done is not None:
        percent = f"{100 * done:3.0f}%"
        numbers = (f" {run_words.epoch_words(state)} {percent}", "")
        return (*_bar(done, BAR, style), numbers), (*_bar(done, SHORT_BAR, style), (f" {percent}", ""))
    words = run_words.time_words(state, now)
    return words, words


def _bar(done: float, cells: int, style: str) -> tuple[tuple[str, str], ...]:
    bar = run_words.bar(done, cells)
    full = len(bar.rstrip("▁"))
    return (bar[:full], style), (bar[full:], "dim")


def _score_cell(score: Score | None, *, has_sd: bool) -> Cell:
    """The mean, its SD behind it: the means of all rows stand below each other."""
    if score is None:
        return ""
    sd = f" ±{score.sd:.4f}".replace("±0.", "±.") if score.sd is not None else ""
    return ((f"{score.mean:.4f}", "strong"), (f"{sd:<{SD_WIDTH}}" if has_sd else "", "dim"))


def _mark(runs: Sequence[RunState], context: Context) -> tuple[tuple[str, str], ...]:
    is_marked = any(state.run_id in context.marked for state in runs)
    look = context.colours.get(runs[0].run_id)
    sign = "" if not context.has_signs else " " * SIGN_WIDTH if look is None else series_sign(look)
    return ((("▌" if is_marked else " ") + sign, _colour(runs, context)),)


def _colour(runs: Sequence[RunState], context: Context) -> str:
    """Style of the colour that the runs of one row have in common."""
    colour = context.colours.get(runs[0].run_id)
    return "" if colour is None else series_style(colour)


def _worst(runs: Sequence[RunState]) -> RunState:
    """The run whose state a folded row shows."""
    return min(runs, key=lambda state: by_need(state.status))


def _id_words(row: Row) -> str:
    state = row.runs[0]
    if row.is_trial:
        return f" {state.experiment}"
    is_below = row.is_seed and state.spec is not None
    return f" {short_repetition(state.spec.seed, state.spec.split)}" if is_below and state.spec else state.experiment


def _span(state: RunState, context: Context) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """What is said in words instead of numbers: why it waits, why it failed, what it is busy with."""
    wait = context.waiting.get(state.run_id)
    if state.phase is Phase.QUEUED and (why := run_words.queue_words(state, wait.words if wait else "")):
        return AFTER_STATE, ((why, "warning" if wait and wait.kind is WaitKind.SLURM_NEVER else "dim"),)
    if state.phase.is_over and state.phase is not Phase.FINISHED and state.status.cause:
        return AFTER_STATE, ((state.status.cause, SIGNS[state.phase][1]),)
    if busy := run_words.progress_words(state):
        return IN_PROGRESS, ((busy, "dim"),)
    return (), ()
