"""Are the plan's data sets complete and readable?"""

from __future__ import annotations

import importlib.util
import json
import subprocess
from typing import Any

from iqa_tui.doctor.ask_python import ask, last_line
from iqa_tui.doctor.finding import Finding, blocked
from iqa_tui.doctor.plan_needs import DatasetNeed
from iqa_tui.processes.start import program

DATASET_SECONDS = 600
PLACE = "--set data_path=FOLDER, or IQA_TUI_DATA for the folder of all data sets"
CHECK_DATASET = program("training.dataset_check")


def check_dataset(need: DatasetNeed) -> tuple[Finding, dict[str, int]]:
    """Let the trainer itself look at a data set.

    Returns:
        The line, and how many images each data set has.
    """
    try:
        return look_at_dataset(need, DATASET_SECONDS)
    except subprocess.TimeoutExpired:
        words = f"{need.name}: {need.folder} cannot be read within {DATASET_SECONDS} s"
        return blocked("data", words, "Is it on a slow network disk? Copy it to a local one"), {}


def look_at_dataset(need: DatasetNeed, patience_seconds: float) -> tuple[Finding, dict[str, int]]:
    """As `check_dataset`.

    Raises:
        subprocess.TimeoutExpired: the trainer was not done in time.
    """
    dataset, path = need.name, need.folder
    if dataset == "demo" and importlib.util.find_spec("skimage") is None:
        return blocked("data", "demo: scikit-image is not installed", "pip install 'iqa-tui[demo]'"), {}
    if dataset != "demo" and not path.exists():
        return blocked("data", f"{dataset}: there is no {path}", f"Name its folder: {PLACE}"), {}
    answer = ask([*CHECK_DATASET, *need.flags], timeout_seconds=patience_seconds)
    if answer.returncode != 0:
        words = last_line(answer.stderr, "the trainer cannot read it")
        return blocked("data", f"{dataset}: {words}", f"Mend that, or name another place: {PLACE}"), {}
    facts: dict[str, Any] = json.loads(answer.stdout)
    source = _source(dataset, facts.get("sets", [])) or str(path)
    return Finding("data", f"{dataset}: {source}, complete: {_images_words(facts)}"), {
        each["name"]: sum(each["images"].values()) for each in [facts, *facts["tested_on"]]
    }


def _source(dataset: str, sets: list[dict[str, Any]]) -> str:
    """Where the images come from; of several data sets each by itself. Empty: the folder says it."""
    if dataset == "demo":
        return "made from scikit-image's photographs"
    return ", ".join(
        f"{each['name']} ({_source(each['name'], []) or each['folder']}, {sum(each['images'].values()):,} images)"
        for each in sets
    )


def _images_words(facts: dict[str, Any]) -> str:
    """`7,058 train, 2,015 test images, some of them decoded; also tested on spaq (11,125)`."""
    counts = ", ".join(f"{count:,} {split}" for split, count in facts["images"].items())
    others = (f"; also tested on {each['name']} ({sum(each['images'].values()):,})" for each in facts["tested_on"])
    return f"{counts} images, some of them decoded{''.join(others)}"
