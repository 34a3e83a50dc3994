"""AGIQA-3K in its true layout."""

import pytest

from tests.fakes.opened_datasets import item_of, opened
from tests.fakes.public_datasets import (
    write_agiqa,
)


def test_agiqa_takes_opinions_about_quality_not_about_the_prompt(folders):
    item = item_of(opened("agiqa-3k", folders["agiqa-3k"]), "sd1.5_lowcorr_005.jpg")
    assert (item.mos, item.mos_sd) == (1.0, 0.3)


@pytest.mark.parametrize("place", ["Images", "AGIQA-3K", "."])
def test_agiqas_images_may_lie_where_the_archive_put_them(tmp_path, place):
    dataset = opened("agiqa-3k", write_agiqa(tmp_path, images=place))
    assert all(item.path.is_file() for item in dataset.items)
