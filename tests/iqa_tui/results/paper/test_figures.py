from __future__ import annotations

import io
import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from iqa_tui.results.paper import figures as room
from iqa_tui.results.paper.content import Content
from iqa_tui.results.paper.figures import drawn, figure_files, figure_links, why_not
from iqa_tui.results.paper.shown import Shown, figures_of
from tests.fakes.papers import made_content, read_content
from tests.fakes.tuned import tuned_table

HARD = "$\\frac $x_1 # 画 & %"
NEEDS = "matplotlib is not installed: pip install 'iqa-tui[paper]'"


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Shown, ...]:
    pytest.importorskip("matplotlib", reason=NEEDS)
    srccs = {"F1": (0.9, 0.91), "F3": (0.92, 0.93)}
    return figures_of(made_content(tmp_path_factory.mktemp("runs"), images=60, srccs=srccs))


def test_each_figure_is_a_pdf_and_a_picture_as_wide_as_a_column_or_a_page(shown: tuple[Shown, ...]) -> None:
    files = figure_files(shown)
    names = ["differences", "validation", "predictions", "cost"]
    assert list(files) == [f"{name}.{kind}" for name in names for kind in ("pdf", "png")]
    for each in shown:
        width, _ = Image.open(io.BytesIO(files[f"{each.name}.png"])).size
        assert width == each.width_inches * 300
        assert each.width_inches == (6.9 if each.name == "predictions" else 3.3)
        (box,) = re.findall(rb"/MediaBox \[ ?0 0 ([0-9.]+)", files[f"{each.name}.pdf"])
        assert float(box) == pytest.approx(each.width_inches * 72)


def test_fonts_are_embedded_whole_and_no_file_tells_a_date_or_a_program(shown: tuple[Shown, ...]) -> None:
    for name, content in figure_files(shown).items():
        if name.endswith(".pdf"):
            assert b"/FontFile2" in content
            assert b"/Type3" not in content
        assert not re.search(rb"CreationDate|ModDate|Creator|Producer|Software|matplotlib", content), name


def test_the_same_numbers_give_the_same_bytes_whatever_the_user_s_own_matplotlibrc_says(
    shown: tuple[Shown, ...],
) -> None:
    import matplotlib as mpl

    before = [drawn(shown[1], kind) for kind in ("pdf", "png", "svg")]
    with mpl.rc_context({"font.size": 20, "lines.linewidth": 9, "text.parse_math": True}):
        assert [drawn(shown[1], kind) for kind in ("pdf", "png", "svg")] == before


def test_a_label_that_looks_like_mathematics_or_has_no_glyph_is_drawn_as_text(shown: tuple[Shown, ...]) -> None:
    for each in shown:
        parts = [replace(part, look=replace(part.look, name=HARD)) for part in each.parts]
        assert drawn(replace(each, parts=parts, baseline=HARD), "svg").startswith(b"<?xml")


def test_a_figure_for_a_dark_page_is_another_picture(shown: tuple[Shown, ...]) -> None:
    links = figure_links(shown[:1])
    light, dark = links["differences"]
    assert light.startswith("data:image/svg+xml;base64,")
    assert light != dark


def test_many_points_are_drawn_as_pixels(shown: tuple[Shown, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    predictions = next(each for each in shown if each.name == "predictions")
    assert b"/Subtype /Image" not in drawn(predictions, "pdf")
    monkeypatch.setitem(room.MOST_VECTOR_POINTS, "pdf", 10)
    assert b"/Subtype /Image" in drawn(predictions, "pdf")


def test_without_matplotlib_the_command_that_brings_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert "pip install 'iqa-tui[paper]'" in why_not()


def test_a_figure_of_one_row_and_one_seed_can_be_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason=NEEDS)
    content: Content = made_content(tmp_path, srccs={"F1": [0.9]}, seeds=(1,))
    assert set(figure_files(figures_of(content))) >= {"validation.pdf", "predictions.pdf", "cost.pdf"}


def test_tuning_is_drawn_over_values_that_are_labelled_as_they_were_typed(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason=NEEDS)
    tuned_table(tmp_path, experiments=("F1", "F3"))
    (tuning,) = (each for each in figures_of(read_content(tmp_path)) if each.name == "tuning")
    assert drawn(tuning, "pdf") == drawn(tuning, "pdf")
    assert b"<svg" in drawn(tuning, "svg")
