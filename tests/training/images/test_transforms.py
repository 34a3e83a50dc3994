import numpy as np
import torch

from training.images.transforms import Normalisation, grid_corners, plan_crops, random_corners, to_network_input

PLAIN = Normalisation(mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))


def test_one_seed_and_epoch_give_one_order_and_the_same_crops():
    first, second = (plan_crops(7, 3, seed=5, epoch=2) for _ in range(2))
    for name in ("order", "places", "flips", "jitters"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))
    assert not np.array_equal(first.places, plan_crops(7, 3, seed=5, epoch=3).places)
    assert not np.array_equal(first.places, plan_crops(7, 3, seed=6, epoch=2).places)


def test_an_epoch_shows_every_crop_of_every_image_once():
    assert sorted(plan_crops(7, 3, seed=0, epoch=1).order) == list(range(21))


def test_drawing_crops_leaves_the_networks_generator_alone():
    torch.manual_seed(1)
    before = torch.get_rng_state()
    plan_crops(7, 3, seed=5, epoch=2)
    random_corners(5, 100, 100, 32, seed=1, image="a.jpg")
    assert torch.equal(before, torch.get_rng_state())


def test_test_crops_follow_the_images_name_and_lie_inside():
    corners = random_corners(200, 40, 60, 32, seed=1, image="a.jpg")
    np.testing.assert_array_equal(corners, random_corners(200, 40, 60, 32, seed=1, image="a.jpg"))
    assert not np.array_equal(corners, random_corners(200, 40, 60, 32, seed=1, image="b.jpg"))
    assert corners.min() == 0
    assert corners[:, 0].max() == 8
    assert corners[:, 1].max() == 28


def test_a_grid_covers_the_image_from_edge_to_edge_without_repeating():
    for count in (2, 7, 20, 25):
        corners = grid_corners(count, 384, 512, 224)
        assert len({tuple(corner) for corner in corners}) == count
        assert corners[:, 1].max() == 288
        assert corners.min() == 0
    assert grid_corners(20, 384, 512, 224)[:, 0].max() == 160


def test_one_crop_of_a_grid_lies_in_the_centre():
    assert grid_corners(1, 384, 512, 224).tolist() == [[80, 144]]


def test_an_image_of_a_crops_size_has_its_one_crop():
    assert grid_corners(3, 224, 224, 224).tolist() == [[0, 0]] * 3


def test_pixels_are_normalised_and_flipped_images_are_mirrored():
    crops = torch.randint(0, 256, (2, 4, 5, 3), dtype=torch.uint8)
    made = to_network_input(crops, Normalisation((0.5, 0.4, 0.3), (0.1, 0.2, 0.3)), torch.tensor([False, True]))
    mean, std = torch.tensor([0.5, 0.4, 0.3]), torch.tensor([0.1, 0.2, 0.3])
    expected = (crops.float() / 255 - mean) / std
    expected[1] = expected[1].flip(1)
    assert made.shape == (2, 3, 4, 5)
    torch.testing.assert_close(made, expected.permute(0, 3, 1, 2), atol=1e-5, rtol=1e-5)


def test_jitter_changes_brightness_and_keeps_grey_grey():
    crops = torch.full((1, 2, 2, 3), 100, dtype=torch.uint8)
    made = to_network_input(crops, PLAIN, jitters=torch.tensor([[1.1, 1.0, 1.05]])) * 255
    torch.testing.assert_close(made, torch.full((1, 3, 2, 2), 110.0), atol=1e-2, rtol=0)


def test_neutral_jitter_changes_nothing():
    crops = torch.randint(0, 256, (2, 4, 5, 3), dtype=torch.uint8)
    made = to_network_input(crops, PLAIN, jitters=torch.ones(2, 3))
    torch.testing.assert_close(made, to_network_input(crops, PLAIN), atol=1e-5, rtol=0)
