"""Can the trainer's libraries be imported, and do they fit the driver?"""

from __future__ import annotations

import json
import subprocess
from typing import Any

from iqa_tui.devices.gpus.driver import Reading
from iqa_tui.doctor.ask_python import ask_python, last_line
from iqa_tui.doctor.finding import Finding, blocked, doubtful

TORCH_SECONDS = 120
TORCH_REMEDY = "Update the driver, or install a torch that it can run: https://pytorch.org/get-started/locally/"
ASK_TORCH = """
import json, sys, torch, torchvision, timm
cuda = sys.argv[1] == "ask" and torch.cuda.is_available()
print(json.dumps({"torch": torch.__version__, "timm": timm.__version__, "built_for": torch.version.cuda,
                  "cuda": cuda, "gpus": torch.cuda.device_count() if cuda else 0}))
"""


def check_torch(reading: Reading) -> Finding:
    """Import torch, torchvision and timm in a process of their own."""
    driver = "ask" if reading.is_fresh or reading.is_normal else "leave"  # a hung driver would block torch too
    try:
        answer = ask_python(ASK_TORCH, driver, timeout_seconds=TORCH_SECONDS)
    except subprocess.TimeoutExpired:
        words = f"torch cannot be imported within {TORCH_SECONDS} s"
        return blocked("torch", words, "Is its folder on a slow network disk? Does nvidia-smi answer?")
    if answer.returncode != 0:
        words = last_line(answer.stderr, "importing torch failed without a message")
        return blocked("torch", words, "pip install torch torchvision timm")
    facts: dict[str, Any] = json.loads(answer.stdout)
    return judge_torch(facts, reading)


def judge_torch(facts: dict[str, Any], reading: Reading) -> Finding:
    """Compare torch with the driver.

    Args:
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
    """Why torch can use no GPU, in words; empty if it can. CUDA runs on a driver of its major version or newer."""
    if not facts["built_for"]:
        return "it is built for the CPU alone and sees no GPU"
    if reading.cuda_version is not None and int(facts["built_for"].partition(".")[0]) > reading.cuda_version[0]:
        newest = f"{reading.cuda_version[0]}.{reading.cuda_version[1]}"
        driver = f"driver {reading.driver_version} runs" if reading.driver_version else "this driver runs"
        return f"it is built for CUDA {facts['built_for']}, and {driver} up to {newest}"
    return "" if facts["cuda"] else f"it is built for CUDA {facts['built_for']} and sees no GPU"
