"""The page of a row's images: opened by i, left by escape; the picture follows the cursor."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from textual.pilot import Pilot

from iqa_tui.panels.result_table import ResultTable
from iqa_tui.panels.row_images import ImageList, RowScatter
from iqa_tui.processes import viewer
from iqa_tui.results.images import decode as decoding
from iqa_tui.screens.images import ImagesPage
from iqa_tui.screens.results import ResultsScreen
from iqa_tui.widgets.canvas import Canvas
from iqa_tui.widgets.picture import Picture
from tests.fakes.ablation import LOSSES, make_ablation
from tests.fakes.app import OpenApp, screen_text, settle
from tests.fakes.run_folders import FakeRun

IMAGES = 30
TWO_ROWS = {row: LOSSES[row][:2] for row in ("F1", "F3")}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A KonIQ-10k whose pictures are all of one colour each."""
    folder = tmp_path.resolve() / "data" / "1024x768"
    folder.mkdir(parents=True)
    for number in range(IMAGES):
        Image.new("RGB", (64, 48), (number, 200, 100)).save(folder / f"img_{number:04d}.png")
        (folder / f"img_{number:04d}.png").rename(folder / f"img_{number:04d}.jpg")
    return folder


@pytest.fixture
def scored(runs_dir: Path, data: Path) -> Path:
    make_ablation(runs_dir, TWO_ROWS, images=IMAGES, config={"data_path": str(data.parent)})
    return data


def words_of(page: ImagesPage, kind: str) -> str:
    """What a panel says, without its line ends."""
    panel = page.query_one(kind, Canvas)
    return " ".join("".join(text for text, _ in line).strip() for line in panel.draw(*panel.size))


def told(pilot: Pilot[None]) -> str:
    return " ".join(notification.message for notification in pilot.app._notifications)


def replace_all(folder: Path, make: Callable[[Path], object]) -> None:
    for path in list(folder.iterdir()):
        path.unlink()
        make(path)


async def open_images(pilot: Pilot[None], row: str = "F3") -> ImagesPage:
    await settle(pilot, lambda: bool(pilot.app.screen.query(ResultTable)) and "0.9" in screen_text(pilot))
    table = pilot.app.screen.query_one(ResultTable)
    table.move_to(row)
    await pilot.press("i")
    await settle(pilot, lambda: isinstance(pilot.app.screen, ImagesPage))
    page = pilot.app.screen
    assert isinstance(page, ImagesPage)
    await settle(pilot, lambda: bool(page.query_one(ImageList).border_title))
    return page


def has_picture(page: ImagesPage) -> Callable[[], bool]:
    return lambda: page.query_one(Picture)._pixels is not None


def picture_of(page: ImagesPage) -> int:
    """The number of the image whose colour is shown."""
    _, _, values = page.query_one(Picture)._pixels
    return int(values[0])


def name_of(page: ImagesPage) -> str:
    return str(page.query_one(Picture).border_title)


@pytest.mark.parametrize("size", [(140, 40), (80, 24), (60, 15)])
async def test_the_picture_under_the_cursor_is_shown_and_escape_leads_back(
    scored: Path, open_app: OpenApp, size: tuple[int, int]
) -> None:
    async with open_app(size, room="results") as pilot:
        page = await open_images(pilot)
        await settle(pilot, has_picture(page))
        seeds = "mean of 2 seeds" if size[0] == 140 else "2 seeds"
        assert str(page.query_one(ImageList).border_title) == f"F3 · most wrong about · {seeds}"
        assert name_of(page) == f"img_{picture_of(page):04d}.jpg"
        first = name_of(page)
        await pilot.press("j", "j")
        await settle(pilot, lambda: has_picture(page)() and name_of(page) == f"img_{picture_of(page):04d}.jpg")
        assert name_of(page) != first
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, ResultsScreen)


async def test_what_is_known_of_the_image_is_said(scored: Path, open_app: OpenApp) -> None:
    async with open_app(room="results") as pilot:
        page = await open_images(pilot)
        await settle(pilot, has_picture(page))
        await settle(pilot, lambda: "PNG" in words_of(page, "#image-notes"))
        text = words_of(page, "#image-notes")
        assert str(scored / name_of(page)) in text.replace(" ", "")
        assert "64 × 48 PNG" in text
        assert f"of {IMAGES}" in text
        assert "F3 gave s1" in text
        assert "F1 gave s1" in text


async def test_lists_rows_seeds_and_the_other_row_have_keys(runs_dir: Path, open_app: OpenApp) -> None:
    make_ablation(runs_dir, {row: LOSSES[row][:2] for row in ("F1", "F3", "F5")}, images=IMAGES)
    async with open_app(room="results") as pilot:
        page = await open_images(pilot)
        title = lambda words: lambda: words in str(page.query_one(ImageList).border_title)  # noqa: E731
        await pilot.press("right")
        await settle(pilot, title("F3 · most right about"))
        await pilot.press("right")
        await settle(pilot, title("F3 · most apart from F1 ·"))
        assert "nearer" in screen_text(pilot)
        await pilot.press("b")
        await settle(pilot, title("F3 · most apart from F5 ·"))
        await pilot.press("right", "b")
        await settle(pilot, title("F3 · most apart from F5 ·"))
        await pilot.press("left", "s")
        await settle(pilot, title("F3 · most right about · seed 1"))
        await pilot.press("s")
        await settle(pilot, title("seed 2"))
        await pilot.press("s")
        await settle(pilot, title("mean of 2 seeds"))
        await pilot.press("left_square_bracket", "left_square_bracket")
        await settle(pilot, title("F1 · most right about"))


async def test_of_an_image_that_is_not_there_the_path_that_was_tried_is_said(scored: Path, open_app: OpenApp) -> None:
    replace_all(scored, lambda _: None)
    async with open_app(room="results") as pilot:
        page = await open_images(pilot)
        await settle(pilot, lambda: "The image is not on this machine." in words_of(page, "#picture"))
        assert "1024x768" in words_of(page, "#picture")
        await pilot.press("o")
        await settle(pilot, lambda: "There is no picture to open." in told(pilot))
        assert page.query_one(ImageList).cursor_key == "0"


async def test_a_pipe_in_the_place_of_an_image_blocks_nothing(scored: Path, open_app: OpenApp) -> None:
    replace_all(scored, os.mkfifo)
    async with open_app(room="results") as pilot:
        page = await open_images(pilot)
        await settle(pilot, lambda: "is a pipe, not a file" in words_of(page, "#picture"))


async def test_the_demo_has_no_files_and_says_so(runs_dir: Path, open_app: OpenApp) -> None:
    make_ablation(runs_dir, TWO_ROWS, images=IMAGES, demo=True)
    async with open_app(room="results") as pilot:
        page = await open_images(pilot)
        await settle(pilot, lambda: "The demo data set makes its images while it runs" in words_of(page, "#picture"))


async def test_a_row_without_scores_says_why(scored: Path, runs_dir: Path, open_app: OpenApp) -> None:
    FakeRun.queue(runs_dir, "F2").start()
    async with open_app(room="results") as pilot:
        page = await open_images(pilot, "F2")
        await settle(pilot, lambda: "it has no result yet" in words_of(page, "#image-list"))
        await pilot.press("y", "s", "o", "j")
        assert page.query_one(ImageList).cursor_key is None


async def test_a_decode_for_an_older_place_of_the_cursor_is_given_up(
    scored: Path, open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    real = decoding.decode_kept

    def slow(path: Path, should_stop: Callable[[], bool]) -> decoding.Decoded:
        asked.append(path.name)
        while path.name == asked[0] and not should_stop():
            time.sleep(0.01)
        return real(path, should_stop)

    monkeypatch.setattr(decoding, "decode_kept", slow)
    async with open_app(room="results") as pilot:
        page = await open_images(pilot)
        await settle(pilot, lambda: bool(asked))
        assert not has_picture(page)()
        await pilot.press("j")
        await settle(pilot, has_picture(page))
        assert name_of(page) == f"img_{picture_of(page):04d}.jpg" != asked[0]


@pytest.mark.parametrize("problem", ["", "There is no desktop here."])
async def test_o_opens_the_file_or_says_why_not_and_copies_the_path(
    scored: Path, open_app: OpenApp, monkeypatch: pytest.MonkeyPatch, problem: str
) -> None:
    opened: list[Path] = []
    monkeypatch.setattr(viewer, "open_with_viewer", lambda path: opened.append(path) or problem)
    async with open_app(room="results") as pilot:
        page = await open_images(pilot)
        await settle(pilot, has_picture(page))
        await pilot.press("o")
        path = scored / name_of(page)
        assert opened == [path]
        await settle(pilot, lambda: ("There is no desktop here. Copied" if problem else "Opened") in told(pilot))
        assert (pilot.app.clipboard == str(path)) is bool(problem)
        await pilot.press("y")
        assert pilot.app.clipboard == str(path)
        await settle(pilot, lambda: "Copied the path" in screen_text(pilot))


async def test_read_only_starts_no_viewer(scored: Path, open_app: OpenApp, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Path] = []
    monkeypatch.setenv("IQA_TUI_READ_ONLY", "1")
    monkeypatch.setattr(viewer, "open_with_viewer", lambda path: opened.append(path) or "")
    async with open_app(room="results") as pilot:
        page = await open_images(pilot)
        await settle(pilot, has_picture(page))
        await pilot.press("o")
        await settle(pilot, lambda: "it starts no viewer" in told(pilot))
        assert opened == []
        assert pilot.app.clipboard == str(scored / name_of(page))


async def test_without_colours_the_picture_is_of_characters(
    scored: Path, open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    grey = Image.fromarray(np.tile(np.arange(0, 256, 4, dtype=np.uint8), (48, 1)))
    replace_all(scored, lambda path: grey.save(path, "PNG"))
    monkeypatch.setenv("NO_COLOR", "1")
    async with open_app(room="results") as pilot:
        page = await open_images(pilot)
        await settle(pilot, has_picture(page))
        rows = ["".join(text for text, _ in line).strip() for line in page.query_one(Picture).draw(60, 20)]
        assert any(row.startswith(".") and row.endswith("@") for row in rows)
        assert "▀" not in "".join(rows)


async def test_z_shows_the_picture_alone_and_the_cursor_still_moves(scored: Path, open_app: OpenApp) -> None:
    async with open_app((80, 24), room="results") as pilot:
        page = await open_images(pilot)
        await settle(pilot, has_picture(page))
        narrow, first = page.query_one(Picture).size.width, name_of(page)
        await pilot.press("z")
        await settle(pilot, lambda: page.query_one(Picture).size.width > narrow)
        await pilot.press("j")
        await settle(pilot, lambda: name_of(page) != first and has_picture(page)())
        await pilot.press("z")
        assert pilot.app.focused is page.query_one(ImageList)


async def test_in_a_low_terminal_tab_puts_the_scatter_in_the_place_of_the_list(scored: Path, open_app: OpenApp) -> None:
    async with open_app((80, 24), room="results") as pilot:
        page = await open_images(pilot)
        assert page.query_one(RowScatter).size.height == 0
        await pilot.press("tab")
        await settle(pilot, lambda: page.query_one(RowScatter).size.height > 5)
        assert "Prediction against MOS" in screen_text(pilot)
        await pilot.press("j")
        assert page.query_one(ImageList).cursor_key == "1"
        await pilot.press("tab", "tab")
        await settle(pilot, lambda: page.query_one(ImageList).size.height > 5)
