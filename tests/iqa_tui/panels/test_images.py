"""The images that a run is most wrong about, in lines."""

from __future__ import annotations

from iqa_tui.monitor.scored_images import ScoredImage, ScoredImages
from iqa_tui.panels.images import PredictionPlot, WorstImages


def lines(scored: ScoredImages, width: int, height: int) -> list[str]:
    panel = WorstImages()
    panel._scored = scored
    return ["".join(text for text, _ in line) for line in panel.draw(width, height)]


def test_the_largest_errors_come_first_and_a_long_name_keeps_its_end() -> None:
    images = (
        ScoredImage("a.jpg", 50.0, 0.51234567, 2, 3),
        ScoredImage("folder/of/many/pictures/0001.jpg", 90.25, 0.1, 1, 300),
    )
    shown = lines(ScoredImages("test", images), 44, 10)
    assert shown[0].split() == ["image", "MOS", "pred", "place", "→", "its"]
    name, *numbers = shown[1].split()
    assert name.endswith("ictures/0001.jpg")
    assert numbers == ["90.25", "0.1", "1", "→", "300"]
    assert shown[1].startswith("…")
    assert shown[2].split() == ["a.jpg", "50", "0.5123", "2", "→", "3"]
    assert {len(line) for line in shown} == {44}


def test_without_scores_it_says_so() -> None:
    assert lines(ScoredImages(), 40, 5) == ["no scores yet"]


def test_in_a_narrow_panel_numbers_give_way_to_the_names_that_tell_images_apart() -> None:
    images = (ScoredImage("biq2021/ss03 (5434).jpg", 0.8276, 0.3829, 10, 59), ScoredImage("b.jpg", 0.5, 0.5, 1, 1))
    shown = lines(ScoredImages("test", images), 30, 5)
    assert "ss03 (5434).jpg" in shown[1]
    assert shown[1].endswith("10 → 59")
    assert shown[0].split() == ["image", "place", "→", "its"]
    assert lines(ScoredImages("test", images), 40, 5)[1].endswith("0.8276     10 → 59")
    assert "pred" in lines(ScoredImages("test", images[1:]), 36, 5)[0]


def test_several_data_sets_are_drawn_from_0_to_1_of_their_own_scales() -> None:
    images = (ScoredImage("csv/a.jpg", 75.0, 50.0), ScoredImage("biq2021/b.jpg", 0.6, 0.2))
    both = ScoredImages("test", images, ends=((0.0, 100.0), (0.0, 1.0)))
    assert both.points == [(0.75, 0.5), (0.6, 0.2)]
    plot = PredictionPlot(ascii_mode=False)
    plot.show_images(both, 0)
    assert str(plot.border_title) == "Prediction against MOS · test · 2 images · sets on 0 to 1"
    assert ScoredImages("test", images[1:]).points == [(0.6, 0.2)]
