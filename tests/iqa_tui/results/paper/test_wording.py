from __future__ import annotations

from pathlib import Path

from iqa_tui.results.paper.wording import caption_sentences
from tests.fakes.papers import made_content


def test_rows_with_other_seeds_than_the_baseline_are_compared_by_those_that_both_have_and_that_is_said(
    tmp_path: Path,
) -> None:
    content = made_content(tmp_path, srccs={"F1": (0.9, 0.91, 0.92), "F2": (0.9, 0.91)})
    caption = " ".join(caption_sentences(content))
    assert "mean ± SD over the seeds 1, 2, 3 (F1: 3 and F2: 2)" in caption
    assert "It counts the seeds that both rows have." in caption


def test_equal_seeds_need_no_words(tmp_path: Path) -> None:
    caption = " ".join(caption_sentences(made_content(tmp_path, srccs={"F1": (0.9, 0.91), "F2": (0.9, 0.91)})))
    assert "counts the seeds" not in caption
    assert caption.endswith("Highest mean in bold. Not run yet: F3, F4 and F5.")


def test_a_quick_look_and_demo_data_are_said(tmp_path: Path) -> None:
    caption = " ".join(caption_sentences(made_content(tmp_path, srccs={"F1": [0.9]}, limited=True, demo=True)))
    assert "Some runs used only part of the images." in caption
    assert "not human opinions" in caption


def test_what_chose_the_epoch_is_said_for_the_published_protocol_too(tmp_path: Path) -> None:
    caption = " ".join(caption_sentences(made_content(tmp_path, srccs={"F1": [0.9]}, protocol="published")))
    assert "protocol “published” (the best epoch is chosen on the test split)" in caption
