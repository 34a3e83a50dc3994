"""Average pooling to a given side, the same means by both ways."""

import pytest
import torch
from torch.nn import functional

from training.network.pooling import pool_to


@pytest.fixture
def deterministic():
    torch.use_deterministic_algorithms(True)
    yield
    torch.use_deterministic_algorithms(False)


@pytest.mark.parametrize(("height", "width", "side"), [(56, 56, 8), (14, 28, 7), (7, 7, 7), (9, 9, 7), (2, 2, 1)])
def test_deterministic_pooling_gives_the_same_means(deterministic, height, width, side):
    maps = torch.randn(2, 3, height, width, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(pool_to(maps, side), functional.adaptive_avg_pool2d(maps, side))


def test_windows_of_one_size_are_used_only_when_asked(deterministic, monkeypatch):
    asked = []
    monkeypatch.setattr(functional, "avg_pool2d", lambda maps, size: asked.append(size) or maps)
    pool_to(torch.zeros(1, 1, 14, 28), 7)
    pool_to(torch.zeros(1, 1, 15, 28), 7)
    torch.use_deterministic_algorithms(False)
    pool_to(torch.zeros(1, 1, 14, 28), 7)
    assert asked == [(2, 4)]
