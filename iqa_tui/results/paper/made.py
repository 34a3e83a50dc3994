"""How the numbers were made, in facts that the README and the report share."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata

from iqa_tui.results.findings.wording import listed
from iqa_tui.results.paper.content import Content, PaperRun
from iqa_tui.results.tuning import table_sentences


@dataclass(frozen=True, slots=True)
class RunLine:
    """One run, for a table of runs."""

    name: str
    run_id: str
    finished: str
    """`2026-11-23 17:05`, in UTC."""
    result_sha256: str
    scores_sha256: str


def run_lines(content: Content) -> list[RunLine]:
    """In the table's order."""
    return [
        RunLine(run.name, run.run_id, _moment(run.result.finished), run.result_sha256, run.scores_sha256)
        for run in content.runs
    ]


def _moment(seconds: float) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M")
    except (OverflowError, OSError, ValueError):
        return "unknown"


def written_by(packages: Sequence[str]) -> str:
    """`iqa-tui 0.1.0, numpy 2.4.6`: the same versions write the same bytes. One that is not installed is left out."""
    words = []
    for package in packages:
        with contextlib.suppress(metadata.PackageNotFoundError):
            words.append(f"{package} {metadata.version(package)}")
    return ", ".join(words)


def facts(content: Content) -> list[str]:
    """Versions, digests, devices, tuning: one line each; if the runs differ, each value names its runs."""
    asked: dict[str, Callable[[PaperRun], str]] = {
        "versions": lambda run: ", ".join(f"{name} {value}" for name, value in sorted(run.result.versions.items())),
        "digest of the trainer's source": lambda run: run.result.source_digest or run.spec.source_digest,
        "git commit": lambda run: run.spec.git_commit or "",
        "network": lambda run: run.result.backbone or run.result.network,
        "parameters": lambda run: f"{run.result.parameters:,}" if run.result.parameters else "",
        "images": lambda run: ", ".join(f"{count:,} {split}" for split, count in run.result.images.items()),
        "protocol": lambda run: run.result.protocol,
        "device": lambda run: run.result.device,
        "precision": lambda run: run.result.precision,
    }
    found = [f"{what}: {words}" for what, ask in asked.items() if (words := _together(content, ask))]
    found += [words.rstrip(".") for words in table_sentences([row.row for row in content.rows])]
    elsewhere = [row for row in content.rows if row.row.recorded]
    found += [f"{row.name} was measured elsewhere{f' ({row.row.notes})' if row.row.notes else ''}" for row in elsewhere]
    return found


def _together(content: Content, ask: Callable[[PaperRun], str]) -> str:
    """One value for all runs, or each with the runs that have it."""
    found: dict[str, list[str]] = {}
    for run in content.runs:
        if told := ask(run):
            found.setdefault(told, []).append(run.name)
    if len(found) == 1:
        return next(iter(found))
    return "; ".join(f"{value} ({listed(runs)})" for value, runs in found.items())
