"""The commands that make the runs and this folder again, without the paths of one machine."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable

from iqa_tui.monitor.tuning import chosen_flags
from iqa_tui.plans.plan import SPLIT_FLAG
from iqa_tui.results.paper.content import Content, PaperRun
from training.runfolder.mixed import joined_places, places

PLACE = "FOLDER"
"""Stands for where a file lies on the reader's machine."""


def again(content: Content) -> list[str]:
    """The launch, what was imported, and the command that wrote this folder."""
    paper = ["iqa-tui", "paper", content.table.group, "--output", "paper"]
    launch = _launch(content)
    imports = [shlex.join(_without_places(run.spec.argv)) for run in content.imported]
    return [*([shlex.join(launch)] if launch else []), *imports, shlex.join(paper)]


def _launch(content: Content) -> list[str]:
    """Empty for runs that were started by hand."""
    if not content.table.plan_name or not content.trained:
        return []
    plan = content.table.plan_name if content.is_preset else f"{PLACE}/{content.table.plan_name}.toml"
    rows = list(dict.fromkeys(run.spec.experiment for run in content.trained if run.spec.experiment))
    seeds = sorted({run.spec.seed for run in content.trained})
    splits = sorted({run.spec.split for run in content.trained if run.spec.split is not None})
    given = ("seed", SPLIT_FLAG)
    overrides = {
        name: value for run in content.trained for name, value in run.spec.overrides.items() if name not in given
    }
    words = ["iqa-tui", "launch", plan, "--only", ",".join(rows), "--seeds", ",".join(map(str, seeds))]
    words += ["--splits", f"{','.join(map(str, splits))}{',' * (len(splits) == 1)}"] if splits else []
    for name, value in sorted(overrides.items()):
        words += ["--set", f"{name}={elsewhere(value)}"]
    return words


def trainer_command(run: PaperRun) -> str:
    """As it was started, with what tuning chose, `python` for the interpreter, and FOLDER for places of one machine."""
    words = [*run.spec.argv, *chosen_flags(run.result.tuned)]
    if words[1:2] == ["-m"]:
        words[0] = "python"
    return shlex.join(_without_places(words))


def _without_places(words: Iterable[str]) -> list[str]:
    return [elsewhere(word.replace("{run_folder}", f"{PLACE}/run")) for word in words]


def elsewhere(text: str) -> str:
    """`FOLDER/koniq-10k` for an absolute path, also behind `--flag=`."""
    flag, sign, value = text.partition("=") if re.match(r"--\w+=", text) else ("", "", text)
    if by_name := places(value):
        return f"{flag}{sign}{joined_places({name: elsewhere(place) for name, place in by_name.items()})}"
    if not value.startswith(("/", "~")):
        return text
    return f"{flag}{sign}{PLACE}/{value.rstrip('/').rpartition('/')[2]}"
