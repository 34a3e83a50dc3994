"""LIVE Challenge in its true layout."""

from tests.fakes.opened_datasets import item_of, opened


def test_livecs_practice_images_are_left_out_and_the_labels_stay_in_step(folders):
    dataset = opened("livec", folders["livec"])
    assert len(dataset.items) == 20
    assert (item_of(dataset, "3.bmp").mos, item_of(dataset, "22.bmp").mos) == (7.0, 26.0)
    assert dataset.items[0].mos_sd == 18.5
