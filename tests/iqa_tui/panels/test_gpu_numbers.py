"""The numbers of a GPU and of the host, and what a bar of memory is made of."""

from __future__ import annotations

import pytest

from iqa_tui.devices.gpus.sample import GpuSample
from iqa_tui.messages import HostLoad
from iqa_tui.panels.gpu_numbers import colour_of, host_lines, memory_bar, memory_words, short_name, slurm_lines
from iqa_tui.panels.gpu_users import User
from iqa_tui.widgets.canvas import line_width

GIB = 1 << 30
OURS = User("F2", (), "series-1", 20 * GIB, mark="▌")
OTHER = User("F3", (), "series-2", 10 * GIB, mark="▌")
STRANGER = User("ann", (), "", 30 * GIB)


def sample(used_gib: float | None, total_gib: int | None = 80) -> GpuSample:
    return GpuSample(
        0, "GPU-a", "H100", None if used_gib is None else round(used_gib * GIB), total_gib and total_gib * GIB
    )


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("NVIDIA H100 80GB HBM3", "H100"),
        ("NVIDIA GeForce RTX 3090", "RTX 3090"),
        ("NVIDIA A100-SXM4-80GB", "A100-SXM4-80GB"),
        ("Tesla V100 PCIe 32GB", "V100"),
        ("NVIDIA", "NVIDIA"),
    ],
)
def test_a_gpu_is_called_by_its_model(name: str, short: str) -> None:
    assert short_name(name) == short


def test_each_run_has_its_part_of_the_bar_in_its_colour() -> None:
    bar = memory_bar(sample(60), [OURS, OTHER, STRANGER], 16)
    assert [part for part in bar if part[0]] == [
        ("████", "series-1"), ("██", "series-2"), ("██████", "dim"), ("░░░░", "dim")
    ]  # fmt: skip


def test_what_another_user_has_is_in_no_run_s_colour() -> None:
    assert [style for text, style in memory_bar(sample(30), [STRANGER], 8) if text] == ["dim", "dim"]
    assert colour_of([OURS]) == "series-1"
    assert colour_of([OURS, STRANGER]) == colour_of([STRANGER]) == colour_of([]) == "dim"


@pytest.mark.parametrize("used", [None, 0.0, 0.1, 20.0, 79.9, 80.0, 95.0])
def test_a_bar_is_as_wide_as_it_is_told(used: float | None) -> None:
    assert line_width(memory_bar(sample(used), [OURS, OTHER], 17)) == 17


def test_memory_that_is_not_known_is_no_zero_and_one_that_is_almost_full_warns() -> None:
    assert memory_words(sample(None, None)) == ("    ?/? GiB", "")
    assert memory_words(sample(79)) == ("79.0/80 GiB", "bad")


@pytest.mark.parametrize(("width", "compact"), [(44, False), (76, True)])
def test_the_host_is_said_plainly(width: int, compact: bool) -> None:
    lines = host_lines(HostLoad(45.0, 2, 3 << 30, 16 << 30), width, compact=compact)
    text = "".join(text for line in lines for text, _ in line)
    assert "2 cores" in text
    assert "45%" in text
    assert all(line_width(line) <= width for line in lines)


def test_what_partitions_have_takes_the_lines_it_may_and_counts_the_rest() -> None:
    told = ["gpu: 3 of 4 GPUs taken", "hi: 3 of 4 GPUs taken", "cpu: no GPU, 2 nodes"]
    shares = [0.75, 0.75, None]
    texts = ["".join(text for text, _ in line) for line in slurm_lines(told, shares, 54, 2)]
    assert texts == ["Slurm  gpu: 3 of 4 GPUs taken · hi: 3 of 4 GPUs taken", "       cpu: no GPU, 2 nodes"]
    (line,) = slurm_lines(told, shares, 39, 1)
    assert "".join(text for text, _ in line) == "Slurm  gpu: 3 of 4 GPUs taken · 2 more"
    (narrow,) = slurm_lines(told, shares, 12, 1)
    assert line_width(narrow) <= 12
    assert slurm_lines([], [], 40, 4) == []


def test_a_partition_has_a_bar_of_its_gpus_if_there_is_room_for_a_line_each() -> None:
    told, shares = ["gpu: 3 of 4 GPUs taken", "a: 1 of 2 GPUs taken", "cpu: no GPU, 2 nodes"], [0.75, 0.5, None]
    lines = slurm_lines(told, shares, 39, 4)
    assert ["".join(text for text, _ in line).rstrip() for line in lines] == [
        "Slurm  gpu: 3 of 4 GPUs taken  ██████░░",
        "       a: 1 of 2 GPUs taken    ████░░░░",
        "       cpu: no GPU, 2 nodes",
    ]
    assert len(slurm_lines(told, shares, 36, 4)) == 3
    assert not any("█" in text for line in slurm_lines(told, shares, 36, 4) for text, _ in line)
