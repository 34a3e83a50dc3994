"""A driver that hangs, crashes or goes away in the middle: the asker goes on, with the last good samples and their age."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from iqa_tui.devices.gpus import driver as driver_module
from iqa_tui.devices.gpus.driver import Driver
from iqa_tui.processes.start import child_environment, program
from tests.fakes.lab import is_alive, wait_until
from tests.fakes.nvml import GPU_IS_LOST, FakeGpus

MISMATCH = "The NVIDIA driver does not answer (its library and its kernel module are of different versions: reboot)"


def open_driver(answer_seconds: float = 60.0, give_up_seconds: float = 60.0) -> Driver:
    """As patient as a busy machine needs, where waiting is not the point."""
    return Driver(
        program("iqa_tui.devices.gpus.sampler"),
        child_environment(),
        start_seconds=60.0,
        answer_seconds=answer_seconds,
        give_up_seconds=give_up_seconds,
    )


@pytest.fixture
def driver(gpus: FakeGpus) -> Iterator[Driver]:
    made = open_driver()
    yield made
    made.close()


def sampler_of(driver: Driver) -> int:
    assert driver._process is not None
    return driver._process.pid


def test_a_query_that_hangs_is_waited_for_once_given_up_and_asked_again(gpus: FakeGpus) -> None:
    driver = open_driver(answer_seconds=0.2, give_up_seconds=1.0)
    good = driver.look()
    assert good.is_fresh
    first = sampler_of(driver)
    gpus.says = ["hang 0 temperature 30"]
    gpus.write()
    began = time.monotonic()
    reading = driver.look()
    assert reading.samples == good.samples
    assert reading.taken_at == good.taken_at
    assert reading.trouble.startswith("The NVIDIA driver has not answered for ")
    assert not reading.is_normal
    driver._silent_since = time.monotonic() - 900  # other processes have asked before
    assert "has not answered for 15 min" in driver.look().trouble  # and this one is not waited for again
    assert time.monotonic() - began < 25  # not the 30 s that the query takes
    gpus.says = []
    gpus.write()
    fresh = wait_until(lambda: (reading := driver.look()).is_fresh and reading, "a new process to answer")
    assert fresh.taken_at > good.taken_at
    assert sampler_of(driver) != first
    assert not Path(f"/proc/{first}").exists()
    driver.close()


def test_a_driver_that_hangs_from_the_start_is_told_of(gpus: FakeGpus) -> None:
    gpus.says = ["hang -1 init 30"]
    gpus.write()
    driver = Driver(program("iqa_tui.devices.gpus.sampler"), child_environment(), start_seconds=0.5)
    reading = driver.look()
    assert (reading.samples, reading.is_normal) == ((), False)
    assert reading.trouble.startswith("The NVIDIA driver has not answered")
    driver.close()


WAKING = " (it may be waking up; `sudo nvidia-smi -pm 1`, persistence mode, keeps it awake)"


def test_a_driver_that_takes_long_to_wake_up_is_waited_for_and_named_so(gpus: FakeGpus) -> None:
    """Longer than a later answer may take: its process is kept, or the driver would fall asleep again."""
    gpus.says = ["hang -1 init 2"]
    gpus.write()
    driver = Driver(
        program("iqa_tui.devices.gpus.sampler"), child_environment(), start_seconds=0.1, give_up_seconds=0.1
    )
    reading = driver.look()
    assert reading.may_be_waking
    assert re.fullmatch(r"The NVIDIA driver has not answered for <?\d s" + re.escape(WAKING), reading.trouble)
    assert not reading.is_normal
    first = sampler_of(driver)
    awake = wait_until(lambda: (reading := driver.look()).is_fresh and reading, "the driver to wake up")
    assert sampler_of(driver) == first
    assert (len(awake.samples), awake.may_be_waking) == (2, False)
    driver.close()


def test_a_command_waits_for_a_driver_that_takes_twelve_seconds() -> None:
    assert driver_module.START_SECONDS >= 15
    assert driver_module.WAKE_SECONDS > driver_module.START_SECONDS


def test_what_has_been_awake_or_is_kept_awake_is_not_said_to_wake_up(gpus: FakeGpus) -> None:
    driver = open_driver(answer_seconds=0.2)
    assert driver.look().is_fresh
    gpus.says = ["hang 0 temperature 30"]
    gpus.write()
    awake = driver.look()
    assert (awake.may_be_waking, "wak" in awake.trouble) == (False, False)
    gpus.says = ["hang -1 init 30"]
    gpus.write()
    driver.close()
    driver._start_seconds = 0.2
    kept_awake = driver.look()  # another process asks, and persistence mode was on before
    assert (kept_awake.may_be_waking, "wak" in kept_awake.trouble) == (False, False)
    driver.close()


def test_a_driver_that_is_silent_for_longer_than_it_may_sleep_hangs(gpus: FakeGpus) -> None:
    gpus.says = ["hang -1 init 30"]
    gpus.write()
    driver = Driver(program("iqa_tui.devices.gpus.sampler"), child_environment(), start_seconds=0.1, wake_seconds=0.5)
    assert driver.look().may_be_waking
    silent = wait_until(lambda: not (reading := driver.look()).may_be_waking and reading, "it to be given up")
    assert "wak" not in silent.trouble
    driver.close()


def test_a_query_that_not_even_a_kill_ends_is_the_last_one(gpus: FakeGpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver_module, "FIRST_PAUSE_SECONDS", 0.0)
    end_process = driver_module._end_process
    gpus.says = ["hang 0 temperature 600"]
    gpus.write()
    driver = Driver(program("iqa_tui.devices.gpus.sampler"), child_environment(), start_seconds=0.3, wake_seconds=0.3)
    with monkeypatch.context() as kernel:
        kernel.setattr(driver_module, "_end_process", lambda process: None)
        driver.look()
    gpus.says = []
    gpus.write()
    stuck = driver._left_behind
    assert stuck is not None
    assert driver.look().trouble.endswith("only a reboot helps")
    assert driver._process is None
    end_process(stuck)  # it came back after all
    wait_until(lambda: driver.look().is_fresh, "a new process to answer")
    driver.close()


def test_a_query_that_crashes_takes_only_its_process_along(gpus: FakeGpus, driver: Driver) -> None:
    good = driver.look()
    gpus.says = ["crash 1 power"]
    gpus.write()
    reading = driver.look()
    assert reading.samples == good.samples
    assert reading.trouble == "A query of the NVIDIA driver crashed (SIGSEGV)"
    gpus.says = []
    gpus.write()
    assert not driver.look().is_fresh  # at once it is not tried again
    wait_until(lambda: driver.look().is_fresh, "a new process to answer")


def test_an_answer_that_makes_no_sense_is_told_of() -> None:
    driver = Driver(["sh", "-c", "read line; echo nonsense; read line"], child_environment())
    assert driver.look().trouble == "The process that asks the NVIDIA driver gave no sensible answer"
    missing = Driver(["no-such-program"], child_environment())
    assert missing.look().trouble.startswith("The process that asks the NVIDIA driver cannot be started (No such file")


def test_the_pause_before_a_new_try_grows_up_to_a_minute(
    gpus: FakeGpus, driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    gpus.says = ["crash -1 init"]
    gpus.write()
    now = [1000.0]
    monkeypatch.setattr(driver_module.time, "monotonic", lambda: now[0])
    pauses = []
    for _ in range(8):
        assert not driver.look().is_fresh
        pauses.append(driver._next_start - now[0])
        now[0] = driver._next_start
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]


def test_a_gpu_lost_in_the_middle_keeps_its_name_and_its_place(gpus: FakeGpus, driver: Driver) -> None:
    before = driver.look().samples
    gpus.failures = [(0, "*", GPU_IS_LOST), (0, "handle", GPU_IS_LOST)]
    gpus.write()
    lost, other = driver.look().samples
    assert (lost.index, lost.uuid, lost.name) == (0, before[0].uuid, "H100")
    assert lost.problem.startswith("the driver has lost it")
    assert other == before[1]


def test_a_driver_that_goes_away_in_the_middle_keeps_the_last_samples(gpus: FakeGpus, driver: Driver) -> None:
    good = driver.look()
    gpus.says = ["fail -1 count 18"]
    gpus.write()
    reading = driver.look()
    assert (reading.samples, reading.taken_at) == (good.samples, good.taken_at)
    assert reading.trouble == MISMATCH


def test_the_sampler_exits_after_its_asker_was_killed(gpus: FakeGpus) -> None:
    gpus.says = ["hang 0 temperature 30"]
    gpus.write()
    code = "from iqa_tui.devices.survey import Surveyor; Surveyor().survey()"
    asker = subprocess.Popen([sys.executable, "-c", code])
    children = Path(f"/proc/{asker.pid}/task/{asker.pid}/children")
    (sampler,) = wait_until(lambda: children.read_text().split(), "the process that asks")
    wait_until(lambda: b"sampler" in Path(f"/proc/{sampler}/cmdline").read_bytes(), "it to begin")
    time.sleep(0.3)  # into the query
    asker.kill()
    asker.wait()
    wait_until(lambda: not is_alive(int(sampler)), "it to end too")


def test_a_driver_that_is_dropped_leaves_no_process(gpus: FakeGpus) -> None:
    driver = Driver(program("iqa_tui.devices.gpus.sampler"), child_environment())
    driver.look()
    pid = sampler_of(driver)
    os.kill(pid, 0)
    del driver
    wait_until(lambda: not Path(f"/proc/{pid}").exists(), "its process to end")
