from collections.abc import Callable, Iterator

import pytest

from iqa_tui.devices.gpus.driver import Driver
from iqa_tui.processes.start import child_environment, program
from tests.fakes.nvml import FakeGpus


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
