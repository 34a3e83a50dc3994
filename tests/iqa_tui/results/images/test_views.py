"""Which images a list begins with, and what is said of one."""

from __future__ import annotations

from dataclasses import replace

from iqa_tui.results.images.values import ImagePair, RowImage, RowImages
from iqa_tui.results.images.views import Found, ImageOrder, Wanted, image_headline, image_words


def image(name: str, mos_place: int, pred_place: int, pred: float = 0.5) -> RowImage:
    return RowImage(name, 0.5, pred, pred, (-41.25, -42.0), mos_place, pred_place, count=4)


ONE = (image("a", 1, 3), image("b", 2, 2, 0.9), image("c", 3, 1), image("d", 4, 4, 0.51))
OTHER = tuple(
    replace(each, preds=(-41.25,)) for each in (image("a", 1, 1), image("b", 2, 3), image("c", 3, 2), image("d", 4, 4))
)
FOUND = Found(
    Wanted(0, 1),
    RowImages("F3", (1, 2), ONE),
    RowImages("F1", (1,), OTHER),
    tuple(map(ImagePair, ONE, OTHER)),
)


def names(order: ImageOrder) -> list[str]:
    found = Found(Wanted(0, 1, order=order), FOUND.images, FOUND.other, FOUND.pairs)
    return [listed.image.name for listed in found.listed()]


def test_each_list_has_its_order() -> None:
    assert names(ImageOrder.WRONG) == ["a", "c", "b", "d"]
    assert names(ImageOrder.RIGHT)[:2] == ["d", "b"]
    assert names(ImageOrder.APART) == ["a", "b", "c", "d"]


def test_a_pair_says_which_row_is_nearer_to_people() -> None:
    assert [(pair.gap, pair.nearer) for pair in FOUND.pairs] == [(-2, -1), (1, 1), (1, -1), (0, 0)]


def test_an_image_is_told_with_the_predictions_of_both_rows() -> None:
    listed = FOUND.listed()[0]
    assert [text for text, _ in image_words(FOUND, listed, "/data/a.jpg", "64 × 64 JPEG, 3 KiB")] == [
        "MOS 0.5, place 1 of 4",
        "F3 0.5, place 3: 2 too low",
        "F1 0.5, place 1: as people do",
        "/data/a.jpg · 64 × 64 JPEG, 3 KiB",
        "F3 gave s1 −41.25, s2 −42 · F1 gave s1 −41.25",
    ]
    assert image_headline(FOUND, listed) == "MOS 0.5 · F3 0.5 · F1 0.5"


def test_the_title_says_the_row_the_order_and_the_seeds() -> None:
    assert FOUND.title() == "F3 · most wrong about · mean of 2 seeds"
    apart = Found(Wanted(0, 1, 2, ImageOrder.APART), RowImages("F3", (2,), ONE), FOUND.other)
    assert apart.title() == "F3 · most apart from F1 · seed 2"
    alone = Found(Wanted(0, order=ImageOrder.APART), FOUND.images)
    assert "no other row has scores of the same images" in alone.title()
