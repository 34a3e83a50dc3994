"""Which GPUs a job of Slurm has, by what Slurm said to CUDA and what the driver shows."""

from __future__ import annotations

import pytest

from iqa_tui.devices.gpus.visible import GpusUnknown, JobMask, ShownGpu, gpus_of_job

FOUR = tuple(ShownGpu(number, f"GPU-{number}a", "H100") for number in range(4))
MIXED = (ShownGpu(0, "GPU-0a", "T4"), ShownGpu(1, "GPU-1a", "H100"), ShownGpu(2, "GPU-2a", "H100"))
PARTS = tuple(ShownGpu(0, f"MIG-{number}a", "H100 MIG", number, f"MIG-GPU-0a/{number + 7}/0") for number in range(3))


def found(visible: str | None, shown: tuple[ShownGpu, ...], given: int = 1, *, counts_by_pci: bool = True) -> list[str]:
    return [gpu.uuid for gpu in gpus_of_job(JobMask(visible, given, counts_by_pci), shown)]


@pytest.mark.parametrize(
    ("visible", "uuids"),
    [
        ("2", ["GPU-2a"]),
        ("3,1", ["GPU-3a", "GPU-1a"]),
        ("GPU-1", ["GPU-1a"]),
        ("GPU-3a,GPU-0a", ["GPU-3a", "GPU-0a"]),
    ],
)
def test_a_job_that_sees_the_whole_node_has_what_cuda_is_told(visible: str, uuids: list[str]) -> None:
    assert found(visible, FOUR) == uuids


@pytest.mark.parametrize("visible", ["0", "3", None])
def test_all_that_a_job_sees_is_its_own_if_slurm_hides_the_rest_however_it_is_numbered(visible: str | None) -> None:
    assert found(visible, FOUR[3:]) == ["GPU-3a"]


def test_numbers_of_different_gpus_mean_something_only_if_cuda_counts_by_pci() -> None:
    assert found("1", MIXED) == ["GPU-1a"]
    assert found("1", FOUR, counts_by_pci=False) == ["GPU-1a"]  # of one kind no GPU is faster
    with pytest.raises(GpusUnknown, match="CUDA_DEVICE_ORDER=PCI_BUS_ID would tell"):
        found("1", MIXED, counts_by_pci=False)


def test_an_instance_is_known_by_its_new_name_and_by_its_older_one() -> None:
    assert found("MIG-1a", PARTS) == ["MIG-1a"]
    assert found("MIG-GPU-0a/9/0", PARTS) == ["MIG-2a"]


@pytest.mark.parametrize(
    ("visible", "shown", "words"),
    [
        (None, FOUR, "CUDA_VISIBLE_DEVICES is not set, and the job sees 4 GPUs, of which it has 1"),
        ("GPU-9", FOUR, "CUDA_VISIBLE_DEVICES names GPU-9, and the driver shows the job no such GPU"),
        ("GPU-", FOUR, "more than one such GPU"),
        ("7", FOUR, "CUDA_VISIBLE_DEVICES is 7, and the driver shows the job 4 GPUs"),
        ("0", PARTS, "CUDA_VISIBLE_DEVICES is 0, a number, and GPUs of the node are divided"),
    ],
)
def test_what_cannot_be_told_is_said_and_not_guessed(
    visible: str | None, shown: tuple[ShownGpu, ...], words: str
) -> None:
    with pytest.raises(GpusUnknown) as unknown:
        found(visible, shown)
    assert words in str(unknown.value)
