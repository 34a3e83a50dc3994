"""What a look at the devices finds."""

from __future__ import annotations

import time

from iqa_tui.devices.device import Device, DeviceState
from iqa_tui.devices.gpus.sample import GpuSample
from iqa_tui.devices.survey import Survey


def one_gpu(utilisation: int | None) -> Survey:
    """One free GPU."""
    sample = GpuSample(0, "GPU-a", "NVIDIA H100", utilisation_percent=utilisation)
    return Survey((DeviceState(Device("GPU-a", "gpu", 0, "NVIDIA H100"), True, "free", sample),), "", time.time())
