"""The images that a run is most wrong about, in lines."""

from __future__ import annotations

from iqa_tui.monitor.scored_images import ScoredImage, ScoredImages
from iqa_tui.panels.images import WorstImages


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
