"""The numbers of a GPU and of the host, each in its fixed width, and the bar of a GPU's memory."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len

from iqa_tui.widgets.canvas import Line, clip, fit
from iqa_tui.widgets.meter import EMPTY, FULL, meter

if TYPE_CHECKING:  # as in `gpu_users`
    from iqa_tui.devices.device import DeviceState
    from iqa_tui.devices.gpus.sample import GpuSample
    from iqa_tui.messages import HostLoad
    from iqa_tui.panels.gpu_users import User

GIB = float(1 << 30)
ALMOST_ALL = 0.95
SLURM_WIDTH = 7
BAR_GAP, LEAST_BAR, MOST_BAR = 2, 6, 24
"""Cells: before the bar of a partition, and of it."""
SIZE_OR_FORM = re.compile(r"\d+\s?GB|HBM\d\w*|PCIe?|SXM\d*|SXM\d?-\w+", re.IGNORECASE)
BRANDS = ("NVIDIA", "GeForce", "Tesla", "Quadro")


def memory_bar(sample: GpuSample, users: Sequence[User], width: int) -> Line:
    """What each run has of the memory in its colour, then the rest of what is used, then what is free."""
    used, total = sample.memory_used_bytes, sample.memory_total_bytes
    if used is None or not total:
        return [("?" * width, "dim")]
    line: Line = []
    filled, said = round(min(1.0, used / total) * width), 0
    for user in users:
        if user.is_ours and user.memory_bytes and said < filled:
            cells = min(filled - said, max(1, round(user.memory_bytes / total * width)))
            line.append((FULL * cells, user.style))
            said += cells
    rest = "dim" if line else colour_of(users)
    return [*line, (FULL * (filled - said), rest), (EMPTY * (width - filled), "dim")]


def colour_of(users: Sequence[User]) -> str:
    """Of what a GPU does: that of its run, if it has one and no other user; else none that a run may have."""
    return users[0].style if len(users) == 1 and users[0].is_ours else "dim"


def memory_words(sample: GpuSample) -> tuple[str, str]:
    """`41.2/80 GiB` in eleven cells, with its style."""
    used, total = sample.memory_used_bytes, sample.memory_total_bytes
    is_almost_full = used is not None and total is not None and used > ALMOST_ALL * total
    return fit(f"{_gib(used)}/{_gib(total, 0)} GiB", 11, "right"), "bad" if is_almost_full else ""


def load_words(sample: GpuSample) -> str:
    return fit("?" if sample.utilisation_percent is None else f"{sample.utilisation_percent}%", 5, "right")


def power_words(sample: GpuSample) -> str:
    return fit("" if sample.power_watts is None else f"{sample.power_watts:.0f} W", 7, "right")


def heat_words(sample: GpuSample) -> str:
    return fit("" if sample.temperature_celsius is None else f"{sample.temperature_celsius}°C", 6, "right")


def number_of(state: DeviceState) -> str:
    """`0`, `2:1` for a MIG instance."""
    return state.device.label.rpartition(" ")[2]


def short_name(name: str) -> str:
    """`H100` for `NVIDIA H100 80GB HBM3`: the brand is the same for all, and the memory stands beside it."""
    words = [word for word in name.split() if word not in BRANDS and not SIZE_OR_FORM.fullmatch(word)]
    return " ".join(words) or name


def host_lines(host: HostLoad, width: int, *, compact: bool) -> list[Line]:
    """Processor and memory of the machine."""
    used, total = host.memory_used_bytes, host.memory_total_bytes
    fraction = used / total if total else None
    processor: Line = [("host   ", "strong"), (fit(f"{host.cores} cores", 15), "")]
    memory: Line = [("memory ", "strong"), (fit(f"{_gib(used)}/{_gib(total)} GiB", 15), "")]
    bar = 10 if compact else max(4, width - 28)
    processor += [(meter(host.cpu_percent / 100, bar), "accent"), (fit(f"{host.cpu_percent:.0f}%", 5, "right"), "")]
    memory += [(meter(fraction, bar), _heat(fraction)), (fit(f"{100 * (fraction or 0):.0f}%", 5, "right"), "")]
    return [[*processor, ("  ", ""), *memory]] if compact else [processor, memory]


def slurm_lines(told: Sequence[str], shares: Sequence[float | None], width: int, most: int) -> list[Line]:
    """`Slurm  gpu: 3 of 4 GPUs taken  ███████░░`, or without bars several in a line, and the rest counted.

    Args:
        told: a group of words of each partition.
        shares: how much of it is taken, 0 to 1, of each; None: it has no bar.
        most: lines.
    """
    bar = width - SLURM_WIDTH - max(map(cell_len, told), default=0) - BAR_GAP
    if len(told) <= most and most > 1 and bar >= LEAST_BAR:
        return _lines_with_bars(told, shares, width, min(bar, MOST_BAR))
    lines: list[Line] = []
    left = list(told)
    while left and len(lines) < most:
        taken, is_last = [left.pop(0)], len(lines) == most - 1
        while left and _fits([*taken, left[0]], left[1:], width, counted=is_last):
            taken.append(left.pop(0))
        more = f" · {len(left)} more" if left and is_last else ""
        lines.append(clip([_slurm_label(lines), (" · ".join(taken), ""), (more, "dim")], width))
    return lines


def _lines_with_bars(told: Sequence[str], shares: Sequence[float | None], width: int, bar: int) -> list[Line]:
    lines: list[Line] = []
    for words, share in zip(told, shares, strict=True):
        line: Line = [_slurm_label(lines), (fit(words, width - SLURM_WIDTH - bar), "")]
        lines.append(line if share is None else [*line, (meter(share, bar), _heat(share))])
    return lines


def _slurm_label(before: Sequence[Line]) -> tuple[str, str]:
    return fit("" if before else "Slurm", SLURM_WIDTH), "strong"


def _fits(taken: Sequence[str], left: Sequence[str], width: int, *, counted: bool) -> bool:
    more = len(f" · {len(left)} more") if left and counted else 0
    return SLURM_WIDTH + cell_len(" · ".join(taken)) + more <= width


def _gib(size: int | None, decimals: int = 1) -> str:
    return "?" if size is None else f"{size / GIB:.{decimals}f}"


def _heat(fraction: float | None) -> str:
    if fraction is None:
        return "dim"
    return "bad" if fraction > ALMOST_ALL else "warning" if fraction > 0.8 else "good"
