"""A lease that loses its name while a run has it is noticed, and taken anew if no other run was faster."""

from __future__ import annotations

import os

import pytest

from iqa_tui.devices import lease_watch
from iqa_tui.devices.lease import Holder, lease_holder, take_lease
from iqa_tui.devices.lease_folder import lease_file, share_file
from iqa_tui.devices.lease_watch import LeaseWatch
from tests.fakes.lab import Lab

ANN = Holder("ann", "a-run", 4711, "F2 L2 (MSE)", "/runs")


@pytest.fixture(autouse=True)
def _at_every_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease_watch, "LEASES_SECONDS", 0.0)


def test_a_lease_that_was_removed_is_taken_anew_with_its_holder(lab: Lab) -> None:
    said: list[str] = []
    lease = take_lease("cpu-0", ANN)
    watch = LeaseWatch([("cpu-0", lease)], said.append)
    assert watch.look() == ""
    lease_file("cpu-0").unlink()
    assert lease_holder("cpu-0") is None
    assert watch.look() == ""
    assert lease_holder("cpu-0") == ANN
    assert said == [f"{lease_file('cpu-0')} was removed while this run had it; it is taken anew"]
    assert os.fstat(lease).st_nlink == 0  # still open: the trainer has it


def test_a_share_that_was_removed_is_taken_anew_with_its_size(lab: Lab) -> None:
    lease = take_lease("a", Holder("ann", "r", reserved_bytes=3), room_bytes=4)
    watch = LeaseWatch([("a", lease)], lambda _: None)
    share_file(lease_file("a"), 0).unlink()
    watch.look()
    assert lease_holder("a") == Holder("ann", "r", reserved_bytes=3)


def test_a_lease_that_another_run_has_by_now_is_told_of_until_it_is_given_back(lab: Lab) -> None:
    said: list[str] = []
    watch = LeaseWatch([("cpu-0", take_lease("cpu-0", ANN))], said.append)
    lease_file("cpu-0").unlink()
    other = take_lease("cpu-0", Holder("bob", "b-run", label="F9"))
    for _ in range(2):
        assert watch.look() == "another run may have its device: the lease of cpu-0 was removed"
    assert [words.partition(":")[0] for words in said] == [
        f"{lease_file('cpu-0')} was removed while this run had it, and F9 of bob has the device now"
    ]
    os.close(other)
    assert watch.look() == ""
    assert lease_holder("cpu-0") == ANN


def test_a_pipe_in_the_place_of_a_lease_is_told_of(lab: Lab) -> None:
    watch = LeaseWatch([("cpu-0", take_lease("cpu-0", ANN))], lambda _: None)
    lease_file("cpu-0").unlink()
    os.mkfifo(lease_file("cpu-0"))
    assert watch.look().startswith("another run may have its device")


def test_a_lease_stays_young_enough_for_who_cleans_the_folder(lab: Lab) -> None:
    watch = LeaseWatch([("cpu-0", take_lease("cpu-0", ANN))], lambda _: None)
    os.utime(lease_file("cpu-0"), (0, 0))
    watch.look()
    assert lease_file("cpu-0").stat().st_mtime > 0
