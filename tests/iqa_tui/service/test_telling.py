"""The dispatcher has ends told that no supervisor told: of runs that it saw alive, once, and of no others."""

from __future__ import annotations

from pathlib import Path

import pytest

from iqa_tui.queue.queued_run import QueuedRun, Waiting
from iqa_tui.service import telling
from iqa_tui.service.telling import UntoldEnds, tell_end
from tests.fakes.clock import FakeClock
from tests.fakes.runs import fail_run, queue_experiment
from training.runfolder.layout import RunFolder
from training.runfolder.read import read_spec


class Watched:
    """Its looks, and what it had told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ends, self.clock = UntoldEnds(), FakeClock()
        self.told: list[tuple[str, int]] = []
        monkeypatch.setattr(telling, "is_wanted", lambda: True)
        monkeypatch.setattr(telling.time, "monotonic", self.clock)
        monkeypatch.setattr(telling, "tell_end", lambda run, attempt, _cause: self.told.append((run.run_id, attempt)))

    def look(self, *, alive: tuple[RunFolder, ...] = (), resumable: tuple[RunFolder, ...] = ()) -> None:
        def entries(runs: tuple[RunFolder, ...]) -> tuple[QueuedRun, ...]:
            return tuple(QueuedRun(run, read_spec(run)) for run in runs)

        self.ends.look(Waiting((), entries(alive), resumable=entries(resumable)))


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Watched:
    return Watched(monkeypatch)


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    run = queue_experiment(tmp_path, "F2")
    fail_run(run, "exit 3")
    return run


def test_an_end_that_its_supervisor_did_not_tell_is_told_once(watched: Watched, run: RunFolder) -> None:
    watched.look(alive=(run,))
    watched.look()
    assert (watched.told, watched.ends.is_needed) == ([], True)
    watched.clock.now += telling.GRACE_SECONDS
    watched.look()
    watched.clock.now += 60
    watched.look()
    assert (watched.told, watched.ends.is_needed) == ([(run.run_id, 1)], False)


def test_an_end_that_was_told_is_not_told_again(watched: Watched, run: RunFolder) -> None:
    watched.look(alive=(run,))
    watched.look()
    run.attempt(1).told.touch()
    watched.clock.now += telling.GRACE_SECONDS
    watched.look()
    assert watched.told == []


def test_what_ended_before_the_dispatcher_came_is_told_only_if_it_resumes_it(watched: Watched, run: RunFolder) -> None:
    watched.look()
    watched.clock.now += 60
    watched.look()
    assert watched.told == []
    watched.look(resumable=(run,))
    watched.clock.now += telling.GRACE_SECONDS
    watched.look()
    assert watched.told == [(run.run_id, 1)]


def test_a_deleted_run_is_not_told(watched: Watched, run: RunFolder) -> None:
    watched.look(alive=(run,))
    run.path.rename(run.path.with_name("elsewhere"))
    watched.look()
    watched.clock.now += telling.GRACE_SECONDS
    watched.look()
    assert watched.told == []


def test_nothing_is_looked_at_if_no_command_is_set(
    watched: Watched, run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telling, "is_wanted", lambda: False)
    watched.look(alive=(run,))
    watched.look()
    assert not watched.ends.is_needed


def test_whatever_fails_a_supervisor_goes_on(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails() -> bool:
        raise RuntimeError("a bug")

    monkeypatch.setattr(telling, "is_wanted", fails)
    tell_end(run, 1)
    assert f"{run.run_id}: how it ended is not told: a bug" in capsys.readouterr().err
