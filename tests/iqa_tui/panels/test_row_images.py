"""The lists of a row's images, and its scatter."""

from __future__ import annotations

from dataclasses import replace

import pytest

from iqa_tui.panels.row_images import ImageList, RowScatter, decimals_of
from iqa_tui.results.images.values import ImagePair, RowImage, RowImages
from iqa_tui.results.images.views import Listed

ONE = RowImage("folder/ss03 (12).jpg", 0.85691, 0.6191, -42.0, (-42.0,), 10, 137)
OTHER = RowImage("folder/ss03 (12).jpg", 0.85691, 0.7, 1.0, (1.0,), 10, 12)


def lines(listed: Listed, ids: tuple[str, str], width: int) -> list[str]:
    panel = ImageList()
    panel.show_list([listed], ids, "")
    return ["".join(text for text, _ in line).rstrip() for line in panel.draw(width, 5)]


def test_of_one_row_opinion_prediction_and_both_places_are_listed() -> None:
    assert [line.split() for line in lines(Listed(ONE), ("F3", ""), 60)] == [
        ["image", "MOS", "pred", "place", "→", "its"],
        ["folder/ss03", "(12).jpg", "0.857", "0.619", "10", "→", "137"],
    ]


def test_of_two_rows_both_predictions_and_the_nearer_one_are_listed() -> None:
    assert [line.split() for line in lines(Listed(ONE, ImagePair(ONE, OTHER)), ("F3", "F1"), 80)] == [
        ["image", "MOS", "F3", "F1", "place", "F3", "·", "F1", "nearer"],
        ["folder/ss03", "(12).jpg", "0.857", "0.619", "0.700", "10", "137", "·", "12", "F1"],
    ]


def test_a_name_from_a_file_is_plain_and_a_long_one_keeps_its_end() -> None:
    strange = RowImage("\x1b[2J" + "long/" * 30 + "7.jpg", 1.0, 1.0, 1.0, (1.0,), 1, 1)
    shown = lines(Listed(strange), ("F3", ""), 90)[1]
    assert shown.startswith("…")
    assert "long/7.jpg" in shown
    assert "\x1b" not in shown


@pytest.mark.parametrize(("values", "decimals"), [([0.1, 0.9], 3), ([1, 5], 2), ([3, 90], 1), ([], 3)])
def test_as_many_decimals_as_the_scale_needs(values: list[float], decimals: int) -> None:
    assert decimals_of(values) == decimals


def test_the_scatter_says_whose_predictions_it_draws() -> None:
    plot = RowScatter(ascii_mode=True)
    plot.show_images(RowImages("F3", (1, 2), (ONE,), ((0.1, -1.0), (0.9, 2.0))), "accent")
    assert str(plot.border_title) == "Prediction against MOS · F3 · mean of 2 seeds, each fitted"
    plot.show_images(RowImages("F3", (2,), (ONE,)), "accent")
    assert str(plot.border_title) == "Prediction against MOS · F3 · seed 2 · no fit found"
    plot.show_images(RowImages("F3", (1, 2), (replace(ONE, part="biq2021"),)), "accent")
    assert str(plot.border_title) == "Prediction against MOS · F3 · mean of 2 seeds · sets on 0 to 1"
    plot.show_images(RowImages("F3", problem="it has no result yet"), "accent")
    assert str(plot.border_title) == "Prediction against MOS"
    assert any("it has no result yet" in text for line in plot.draw(60, 9) for text, _ in line)
