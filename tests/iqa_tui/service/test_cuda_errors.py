"""Whose fault an error of CUDA is, for every text that its runtime has."""

from __future__ import annotations

from pathlib import Path

import pytest

from iqa_tui.service.causes import Ending, explain
from iqa_tui.service.cuda_errors import fault_words, is_of_the_driver
from training.runfolder.exits import ExitKind

TEXTS = dict(
    line.split(" ", 1)
    for line in (Path(__file__).parents[2] / "fakes" / "cuda_error_texts.txt").read_text().splitlines()
)
"""Number to text, as cudaGetErrorString of CUDA 12.9 gives them."""
OF_THE_DRIVER = {
    "214": "uncorrectable ECC error encountered",
    "220": "uncorrectable NVLink error detected during the execution",
    "226": "Invalid access of peer GPU memory over nvlink or a hardware error",
    "802": "system not yet initialized",
}
OWN_KERNEL = ("53", "66", "69", "700", "701", "702", "710", "714", "715", "716", "717", "718", "719", "720")
SET_UP = ("3", "35", "46", "100", "209", "216", "803", "804", "805", "807", "999")


def kind_of(text: str, before: str = "RuntimeError: CUDA error: ", returncode: int = 1) -> ExitKind:
    return explain(Ending(returncode, f"{before}{text}\nCompile with TORCH_USE_CUDA_DSA\n".encode()))[0]


def test_of_all_texts_of_the_runtime_only_those_of_driver_and_hardware_speak_against_the_gpu() -> None:
    assert len(TEXTS) == 132
    traceback = "Traceback (most recent call last):\n  File x\nRuntimeError: CUDA error: "
    of_the_driver = {number: text for number, text in TEXTS.items() if kind_of(text, traceback) is ExitKind.DRIVER}
    assert of_the_driver == OF_THE_DRIVER
    aborted = "terminate called after throwing an instance of 'c10::Error'\n  what():  CUDA error: "
    assert {number for number, text in TEXTS.items() if kind_of(text, aborted, -6) is ExitKind.DRIVER} == {
        *OF_THE_DRIVER,
    }


@pytest.mark.parametrize(
    "words",
    [
        "CUDA error: GPU is lost",
        "Unable to determine the device handle for GPU0000:3B:00.0: Unknown Error",
        "NVRM: GPU at PCI:0000:3b:00: GPU has fallen off the bus.",
        "XlaRuntimeError: INTERNAL: CUDA_ERROR_ECC_UNCORRECTABLE: uncorrectable ECC error encountered",
    ],
)
def test_what_other_programs_say_of_a_lost_gpu_speaks_against_it(words: str) -> None:
    assert is_of_the_driver(words)
    assert fault_words(words) == ""


@pytest.mark.parametrize("number", OWN_KERNEL)
def test_a_kernel_bug_is_said_to_be_the_runs_own(number: str) -> None:
    kind, cause = explain(Ending(1, f"RuntimeError: CUDA error: {TEXTS[number]}\n".encode()))
    assert kind is ExitKind.FAILED
    assert cause == (
        f"exit 1: RuntimeError: CUDA error: {TEXTS[number]} (a fault of the run's own kernel, not of the GPU)"
    )


@pytest.mark.parametrize("number", SET_UP)
def test_what_every_gpu_of_the_machine_would_answer_is_its_set_up(number: str) -> None:
    kind, cause = explain(Ending(1, f"RuntimeError: CUDA error: {TEXTS[number]}\n".encode()))
    assert kind is ExitKind.FAILED
    assert f"{TEXTS[number]} (the machine's set-up, not this GPU: " in cause


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (
            "RuntimeError: CUDA unknown error - this may be due to an incorrectly set up environment, e.g. changing …",
            (
                "the machine's set-up, not this GPU: mostly after suspend or an update: `sudo modprobe -r nvidia_uvm && "
                "sudo modprobe nvidia_uvm`, or reboot"
            ),
        ),
        (
            "RuntimeError: No CUDA GPUs are available",
            "the machine's set-up, not this GPU: CUDA was shown no GPU: `iqa-tui doctor` says which are forbidden",
        ),
        ("CUDA error: all CUDA-capable devices are busy or unavailable", "the machine's set-up, not this GPU: its "),
        ("RuntimeError: CUDA error: invalid device ordinal", "a fault of the run's own code, not of the GPU"),
        ("RuntimeError: CUDA error: driver shutting down", ""),
        ("ValueError: invalid argument", ""),
        ("KeyError: 'hardware'", ""),
    ],
)
def test_a_fault_is_named_if_it_can_be_told(words: str, fault: str) -> None:
    assert not is_of_the_driver(words)
    assert fault_words(words).startswith(fault)
    assert bool(fault_words(words)) is bool(fault)
