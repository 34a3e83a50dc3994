"""How many runs share the CPU, and with how many threads each."""

from __future__ import annotations

import os

import pytest

from iqa_tui.devices.cpu_slots import cpu_slots, threads_per_slot
from iqa_tui.errors import LaunchError


@pytest.mark.parametrize(
    ("slots", "cores", "threads"), [(None, 8, 8), ("1", 8, 8), ("3", 8, 2), ("8", 8, 1), ("9", 8, 1), ("2", 1, 1)]
)
def test_the_cores_that_this_process_may_use_are_shared_out_evenly(
    monkeypatch: pytest.MonkeyPatch, slots: str | None, cores: int, threads: int
) -> None:
    monkeypatch.delenv("IQA_TUI_CPU_SLOTS", raising=False)
    if slots is not None:
        monkeypatch.setenv("IQA_TUI_CPU_SLOTS", slots)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(cores)))
    assert (cpu_slots(), threads_per_slot()) == (int(slots or 1), threads)


@pytest.mark.parametrize("text", ["0", "-1", "many", "", "1.5", " 2"])
def test_what_is_no_number_of_slots_is_refused_with_its_value(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("IQA_TUI_CPU_SLOTS", text)
    with pytest.raises(LaunchError) as refused:
        cpu_slots()
    assert str(refused.value) == f"IQA_TUI_CPU_SLOTS={text!r}: write a number of at least 1, or unset it."
