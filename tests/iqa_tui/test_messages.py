"""What the watching threads found."""

from __future__ import annotations

from iqa_tui.messages import DevicesSurveyed, RunsChanged
from tests.fakes.surveys import one_gpu


def test_a_newer_message_replaces_one_of_its_kind_only() -> None:
    assert RunsChanged(()).can_replace(RunsChanged(()))
    assert not RunsChanged(()).can_replace(DevicesSurveyed(one_gpu(1), None, {}, {}))
