"""What must never happen on two hosts, counted from what the trainers told the witness."""

from __future__ import annotations

from typing import Any

from tests.trust.two_hosts_ground import Ground
from training.runfolder.layout import RunFolder
from training.runfolder.read import read_record
from training.runfolder.schema import Result

SAME_SECONDS = 0.5
"""A trainer that wrote so long after a look was alive at that look, whatever the scheduler did in between."""


def two_writers(ground: Ground) -> list[str]:
    """Trainers that wrote in a run after another trainer had begun to write there."""
    found: dict[tuple[str, str], str] = {}
    newest: dict[str, list[str]] = {}
    for line in ground.told():
        if line["what"] not in ("write", "result"):
            continue
        writers = newest.setdefault(line["run"], [])
        if line["by_file"] in writers[:-1]:
            found[line["run"], line["by_file"]] = f"{line['run']}: {line['by_file']} beside {writers[-1]}"
        elif not writers or writers[-1] != line["by_file"]:
            writers.append(line["by_file"])
    return list(found.values())


def false_losses(ground: Ground) -> list[str]:
    """Looks that called a run lost while the trainer of that attempt lived: it wrote before and after."""
    lives: dict[tuple[str, int], list[float]] = {}
    for line in ground.told():
        if line["what"] != "fenced":
            lives.setdefault((line["run"], line["attempt"]), []).append(line["t"])
    found = {}
    for look in ground.told("look"):
        times = lives.get((look["run"], look["attempt"]), [])
        if times and times[0] < look["t"] < times[-1] - SAME_SECONDS:
            words = f"{look['run']} attempt {look['attempt']}: {look['by']} on {look['host']}: {look['cause']}"
            found[look["run"], look["attempt"], look["host"], look["by"]] = words
    return list(found.values())


def fenced(ground: Ground) -> list[str]:
    """Trainers that had to give way to another attempt."""
    return [f"{line['run']} attempt {line['attempt']} on {line['host']}" for line in told_of(ground, "fenced")]


def told_of(ground: Ground, what: str) -> list[dict[str, Any]]:
    return [line for line in ground.told() if line["what"] == what]


def results_lost(ground: Ground) -> list[str]:
    lost = set()
    for line in told_of(ground, "result"):
        result = read_record(RunFolder(ground.store / line["run"]).result, Result)
        if result is None or result.metrics["test"]["srcc"] != line["srcc"]:
            lost.add(line["run"])
    return sorted(lost)
