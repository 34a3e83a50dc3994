"""The runs of a folder for a screen: what is read when, and what shows how soon."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest

from iqa_tui.monitor import followed, gradual, history
from iqa_tui.monitor.catalog import Catalog
from iqa_tui.monitor.gradual import LOOKS_A_ROUND, GradualCatalog
from tests.fakes.clock import FakeClock
from tests.fakes.run_folders import FakeRun
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase


def finished(runs_dir: Path, count: int, steps: int = 30) -> list[str]:
    """Ids of finished runs, the oldest first."""
    fakes = [FakeRun.queue(runs_dir, "F2", seed=seed).start().train(steps).finish() for seed in range(count)]
    return sorted(fake.run.run_id for fake in fakes)


class HurriedClock(FakeClock):
    """Whatever is done between two looks at it takes as long as a look may."""

    def __call__(self) -> float:
        self.now += gradual.LOOK_SECONDS
        return self.now


def settle(path: Path) -> None:
    """Give every directory a time stamp that is old enough to be trusted."""
    for folder in [path, *(entry for entry in path.rglob("*") if entry.is_dir())]:
        os.utime(folder, (time.time() - 60,) * 2)


def read_up(catalog: GradualCatalog) -> None:
    while catalog.is_behind:
        catalog.refresh()


def test_when_all_is_read_the_runs_are_those_of_a_whole_reading(tmp_path: Path) -> None:
    ids = finished(tmp_path, 3)
    FakeRun.queue(tmp_path, "F3")
    catalog = GradualCatalog(tmp_path)
    catalog.look_at(ids)
    read_up(catalog)
    assert list(catalog.refresh()) == Catalog(tmp_path).refresh()


def test_rows_come_a_few_at_a_look_the_newest_first_and_how_far_it_is_is_told(tmp_path: Path) -> None:
    ids = finished(tmp_path, 3)
    catalog = GradualCatalog(tmp_path, HurriedClock())
    assert [state.run_id for state in catalog.refresh()] == ids[2:]
    assert catalog.progress == "reading runs 1 of 3"
    assert [state.run_id for state in catalog.refresh()] == ids[1:]
    assert [state.run_id for state in catalog.refresh()] == ids
    assert catalog.is_behind


def test_a_run_that_is_not_looked_at_has_its_last_values_and_no_curve_of_steps(tmp_path: Path) -> None:
    finished(tmp_path, 1, steps=450)
    catalog = GradualCatalog(tmp_path)
    read_up(catalog)
    (state,) = catalog.refresh()
    (whole,) = Catalog(tmp_path).refresh()
    assert (state.step, state.epoch, state.epochs, state.loss) == (whole.step, whole.epoch, whole.epochs, whole.loss)
    assert state.evaluations == whole.evaluations
    assert state.metrics["val/srcc"] == whole.metrics["val/srcc"]
    assert "loss" not in state.metrics
    assert not state.is_whole
    catalog.look_at([state.run_id])
    catalog.refresh()
    read_up(catalog)
    assert list(catalog.refresh()) == [whole]


def test_a_long_history_is_read_in_slices_and_shows_its_last_values_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (run_id,) = finished(tmp_path, 1, steps=450)
    monkeypatch.setattr(history.History.read_on, "__defaults__", (4096,))
    catalog = GradualCatalog(tmp_path, HurriedClock())
    read_up(catalog)
    catalog.look_at([run_id])
    lengths = []
    while not lengths or catalog.is_behind:
        (state,) = catalog.refresh()
        assert (state.step, state.is_whole) == (450, not catalog.is_behind)
        assert catalog.progress == ("reading curves 0 of 1" if catalog.is_behind else "")
        lengths.append(len(state.curve))
    assert len(lengths) > 5
    assert lengths == sorted(lengths)
    assert lengths[-1] == 450


def test_of_an_endless_history_beginning_and_end_are_skimmed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    finished(tmp_path, 1, steps=450)
    monkeypatch.setattr(followed.FollowedRun.skim, "__defaults__", (5000,))
    monkeypatch.setattr(history, "BEGINNING_BYTES", 2000)
    monkeypatch.setattr(history, "END_BYTES", 2000)
    catalog = GradualCatalog(tmp_path)
    read_up(catalog)
    (state,) = catalog.refresh()
    assert (state.step, state.epochs, state.metrics) == (450, 5, {})


def test_a_living_run_is_read_whole_unasked(tmp_path: Path) -> None:
    fake = FakeRun.queue(tmp_path, "F2").start().train(30)
    held = fake.hold()
    catalog = GradualCatalog(tmp_path)
    read_up(catalog)
    (state,) = catalog.refresh()
    assert (state.phase, len(state.curve), state.is_whole) == (Phase.RUNNING, 30, True)
    for descriptor in held:
        os.close(descriptor)


def test_curves_of_runs_that_are_looked_at_no_more_are_forgotten_when_they_are_too_much(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = finished(tmp_path, 2)
    catalog = GradualCatalog(tmp_path)
    read_up(catalog)
    for keeps in (True, False):
        if not keeps:
            monkeypatch.setattr(gradual, "KEPT_BYTES", 0)
        for run_id in (first, second):
            catalog.look_at([run_id])
            catalog.refresh()
            read_up(catalog)
        shown = catalog.refresh()
        assert [len(state.curve) for state in shown] == [30 if keeps else 0, 30]
        assert [state.step for state in shown] == [30, 30]


def looks_until(catalog: GradualCatalog, run: RunFolder, phase: Phase) -> int:
    for look in range(1, 3 * LOOKS_A_ROUND):
        if any(state.run_id == run.run_id and state.phase is phase for state in catalog.refresh()):
            return look
    pytest.fail(f"{phase} never shows")


def test_a_settled_run_is_looked_at_once_a_round_and_at_once_when_everything_is(tmp_path: Path) -> None:
    fake = FakeRun.queue(tmp_path, "F2").start().end()
    finished(tmp_path, 25)
    settle(tmp_path)
    catalog = GradualCatalog(tmp_path)
    read_up(catalog)
    for _ in range(2 * LOOKS_A_ROUND):
        catalog.refresh()
    fake.run.attempt(2).path.mkdir()  # as a retry from the shell does
    settle(tmp_path)
    assert looks_until(catalog, fake.run, Phase.QUEUED) <= LOOKS_A_ROUND
    for _ in range(2 * LOOKS_A_ROUND):
        catalog.refresh()
    fake.run.attempt(3).path.mkdir()
    fake.start(attempt=3)
    held = fake.hold()
    assert fake.run.run_id in {
        state.run_id for state in catalog.refresh(everything=True) if state.phase is Phase.STARTING
    }
    for descriptor in held:
        os.close(descriptor)


def test_a_run_that_appears_or_goes_shows_within_a_round(tmp_path: Path) -> None:
    finished(tmp_path, 2)
    settle(tmp_path)
    catalog = GradualCatalog(tmp_path)
    read_up(catalog)
    new = FakeRun.queue(tmp_path, "F3")
    assert looks_until(catalog, new.run, Phase.QUEUED) == 1
    settle(tmp_path)
    catalog.refresh()
    new.run.spec.unlink()  # which moves no time stamp of the folder of runs
    settle(tmp_path)
    looks = next(look for look in range(LOOKS_A_ROUND + 1) if len(catalog.refresh()) == 2)
    assert looks <= LOOKS_A_ROUND
    shutil.rmtree(tmp_path)
    assert catalog.refresh() == ()


def test_a_look_at_settled_runs_reads_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    finished(tmp_path, 12)
    settle(tmp_path)
    catalog = GradualCatalog(tmp_path)
    read_up(catalog)
    for _ in range(2 * LOOKS_A_ROUND):
        before = catalog.refresh()
    stamps = []
    real = followed.change_stamp
    monkeypatch.setattr(followed, "change_stamp", lambda *run: stamps.append(run) or real(*run))
    monkeypatch.setattr(followed, "run_status", lambda *_, **__: pytest.fail("read again"))
    for _ in range(LOOKS_A_ROUND):
        assert all(a is b for a, b in zip(catalog.refresh(), before, strict=True))
    assert len(stamps) == 12
