"""The checks of `make gpu` as tests: those of a GPU on a machine that has one, the others everywhere."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.gpu.check import Check
from tests.gpu.checks import CHECKS
from tests.gpu.ground import Ground

IS_GPU = torch.cuda.is_available()
pytestmark = pytest.mark.timeout(2400)  # of a machine that may be busy


@pytest.fixture
def ground(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ground:
    monkeypatch.setenv("IQA_TUI_CACHE", str(tmp_path / "cache"))
    return Ground(tmp_path, IS_GPU)


@pytest.mark.parametrize("check", [one for one in CHECKS if not one.needs_gpu], ids=lambda one: one.name)
def test_what_needs_no_gpu_holds_here(check: Check, ground: Ground) -> None:
    figures = list(check.run(ground))
    assert all(figure.value >= 0 and figure.against for figure in figures)


@pytest.mark.gpu
@pytest.mark.skipif(not IS_GPU, reason="torch finds no GPU here")
@pytest.mark.parametrize("check", [one for one in CHECKS if one.needs_gpu], ids=lambda one: one.name)
def test_a_gpu_does_what_it_must(check: Check, ground: Ground) -> None:
    figures = list(check.run(ground))
    assert all(figure.value >= 0 and figure.against for figure in figures)
