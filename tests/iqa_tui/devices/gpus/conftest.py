from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from iqa_tui.devices.gpus.driver import Driver
from iqa_tui.processes.start import child_environment, program
from tests.fakes.lab import lab
from tests.fakes.nvml import FakeGpus

__all__ = ["lab"]


@pytest.fixture
def gpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeGpus:
    made = FakeGpus(tmp_path / "driver", count=2)
    for name, value in made.env.items():
        monkeypatch.setenv(name, value)
    return made


@pytest.fixture
def open_driver(gpus: FakeGpus) -> Iterator[Callable[..., Driver]]:
    """Makes drivers that are as patient as a busy machine needs, and ends them."""
    made: list[Driver] = []

    def make(*arguments: str) -> Driver:
        command = program("iqa_tui.devices.gpus.sampler", *arguments)
        made.append(Driver(command, child_environment(), start_seconds=60.0, answer_seconds=60.0))
        return made[-1]

    yield make
    for driver in made:
        driver.close()
