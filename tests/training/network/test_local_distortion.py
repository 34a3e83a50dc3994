"""What the image looks like at each scale, in 224 numbers."""

import pytest
import torch
from torch.nn.functional import avg_pool2d

from training.network.local_distortion import VECTOR_SIZE, VECTOR_SIZES, LocalDistortion

CHANNELS = [4, 8, 12, 16]


def maps(side: int, batch: int = 2) -> list[torch.Tensor]:
    """As a backbone gives them for crops of this side."""
    draw = torch.Generator().manual_seed(1)
    return [
        torch.randn(batch, wide, max(1, side // scale), max(1, side // scale), generator=draw)
        for wide, scale in zip(CHANNELS, (4, 8, 16, 32), strict=True)
    ]


@pytest.mark.parametrize("side", [224, 96, 32])
def test_crops_of_any_side_give_224_numbers(side):
    assert LocalDistortion(CHANNELS)(maps(side)).shape == (2, VECTOR_SIZE)
    assert VECTOR_SIZE == 224


def test_on_crops_of_224_pixels_it_pools_by_7_as_published():
    module, images = LocalDistortion(CHANNELS), maps(224)
    with torch.inference_mode():
        reduced = [reduce(one) for reduce, one in zip(module.reduce, images, strict=False)] + [images[-1]]
        expected = torch.cat(
            [project(avg_pool2d(one, 7).flatten(1)) for project, one in zip(module.project, reduced, strict=True)],
            dim=1,
        )
        torch.testing.assert_close(module(images), expected)


@pytest.mark.parametrize("scale", range(4))
def test_each_scale_has_a_part_of_the_vector_of_its_own(scale):
    module, images = LocalDistortion(CHANNELS), maps(224)
    others = [one.clone() for one in images]
    others[scale] += 1
    with torch.inference_mode():
        changed = (module(images) != module(others)).any(dim=0)
    start = sum(VECTOR_SIZES[:scale])
    part = torch.zeros(VECTOR_SIZE, dtype=torch.bool)
    part[start : start + VECTOR_SIZES[scale]] = True
    assert not changed[~part].any()
    assert changed[part].all()


def test_the_first_convolutions_have_no_bias_and_the_last_map_none_at_all():
    module = LocalDistortion(CHANNELS)
    assert [convolution.bias for convolution in module.reduce] == [None] * 3
    assert len(module.project) == 4
