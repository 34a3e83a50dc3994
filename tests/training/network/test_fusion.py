"""Maps of several scales."""

import torch

from training.network.fusion import MultiScaleFusion


def test_without_multiscale_only_the_last_map_counts():
    fusion = MultiScaleFusion([4, 8], multiscale=False, attention=False)
    maps = [torch.randn(1, 4, 14, 14), torch.randn(1, 8, 7, 7)]
    torch.testing.assert_close(fusion(maps), maps[1])
