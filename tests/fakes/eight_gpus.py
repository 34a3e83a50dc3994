"""A machine with eight GPUs: three free, five not, each for another reason."""

from __future__ import annotations

import time

import pytest

from iqa_tui.devices.device import Device, DeviceState
from iqa_tui.devices.gpus.sample import GpuSample
from iqa_tui.devices.survey import Survey
from tests.fakes.app import OpenApp

UNSEEN = "11.7 of 80 GiB are in use by a process that cannot be seen from here"
WITHDRAWN = "withdrawn by ann: fan is broken; `iqa-tui restore 5` restores it"


def eight_gpus() -> Survey:
    reasons = ["free", "held by ann, pid 4711 python (21.3 GiB, 3.0 h)", UNSEEN, "it is 97% busy"]
    reasons += ["not seen for 16 s: its driver does not answer", WITHDRAWN, "free", "free"]
    return Survey(tuple(_gpu(number, reason) for number, reason in enumerate(reasons)), "", time.time(), "gpu")


def _gpu(number: int, reason: str) -> DeviceState:
    sample = GpuSample(number, f"GPU-{number}", "NVIDIA H100", 20 << 30, 80 << 30, 40, 55)
    device = Device(sample.uuid, "gpu", number, sample.name)
    return DeviceState(device, reason == "free", reason, sample, withdrawn=reason.startswith("withdrawn"))


class _FakeSurveyor:
    def survey(self) -> Survey:
        return eight_gpus()


@pytest.fixture
def open_on_eight(open_app: OpenApp, monkeypatch: pytest.MonkeyPatch) -> OpenApp:
    """As `open_app`, on a machine with eight GPUs."""
    monkeypatch.setattr("tests.fakes.app.FakeSurveyor", _FakeSurveyor)
    return open_app
