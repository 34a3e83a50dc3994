"""Torch and timm are asked in a process of their own, and held against the driver."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from iqa_tui.devices.gpus.driver import Reading
from iqa_tui.devices.gpus.sample import GpuSample
from iqa_tui.doctor.ask_python import ask
from iqa_tui.doctor.finding import Finding
from iqa_tui.doctor.torch import check_torch, judge_torch
from tests.fakes.doctor import sign

H100 = GpuSample(0, "GPU-0", "H100")


@pytest.mark.parametrize(
    ("facts", "found", "words"),
    [
        ({"built_for": "12.4", "cuda": True, "gpus": 1}, "ok", "torch 2.6, timm 1.0, 1 GPUs by CUDA 12.4"),
        ({"built_for": None, "cuda": False, "gpus": 0}, "blocked", "it is built for the CPU alone and sees no GPU"),
        ({"built_for": "13.0"}, "blocked", "it is built for CUDA 13.0, and driver 535.1 runs up to 12.2"),
        ({"built_for": "12.1", "cuda": False, "gpus": 0}, "blocked", "is built for CUDA 12.1 and sees no GPU"),
        ({"built_for": "12.1", "cuda": True, "gpus": 0}, "warning", "0 GPUs by CUDA 12.1; the driver has 1"),
    ],
)
def test_torch_is_held_against_the_driver(facts: dict[str, Any], found: str, words: str) -> None:
    reading = Reading((H100,), 1.0, driver_version="535.1", cuda_version=(12, 2))
    finding = judge_torch({"torch": "2.6", "timm": "1.0", "cuda": True, "gpus": 1, **facts}, reading)
    assert sign(finding) == found
    assert finding.words.endswith(words)
    if found == "blocked":
        assert "pytorch.org/get-started" in finding.remedy


def test_without_gpus_any_torch_will_do() -> None:
    facts = {"torch": "2.6", "timm": "1.0", "built_for": None, "cuda": False, "gpus": 0}
    assert judge_torch(facts, Reading()) == Finding("torch", "torch 2.6, timm 1.0")


FAKE_TORCH = """
import contextlib, types
__version__ = "2.6"
version = types.SimpleNamespace(cuda="12.4")
cuda = types.SimpleNamespace(is_available=lambda: False)
"""
FAKE_TIMM = """
__version__ = "1.0"
"""


def test_torch_is_asked_in_a_process_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("iqa_tui.doctor.torch.ask_python", in_folder(tmp_path))
    for name, text in (("torch", FAKE_TORCH), ("torchvision", ""), ("timm", FAKE_TIMM)):
        (tmp_path / f"{name}.py").write_text(text)
    assert check_torch(Reading()) == Finding("torch", "torch 2.6, timm 1.0")
    (tmp_path / "torchvision.py").write_text("raise ImportError('libcudart.so.12: cannot open shared object file')")
    finding = check_torch(Reading())
    assert sign(finding) == "blocked"
    assert finding.words == "ImportError: libcudart.so.12: cannot open shared object file"
    monkeypatch.setattr("iqa_tui.doctor.torch.TORCH_SECONDS", 0.2)
    (tmp_path / "torch.py").write_text("import time; time.sleep(30)")
    finding = check_torch(Reading())
    assert (sign(finding), finding.words) == ("blocked", "torch cannot be imported within 0.2 s")


def test_torch_is_not_asked_for_gpus_of_a_driver_that_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("iqa_tui.doctor.torch.ask_python", in_folder(tmp_path))
    torch = FAKE_TORCH.replace("lambda: False", "lambda: 1 / 0")
    for name, text in (("torch", torch), ("torchvision", ""), ("timm", FAKE_TIMM)):
        (tmp_path / f"{name}.py").write_text(text)
    hung = Reading(trouble="The NVIDIA driver has not answered for 10 s", is_normal=False)
    assert check_torch(hung) == Finding("torch", "torch 2.6, timm 1.0")
    assert sign(check_torch(Reading())) == "blocked"


def in_folder(folder: Path) -> Any:
    """`ask_python` with modules of this folder before all others."""

    def asked(code: str, *arguments: str, timeout_seconds: float) -> Any:
        code = f"import sys; sys.path.insert(0, {str(folder)!r})\n{code}"
        return ask([sys.executable, "-c", code, *arguments], timeout_seconds=timeout_seconds)

    return asked
