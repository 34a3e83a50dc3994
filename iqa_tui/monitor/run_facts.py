"""What is said of one run on its page, and of two beside each other."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from iqa_tui.monitor import run_words
from iqa_tui.monitor.run_details import AttemptDetails, RunDetails
from iqa_tui.monitor.run_settings import settings_of
from iqa_tui.monitor.scores import val_metric
from iqa_tui.monitor.slurm_facts import slurm_facts
from iqa_tui.monitor.state import RunState
from iqa_tui.monitor.tuning_facts import tuning_facts
from iqa_tui.plans.flags import is_same
from iqa_tui.plans.settings import planned_settings
from iqa_tui.words.durations import hours_words
from iqa_tui.words.sizes import gib_words, size_words
from iqa_tui.words.states import told_state
from training.runfolder.phase import Phase

DIGEST_DIGITS = 12
FITTED = "_fitted"
"""End of the name of a metric after the logistic fit."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A line: what it is, and one value, or one of each run."""

    name: str
    values: tuple[str, ...]
    style: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Facts under one heading."""

    title: str
    facts: tuple[Fact, ...]


def page_sections(state: RunState, details: RunDetails, waits_for: str = "") -> list[Section]:
    """Everything about one run; sections without facts are left out.

    Args:
        waits_for: why it is queued, in words.
    """
    headlines = _headlines(state, waits_for)
    sections = [
        Section("Run", tuple(Fact(name, (value,)) for name, value in headlines.items() if value)),
        Section("Slurm", tuple(Fact(name, (value,)) for name, value in slurm_facts(state) if value)),
        Section("Tuning", tuple(Fact(name, (told,), style) for name, told, style in tuning_facts(state, details))),
        Section("Scores", tuple(Fact(name, (value,)) for name, value in _scores(state).items() if value)),
        Section("Attempts", tuple(_attempt_facts(state, details))),
        Section("Warnings", tuple(Fact("", (text,), "warning") for text in reversed(state.warnings))),
        Section("Notes", tuple(Fact("", (text,)) for text in _notes(state))),
        Section("Settings", tuple(_setting_facts(state))),
        Section("Versions", tuple(Fact(name, (value,)) for name, value in _versions(state).items() if value)),
        Section("Files", tuple(_file_facts(details))),
    ]
    return [section for section in sections if section.facts]


def _attempt_facts(state: RunState, details: RunDetails) -> Iterator[Fact]:
    """Newest first; of a recorded run none, as it was never started."""
    if not state.is_recorded:
        yield from map(_attempt_fact, reversed(details.attempts))


def comparison_sections(first: RunState, second: RunState, *, everything: bool) -> list[Section]:
    """Two runs beside each other.

    Args:
        everything: settings and versions that are the same, too.
    """
    both = (first, second)
    titles = (("Runs", _headlines, True), ("Scores", _scores, True), ("Settings", settings_of, everything))
    sections = [
        Section(title, tuple(_beside([of(state) for state in both], same_too=same_too)))
        for title, of, same_too in (*titles, ("Versions", _versions, everything))
    ]
    if not everything and not any(section.facts for section in sections if section.title == "Settings"):
        sections.insert(2, Section("Settings", (Fact("", ("the same in both",), "dim"),)))
    return [section for section in sections if section.facts]


def _beside(values: Sequence[Mapping[str, str]], *, same_too: bool) -> Iterator[Fact]:
    names = dict.fromkeys(name for each in values for name in each)
    for name in names:
        texts = tuple(each.get(name, "") or "–" for each in values)
        if set(texts) != {"–"} and (same_too or len(set(texts)) > 1):
            yield Fact(name, texts, "strong" if len(set(texts)) > 1 else "dim")


def _headlines(state: RunState, waits_for: str = "") -> dict[str, str]:
    spec, result = state.spec, state.result
    elapsed = state.elapsed_seconds(time.time())
    peak = state.exit.peak_rss_bytes if state.exit else None
    gpu_peak = state.exit.peak_gpu_memory_bytes if state.exit else None
    digests = ", ".join(digest[:DIGEST_DIGITS] for digest in state.trainer_digests)
    return {
        "state": told_state(state.status),
        "waits": waits_for if state.phase is Phase.QUEUED else "",
        "id": state.run_id,
        "group": state.group,
        "imported" if state.is_recorded else "launched": _moment(spec.created) if spec else "",
        "by": spec.created_by if spec else "",
        "device": state.device_label,
        "runs for" if state.phase.is_alive else "took": hours_words(elapsed / 3600) if elapsed is not None else "",
        "expected": hours_words(spec.expected_hours) if spec and spec.expected_hours else "",
        "peak memory": gib_words(peak) if peak else "",
        "peak GPU memory": gib_words(gpu_peak) if gpu_peak else "",
        "GPU curves": _no_curves_words(state),
        "epoch": run_words.epoch_words(state),
        "chosen epoch": str(result.best_epoch) if result and result.best_epoch is not None else "",
        "protocol": (result.protocol if result else spec.protocol if spec else ""),
        "precision": result.precision if result else "",
        "parameters": f"{result.parameters / 1e6:.1f} M" if result and result.parameters else "",
        "trainer code": digests,
        "commit": (spec.git_commit or "") if spec else "",
        "why": spec.notes if spec else "",
    }


def _no_curves_words(state: RunState) -> str:
    """Why there are no curves of its GPUs; empty if there are, if it has none, or if nothing was sampled yet."""
    kinds = {device.get("kind") for device in state.process.devices} if state.process else set()
    if "gpu" not in kinds or "machine/memory_bytes" not in state.metrics or "machine/gpu_memory_bytes" in state.metrics:
        return ""
    unasked = "the version that ran it did not ask for them" if state.is_of_slurm else "the driver told nothing of them"
    return f"none: {state.gpus_unknown or unasked}"


def _scores(state: RunState) -> dict[str, str]:
    shown: dict[str, str] = {}
    if state.result is not None:
        for split, metrics in state.result.metrics.items():
            for name, value in metrics.items():
                words = f"{name.removesuffix(FITTED).upper()}{' fitted' if name.endswith(FITTED) else ''}"
                shown[f"{split} {words}"] = "–" if value is None else f"{value:.4f}"
        if state.spec and state.spec.expected_srcc:
            shown["expected SRCC"] = " to ".join(f"{end:.3f}" for end in state.spec.expected_srcc)
        return shown
    for name in ("srcc", "plcc"):
        value = val_metric(state, name)
        shown[f"val {name.upper()}"] = "" if value is None else f"{value:.4f}"
    shown["loss"] = run_words.loss_words(state.loss)
    return shown


def _versions(state: RunState) -> dict[str, str]:
    return dict(sorted(state.result.versions.items())) if state.result else {}


def _notes(state: RunState) -> list[str]:
    return [*(state.result.notes if state.result else []), *([state.note] if state.note else [])]


def _attempt_fact(attempt: AttemptDetails) -> Fact:
    parts = []
    if attempt.retry is not None:
        parts.append(f"{'resumed' if attempt.retry.automatic else 'asked for'} by {attempt.retry.by}")
    if attempt.process is not None:
        parts.append(f"began {_moment(attempt.process.started)} on {attempt.process.host}")
    if attempt.exit is not None:
        cause = f": {attempt.exit.cause}" if attempt.exit.cause else ""
        parts.append(f"{attempt.exit.kind.value}{cause} after {hours_words(attempt.exit.elapsed_seconds / 3600)}")
    return Fact(str(attempt.number), ("; ".join(parts) or "not begun",))


def _setting_facts(state: RunState) -> Iterator[Fact]:
    """Those that are not as its plan asked for, by `--set`, are marked."""
    planned = planned_settings(state.spec) if state.spec else {}
    for name, value in settings_of(state).items():
        differs = name in planned and not is_same(planned[name], value)
        yield Fact(name, (f"{value} (the plan: {planned[name]})" if differs else value,), "warning" if differs else "")


def _file_facts(details: RunDetails) -> Iterator[Fact]:
    for name, size in details.files:
        yield Fact(size_words(size), (name,))
    if details.more_files:
        yield Fact("", (f"and {details.more_files} more",), "dim")


def _moment(unix_seconds: float) -> str:
    try:
        return time.strftime("%Y-%m-%d %H:%M", time.localtime(unix_seconds))
    except (OverflowError, ValueError, OSError):
        return ""
