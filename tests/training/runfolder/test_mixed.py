"""How several data sets of one run are named."""

from __future__ import annotations

import pytest

from training.runfolder.mixed import dataset_names, is_mixed, joined_places, of_scores, places, scores_name


def test_a_plus_parts_the_names_of_data_sets() -> None:
    assert dataset_names("koniq-10k") == ("koniq-10k",)
    assert not is_mixed("koniq-10k")
    assert dataset_names("koniq-10k+kadid-10k") == ("koniq-10k", "kadid-10k")
    assert is_mixed("koniq-10k+kadid-10k")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("koniq-10k=/data/koniq:csv=mine.csv", {"koniq-10k": "/data/koniq", "csv": "mine.csv"}),
        ("koniq-10k=/a:b/c:csv=/x=y.csv", {"koniq-10k": "/a:b/c", "csv": "/x=y.csv"}),
        ("live=~/live", {"live": "~/live"}),
        ("/data/koniq=old", {}),
        ("/data:koniq-10k=/x", {}),
        ("../koniq", {}),
        ("", {}),
    ],
)
def test_each_data_set_may_have_a_place_and_a_plain_path_is_left_alone(text: str, found: dict[str, str]) -> None:
    assert places(text) == found
    assert not found or places(joined_places(found)) == found


def test_the_scores_of_one_of_several_data_sets_are_told_from_those_of_another_data_set() -> None:
    name = scores_name("kadid-10k", "test")
    assert of_scores(name, "koniq-10k+kadid-10k") == ("kadid-10k", "test")
    for other in ("kadid-10k", "test", "val", "test_oracle", "spaq test"):
        assert of_scores(other, "koniq-10k+kadid-10k") is None
    assert of_scores(name, "kadid-10k") is None
