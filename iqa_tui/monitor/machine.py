"""What the machine shows of a run, as curves beside those of its events: `machine.jsonl`, folded."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import replace

from iqa_tui.monitor.curves import Curve
from iqa_tui.monitor.state import RunState
from training.runfolder.layout import RunFolder
from training.runfolder.machine import GpuUse, MachineSample, SampleTail

CURVES: dict[str, Callable[[MachineSample], float]] = {
    "machine/memory_bytes": lambda sample: _known(sample.memory_bytes),
    "machine/gpu_memory_bytes": lambda sample: _sum(sample.gpus, lambda gpu: gpu.memory_bytes),
    "machine/gpu_utilisation_percent": lambda sample: _mean(sample.gpus, lambda gpu: gpu.utilisation_percent),
    "machine/gpu_power_watts": lambda sample: _sum(sample.gpus, lambda gpu: gpu.power_watts),
}
"""Name of a curve to its value: of several GPUs the sum, or the mean of what is a share."""


class MachineCurves:
    """Follows what the machine shows of one run. For one thread."""

    def __init__(self, run: RunFolder) -> None:
        self._tail = SampleTail(run)
        self._restarted = 0
        self._forget()

    def _forget(self) -> None:
        self._curves: dict[str, Curve] = {}
        self._gpus_unknown = ""
        self._peaks: dict[int, int] = {}
        """Attempt to the peak of its GPU memory."""
        self._set_back = self._last_time = self._last_step = 0.0

    def read(self, loss: Curve) -> None:
        """Read what is new.

        Args:
            loss: of the run's steps so far; it tells at which step the run was.
        """
        samples = self._tail.poll()
        if self._tail.restarted != self._restarted:
            self._restarted = self._tail.restarted
            self._forget()
        if samples:
            self._fold(samples, loss)

    def added_to(self, state: RunState) -> RunState:
        """The state with these curves; the same object if it has them."""
        peak = self._peaks.get(state.status.attempt)
        if (peak, self._gpus_unknown) == (state.sampled_peak_bytes, state.gpus_unknown) and all(
            state.metrics.get(name) is self._curves[name] for name in self._curves
        ):
            return state
        metrics = {**state.metrics, **self._curves}
        return replace(state, metrics=metrics, sampled_peak_bytes=peak, gpus_unknown=self._gpus_unknown)

    def _fold(self, samples: list[MachineSample], loss: Curve) -> None:
        self._gpus_unknown = samples[-1].gpus_unknown
        steps, times = array("d"), array("d")
        for sample in samples:
            times.append(self._moment(sample.t))
            at = bisect_right(loss.times, times[-1])
            # A resumed run goes back to an earlier step; its samples stay where the run had been until it is there.
            self._last_step = max(self._last_step, loss.steps[at - 1] if at else 0.0)
            steps.append(self._last_step)
            if sample.peak_gpu_memory_bytes is not None:
                self._peaks[sample.attempt] = max(self._peaks.get(sample.attempt, 0), sample.peak_gpu_memory_bytes)
        for name, value_of in CURVES.items():
            values = array("d", map(value_of, samples))
            known = self._curves.get(name)
            if known is None and all(map(math.isnan, values)):  # it begins with its first number
                continue
            self._curves[name] = (known or Curve()).extended(steps, times, values)

    def _moment(self, t: float) -> float:
        """When it was, as if the clock had never been set back."""
        self._set_back += max(0.0, self._last_time - t - self._set_back)
        self._last_time = max(self._last_time, t + self._set_back)
        return self._last_time


def _known(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _numbers(gpus: Iterable[GpuUse], of: Callable[[GpuUse], float | None]) -> list[float]:
    return [value for value in map(of, gpus) if value is not None]


def _sum(gpus: Iterable[GpuUse], of: Callable[[GpuUse], float | None]) -> float:
    values = _numbers(gpus, of)
    return math.fsum(values) if values else math.nan


def _mean(gpus: Iterable[GpuUse], of: Callable[[GpuUse], float | None]) -> float:
    values = _numbers(gpus, of)
    return math.fsum(values) / len(values) if values else math.nan
