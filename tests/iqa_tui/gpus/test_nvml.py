"""The real pynvml on a driver that the test makes: what is told, what fails alone, and no driver at all."""

from __future__ import annotations

import getpass
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.nvml import DRIVER_NOT_LOADED, NOT_SUPPORTED, VERSION_MISMATCH, FakeGpus

ASK = """
import json
from dataclasses import asdict
from iqa_tui.gpus.nvml import Nvml, NvmlUnavailable
try:
    print(json.dumps([asdict(sample) for sample in Nvml().samples()]))
except NvmlUnavailable as unavailable:
    print(json.dumps({"words": str(unavailable), "is_normal": unavailable.is_normal}))
"""
MIB = 1 << 20


@pytest.fixture
def gpus(tmp_path: Path) -> FakeGpus:
    return FakeGpus(tmp_path / "driver", count=2)


def ask(gpus: FakeGpus | None) -> Any:
    env = {**os.environ, **(gpus.env if gpus else {})}
    done = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, env=env, check=True)
    return json.loads(done.stdout)


def test_every_field_is_told(gpus: FakeGpus) -> None:
    gpus.processes = [(1, os.getpid(), 512)]
    gpus.percent = {1: 97}
    gpus.write()
    first, second = ask(gpus)
    assert first == {
        "index": 0,
        "uuid": gpus.uuid(0),
        "name": "H100",
        "memory_used_bytes": 4 * MIB,
        "memory_total_bytes": 81_920 * MIB,
        "utilisation_percent": 0,
        "temperature_celsius": 41,
        "power_watts": 61.5,
        "processes": [],
        "memory_counts_reserve": False,
        "instance": None,
        "by_uuid": False,
        "problem": "",
    }
    (process,) = second["processes"]
    assert (process["pid"], process["user"], process["memory_used_bytes"]) == (
        os.getpid(),
        getpass.getuser(),
        512 * MIB,
    )
    assert second["utilisation_percent"] == 97


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("utilisation", "utilisation_percent"),
        ("temperature", "temperature_celsius"),
        ("power", "power_watts"),
        ("processes", "processes"),
    ],
)
def test_a_field_that_fails_is_none_and_the_rest_stands(gpus: FakeGpus, name: str, field: str) -> None:
    gpus.failures = [(0, name, NOT_SUPPORTED)]
    gpus.write()
    first, second = ask(gpus)
    assert first[field] is None
    assert first | {field: second[field], "index": 1, "uuid": second["uuid"]} == second


def test_memory_falls_back_to_the_old_question_and_says_so(gpus: FakeGpus) -> None:
    gpus.failures = [(0, "memory_v2", NOT_SUPPORTED), (1, "memory_v2", NOT_SUPPORTED), (1, "memory", NOT_SUPPORTED)]
    gpus.write()
    first, second = ask(gpus)
    assert (first["memory_used_bytes"], first["memory_counts_reserve"]) == (916 * MIB, True)
    assert (second["memory_used_bytes"], second["memory_total_bytes"]) == (None, None)


def test_a_process_that_cannot_be_seen_is_a_bare_number(gpus: FakeGpus) -> None:
    gpus.processes = [(0, 4_000_000, 10)]
    gpus.write()
    (process,) = ask(gpus)[0]["processes"]
    assert (process["user"], process["name"], process["started"]) == (None, None, None)


def test_gpus_are_counted_in_pci_order(gpus: FakeGpus) -> None:
    gpus.bus_ids = ["00000000:C1:00.0", "00000000:01:00.0"]
    gpus.write()
    assert [(sample["index"], sample["uuid"]) for sample in ask(gpus)] == [(0, gpus.uuid(1)), (1, gpus.uuid(0))]


def test_no_driver_is_a_normal_machine() -> None:
    assert ask(None) == {"words": "No NVIDIA driver found", "is_normal": True}


def test_a_library_without_a_driver_is_a_normal_machine(gpus: FakeGpus) -> None:
    gpus.init = DRIVER_NOT_LOADED
    gpus.write()
    assert ask(gpus)["is_normal"]


def test_a_driver_without_gpus_is_a_normal_machine(gpus: FakeGpus) -> None:
    gpus.count = 0
    gpus.write()
    assert ask(gpus) == {"words": "The NVIDIA driver sees no GPU", "is_normal": True}


def test_a_driver_that_does_not_answer_is_not_normal(gpus: FakeGpus) -> None:
    gpus.init = VERSION_MISMATCH
    gpus.write()
    answer = ask(gpus)
    assert not answer["is_normal"]
    assert "mismatch" in answer["words"]
