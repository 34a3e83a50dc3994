"""CUDA_VISIBLE_DEVICES as CUDA reads it."""

from __future__ import annotations

import pytest

from iqa_tui.devices.gpus.mask import inherited_mask, names_gpu


@pytest.mark.parametrize(
    ("text", "mask"),
    [
        (None, None),
        ("", ()),
        ("-1", ()),
        ("0", ("0",)),
        ("1, 0 ", ("1", "0")),
        ("0,-1,1", ("0",)),
        ("0,,1", ("0",)),
        ("GPU-5f2c,MIG-77ab", ("GPU-5f2c", "MIG-77ab")),
    ],
)
def test_an_entry_that_cuda_does_not_know_hides_itself_and_what_follows(
    monkeypatch: pytest.MonkeyPatch, text: str | None, mask: tuple[str, ...] | None
) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if text is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", text)
    assert inherited_mask() == mask


@pytest.mark.parametrize(
    ("entry", "whole", "part"),
    [
        ("3", True, True),
        ("03", False, False),
        ("3:1", False, True),
        ("3:2", False, False),
        ("GPU-5f", True, True),
        ("GPU-5f2d", False, False),
        ("", False, False),
    ],
)
def test_a_number_names_the_gpu_and_each_of_its_instances(entry: str, whole: bool, part: bool) -> None:
    assert names_gpu(entry, 3, "GPU-5f2c") == whole
    assert names_gpu(entry, 3, "GPU-5f2c", instance=1) == part
