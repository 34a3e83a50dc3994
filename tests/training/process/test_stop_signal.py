"""A run is asked to stop by a signal or by a file, and looks seldom."""

import os
import signal

import pytest

from training.errors import TakenOver
from training.process import stop_signal
from training.process.stop_signal import StopSignal
from training.runfolder.fence import set_fence


@pytest.fixture
def should_stop():
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield StopSignal()
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_asks_for_the_stop(should_stop, number):
    assert not should_stop()
    os.kill(os.getpid(), number)
    assert should_stop()


def test_a_second_ctrl_c_ends_the_process_at_once_and_a_second_term_does_not(should_stop):
    os.kill(os.getpid(), signal.SIGTERM)
    os.kill(os.getpid(), signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)


def test_the_file_is_looked_at_twice_a_second(should_stop, tmp_path, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(stop_signal.time, "monotonic", lambda: now[0])
    should_stop.watch(tmp_path / "stop.json")
    assert not should_stop()
    (tmp_path / "stop.json").touch()
    now[0] += 0.4
    assert not should_stop()
    now[0] += 0.2
    assert should_stop()


def test_a_run_that_another_attempt_took_ends_with_the_next_look(should_stop):
    class Taken:
        def check(self, *, fresh: bool = False) -> None:
            raise TakenOver("attempt 2 on nodeb has taken over this run")

    set_fence(Taken())
    try:
        with pytest.raises(TakenOver):
            should_stop()
    finally:
        set_fence(None)
