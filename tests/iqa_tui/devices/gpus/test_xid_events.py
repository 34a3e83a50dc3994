"""Errors that the driver reports while it is asked, and drivers that report none."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from iqa_tui.devices.gpus.driver import Driver
from iqa_tui.devices.gpus.sample import XidSeen
from tests.fakes.nvml import GPU_IS_LOST, NO_PERMISSION, NOT_SUPPORTED, UNKNOWN, FakeGpus

Open = Callable[..., Driver]


def report(gpus: FakeGpus, *xids: tuple[int, int]) -> None:
    gpus.xids += xids
    gpus.write()


def test_an_xid_is_told_once_and_no_earlier_one_at_all(gpus: FakeGpus, open_driver: Open) -> None:
    report(gpus, (0, 79))
    driver = open_driver()
    assert driver.look().xids == ()
    report(gpus, (1, 48), (0, 31), (1, 13))
    assert driver.look().xids == (
        XidSeen((gpus.uuid(1),), 48),
        XidSeen((gpus.uuid(0),), 31),
        XidSeen((gpus.uuid(1),), 13),
    )
    assert driver.look().xids == ()


def test_an_xid_of_a_gpu_that_forgot_its_name_is_still_its_own(gpus: FakeGpus, open_driver: Open) -> None:
    driver = open_driver()
    driver.look()
    gpus.failures = [(1, "*", GPU_IS_LOST), (1, "handle", GPU_IS_LOST)]
    report(gpus, (1, 79))
    assert driver.look().xids == (XidSeen((gpus.uuid(1),), 79),)


def test_an_xid_of_a_divided_gpu_concerns_all_parts_of_it(gpus: FakeGpus, open_driver: Open) -> None:
    gpus.parts = [(1, 0, 12), (1, 2, 12)]
    gpus.write()
    driver = open_driver()
    driver.look()
    report(gpus, (1, 95))
    assert driver.look().xids == (XidSeen((gpus.part_uuid(1, 0), gpus.part_uuid(1, 2)), 95),)


@pytest.mark.parametrize(
    "failure",
    [
        *((0, "events", code) for code in (NOT_SUPPORTED, NO_PERMISSION, GPU_IS_LOST, UNKNOWN)),
        *((-1, "event_set", code) for code in (NOT_SUPPORTED, UNKNOWN)),
        *((-1, "wait", code) for code in (GPU_IS_LOST, UNKNOWN)),
    ],
)
def test_a_driver_that_tells_no_xids_is_asked_for_all_else(
    gpus: FakeGpus, open_driver: Open, failure: tuple[int, str, int]
) -> None:
    gpus.failures = [failure]
    gpus.write()
    driver = open_driver()
    before = driver.look()
    report(gpus, (0, 79))
    after = driver.look()
    assert (after.trouble, after.xids) == ("", ())
    assert after.samples == before.samples
    assert len(after.samples) == 2


def test_one_gpu_that_tells_none_leaves_the_other_its_own(gpus: FakeGpus, open_driver: Open) -> None:
    gpus.failures = [(0, "events", NOT_SUPPORTED)]
    gpus.write()
    driver = open_driver()
    driver.look()
    report(gpus, (0, 79), (1, 79))
    assert driver.look().xids == (XidSeen((gpus.uuid(1),), 79),)
