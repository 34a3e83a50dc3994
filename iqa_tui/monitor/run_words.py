"""What is said of a run: glyphs, words and numbers of fixed width. The screens and `status` say the same."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from iqa_tui.monitor.noted import note_line
from iqa_tui.monitor.pace import time_left
from iqa_tui.monitor.tuning import chosen_flags, trial_values, values_words
from iqa_tui.words.durations import duration_words, hours_words
from iqa_tui.words.repetitions import repetition_words, short_repetition
from iqa_tui.words.states import RECORDED_SIGN, shown_state
from training.runfolder.phase import Phase
from training.runfolder.text import plain_copy

if TYPE_CHECKING:
    from iqa_tui.monitor.state import RunState

LOSS_WIDTH = 7
"""Characters that a loss takes at most."""


def state_words(state: RunState) -> str:
    """`● running`."""
    shown = shown_state(state.status)
    return f"{shown.glyph} {shown.word}"


def epoch_words(state: RunState) -> str:
    """`3/5`; empty before the first step."""
    return f"{state.epoch}/{state.epochs or '?'}" if state.epoch else ""


def step_words(state: RunState) -> str:
    """`1240/4404` within the epoch."""
    if not state.step:
        return ""
    return f"{state.step_in_epoch}/{state.steps_per_epoch}" if state.steps_per_epoch else str(state.step)


def progress_words(state: RunState) -> str:
    """What it does besides steps: `reading images 120/900`; empty while it steps."""
    progress = state.progress
    if progress is None or not state.phase.is_alive:
        return ""
    return f"{progress.what} {progress.done}/{progress.total}" if progress.total else progress.what


def share_done(state: RunState) -> float | None:
    """How much of its steps it has made, 0 to 1; None if it is not known how many there are."""
    if not state.epochs or not state.steps_per_epoch:
        return None
    return min(1.0, state.step / (state.epochs * state.steps_per_epoch))


def bar(share: float, cells: int) -> str:
    """`▇▇▇▇▇▇▁▁▁▁`: full only at the end."""
    full = min(cells, int(share * cells))
    return "▇" * full + "▁" * (cells - full)


def left_words(state: RunState, now: float) -> str:
    """`48 min`; empty if it is not known."""
    left = time_left(state, now)
    return duration_words(left) if left is not None else ""


def time_words(state: RunState, now: float) -> str:
    """`48 min left` while it steps, `for 2 min` while that is not known, `took 1.7 h` once it is over; else empty."""
    left = time_left(state, now)
    if left is not None:
        return f"{duration_words(left)} left"
    elapsed = state.elapsed_seconds(now)
    if elapsed is None:
        return ""
    return f"for {duration_words(elapsed)}" if state.phase.is_alive else f"took {hours_words(elapsed / 3600)}"


def loss_words(loss: float | None) -> str:
    """Three significant digits, or fewer if sign and power of ten leave no room: `0.0167`, `1230`, `1.23e-5`."""
    if not loss:
        return "" if loss is None else "0"
    power = int(f"{loss:.2e}".partition("e")[2])
    plain = [f"{loss:.{max(0, 2 - power)}f}"] if -4 < power < 6 else []
    powers = [
        f"{loss:.{decimals}e}".replace("e+", "e").replace("e0", "e").replace("e-0", "e-") for decimals in (2, 1, 0)
    ]
    return next(words for words in [*plain, *powers] if len(words) <= LOSS_WIDTH)


def srcc_words(srcc: float | None) -> str:
    return "" if srcc is None else f"{srcc:.4f}"


def cause_words(state: RunState) -> str:
    """Why it ended or is as it is; empty if the state says all."""
    if state.phase is Phase.RUNNING and not state.status.supervised:
        if state.process is not None and state.process.supervisor_pid is None:
            return "started by hand, so the dispatcher does not resume it"
        return "unsupervised: how it ends will not be recorded"
    return state.status.cause


def note_words(state: RunState, waits_for: str) -> str:
    """What a line of numbers cannot say of a run: why it waits, why it ended, what it warned of last."""
    if state.phase is Phase.QUEUED:
        return queue_words(state, waits_for)
    attempt = f"attempt {state.status.attempt}" if state.phase.is_alive and state.status.attempt > 1 else ""
    warning = state.warnings[-1] if state.warnings else attempt
    return state.note or cause_words(state) or warning or note_line(state.noted)


def queue_words(state: RunState, waits_for: str) -> str:
    """Why a queued run waits; why it is resumed, if it is; its priority."""
    again = "" if state.status.held or state.status.elsewhere else state.status.cause
    return "; ".join(part for part in (waits_for, again, priority_words(state)) if part)


def priority_words(state: RunState) -> str:
    """Of a queued run that goes before others, or after them; empty for the others."""
    return f"{state.priority} priority" if state.phase is Phase.QUEUED and state.priority != "medium" else ""


def run_name(state: RunState) -> str:
    """`F2 L2 (MSE)`: what a question calls it; of a tuning run `F2 L2 (MSE) · lr 5e-6`."""
    return f"{state.experiment} {state.label}".strip() + _sign(state) + _tried(state)


def trial_words(state: RunState) -> str:
    """`lr 5e-6`: what a tuning run tries; empty for all others."""
    return values_words(trial_values(state.spec.trial)) if state.spec is not None and state.is_trial else ""


def _tried(state: RunState) -> str:
    return f" · {trial_words(state)}" if state.is_trial else ""


def _sign(state: RunState) -> str:
    """What stands behind the name of a recorded run, so that it is no seed of the runs that were launched."""
    return f" {RECORDED_SIGN[0]}" if state.is_recorded else ""


def run_names(states: Sequence[RunState]) -> dict[str, str]:
    """Run id to its name; with its seed, and its split, if another of these runs has the same name."""
    counts = Counter(run_name(state) for state in states)
    return {state.run_id: _name_among(state, counts[run_name(state)]) for state in states}


def _name_among(state: RunState, namesakes: int) -> str:
    is_told_apart = namesakes > 1 and state.spec is not None and state.spec.seed is not None
    return f"{run_name(state)} · {_repetition(state)}" if is_told_apart else run_name(state)


def _repetition(state: RunState) -> str:
    """`seed 1`, `split 3 seed 1`; empty for a run whose spec cannot be read."""
    return repetition_words(state.spec.seed, state.spec.split) if state.spec else ""


def name_among(state: RunState, runs: Iterable[RunState]) -> str:
    """`F2 L2 (MSE) · seed 3`: its name, with its seed, and its split, if its experiment has several of them among these
    runs.
    """
    if state.spec is None:
        return run_name(state)
    like = (_key(other) for other in runs if other.group == state.group and other.experiment == state.experiment
            and other.label == state.label and other.spec is not None
            and other.spec.trial == state.spec.trial)  # fmt: skip
    has_several = any(key != _key(state) for key in like)
    return f"{run_name(state)} · {_repetition(state)}" if has_several else run_name(state)


def _key(state: RunState) -> tuple[int, int]:
    """What tells the repetitions of an experiment apart."""
    return (state.spec.split_seed, state.spec.seed) if state.spec else (0, 0)


def short_names(states: Iterable[RunState]) -> dict[str, str]:
    """Run id to `F2`, or to `F2·s1`, `F2·s1 split 3`, if its experiment has several of them."""
    known = list(states)
    keys: dict[tuple[str, str], set[tuple[int, int]]] = {}
    for state in known:
        keys.setdefault((state.group, _short(state)), set()).add(_key(state))
    return {
        state.run_id: f"{_short(state)}·{short_repetition(state.spec.seed, state.spec.split)}"
        if state.spec and len(keys[state.group, _short(state)]) > 1
        else _short(state)
        for state in known
    }


def _short(state: RunState) -> str:
    return (state.experiment or state.label) + _sign(state) + _tried(state).replace(" · ", "·")


def summary_words(states: Iterable[RunState], recorded: int = 0) -> str:
    """`3 running · 1 queued`: how many are in each state, those that matter now first."""
    counts: dict[Phase, int] = {}
    for state in states:
        if state.status.recorded:
            recorded += 1
        else:
            counts[state.phase] = counts.get(state.phase, 0) + 1
    order = (Phase.RUNNING, Phase.STARTING, Phase.STOPPING, Phase.QUEUED, Phase.FAILED, Phase.LOST, Phase.STOPPED)
    parts = [
        f"{counts[state]} {state.value}" for state in (*order, Phase.FINISHED, Phase.UNREADABLE) if state in counts
    ]
    return " · ".join([*parts, f"{recorded} recorded"] if recorded else parts)


def in_plan_order(states: Iterable[RunState]) -> list[RunState]:
    """The newest group first, within it as the plan has them, then by split, seed and age."""
    known = list(states)
    newest: dict[str, float] = {}
    for state in known:
        newest[state.group] = max(newest.get(state.group, 0.0), state.spec.created if state.spec else 0.0)
    return sorted(
        known,
        key=lambda state: (
            -newest[state.group],
            (state.spec.order, *_key(state), state.spec.created) if state.spec else (0, 0, 0, 0.0),
            state.run_id,
        ),
    )


def recorded_rows(ordered: Sequence[RunState]) -> list[dict[str, Any]]:
    """The results measured elsewhere that the newest group's plan holds, but for those whose logs were imported."""
    plan = ordered[0].spec.plan if ordered and ordered[0].spec else {}
    rows = plan.get("recorded", [])
    logs = [state.spec.log.get("file") for state in ordered if state.spec and state.is_recorded]
    shown = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    return [plain_copy(row) for row in shown if not row.get("source") or row.get("source") not in logs]


def command_words(state: RunState) -> str:
    """Its trainer's command, as a shell takes it; empty if the spec cannot be read."""
    argv = state.spec.argv if state.spec is not None else []
    argv = [*argv, *chosen_flags(state.result.tuned)] if state.result is not None else argv
    return shlex.join(word.replace("{run_folder}", str(state.run.path)) for word in argv)
