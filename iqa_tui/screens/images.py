"""The test images of a row of the results: predictions against opinions, what stands out, and the pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.timer import Timer
from textual.widget import Widget
from textual.worker import get_current_worker

from iqa_tui.panels.notes import Notes
from iqa_tui.panels.row_images import ImageList, RowScatter
from iqa_tui.results.images.places import NotShown, find_test_image
from iqa_tui.results.images.views import Found, ImageOrder, Listed, RunKey, Wanted, image_headline, image_words
from iqa_tui.results.table import Table, read_entries
from iqa_tui.screens.pages import Page
from iqa_tui.screens.room import Session
from iqa_tui.widgets.palette import series_style
from iqa_tui.widgets.picture import Picture
from iqa_tui.widgets.row_table import RowTable
from training.runfolder.text import plain

SETTLE_SECONDS = 0.06
"""The cursor rests so long on an image before its file is read."""
ORDERS = tuple(ImageOrder)
FEW_COLOURS = ("standard", "windows", None)
"""Colour systems of terminals in which a photograph would be 16 colours."""


class ImagesPage(Page):
    """Of the row that was under the cursor; scores and pictures are read in threads."""

    ROOM = "row-images"
    TAB = "results"
    AUTO_FOCUS = "#image-list"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right", "next_order(1)", "next list", key_display="→"),
        Binding("left", "next_order(-1)", "list before", key_display="←", show=False),
        Binding("right_square_bracket", "next_row(1)", "next row", key_display="]"),
        Binding("left_square_bracket", "next_row(-1)", "row before", key_display="[", show=False),
        Binding("b", "other_row", "compare with"),
        Binding("s", "next_seed", "mean or one seed"),
        Binding("o", "open_image", "open"),
        Binding("y", "copy_path", "copy path"),
        Binding("z", "whole_picture", "picture alone"),
        Binding("up,k", "move_image(-1)", "image before", show=False),
        Binding("down,j", "move_image(1)", "next image", show=False),
    ]

    def __init__(self, session: Session, table: Table, row: int) -> None:
        """Args:
        table: its texts are raw.
        row: place in it.
        """
        super().__init__(session, ())
        self._table = table
        self._wanted = Wanted(row, self._first_other(row))
        self._found: Found | None = None
        self._listed: list[Listed] = []
        self._path: tuple[str, Path | None] = ("", None)
        """Name of an image, and its file once it was found and decoded."""
        self._settling: Timer | None = None

    def compose_body(self) -> ComposeResult:
        has_few = not self.app.is_headless and self.app.console.color_system in FEW_COLOURS
        is_grey = self.session.has_signs or has_few
        with Container(id="page"):
            with Container(id="scores"):
                yield ImageList()
                yield RowScatter(ascii_mode=self.session.ascii_mode)
            with Container(id="shown"):
                yield Picture(id="picture", classes="panel", is_grey=is_grey)
                yield Notes(id="image-notes", classes="panel")

    def on_mount(self) -> None:
        self._read()

    # Scores

    def _first_other(self, row: int) -> int | None:
        """The baseline, or for the baseline itself the first other row."""
        places = self._others(row)
        baseline = [place for place in places if self._table.rows[place].id == self._table.baseline]
        return next(iter([*baseline, *places]), None)

    def _others(self, row: int) -> list[int]:
        """Places of the rows that may have scores of single images."""
        return [k for k, each in enumerate(self._table.rows) if k != row and each.run_ids and not each.recorded]

    def _look_at(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._read()

    def _read(self) -> None:
        wanted = self._wanted
        self.run_worker(lambda: self._read_scores(wanted), thread=True, exclusive=True, group="scores")

    def _read_scores(self, wanted: Wanted) -> None:
        """In a thread."""
        from iqa_tui.results.intervals.looking import look_at_images  # noqa: PLC0415  scipy takes half a second

        worker = get_current_worker()
        entries = read_entries(self.session.runs_dir, self._table.group)
        found = look_at_images(self._table.rows, entries, wanted)
        if not worker.is_cancelled and self.app.is_running:
            self.app.call_from_thread(self._take, found)

    def _take(self, found: Found) -> None:
        if not self.can_draw or found.wanted != self._wanted:
            return
        self._found, self._listed = found, found.listed()
        row = self._table.rows[found.wanted.row]
        looks = self.colours
        style = next((series_style(looks[run_id]) for run_id in row.run_ids if run_id in looks), "accent")
        self.query_one(RowScatter).show_images(found.images, style)
        listing = self.query_one(ImageList)
        listing.set_title(found.title(), found.title(is_short=True))
        is_apart = found.wanted.order is ImageOrder.APART
        other = found.other.id if found.other is not None and is_apart else ""
        empty = found.images.problem or "there is no image that both rows have"
        has_scale = (found.images.has_scale, found.other is None or found.other.has_scale)
        listing.show_list(self._listed, (plain(found.images.id), plain(other)), plain(empty), has_scale)
        if listing.cursor_key not in (None, "0"):
            listing.move_to("0")
        self._show_cursor()

    # The image under the cursor

    def _under_cursor(self) -> Listed | None:
        key = self.query_one(ImageList).cursor_key
        return self._listed[int(key)] if key is not None and int(key) < len(self._listed) else None

    def on_row_table_cursor_moved(self, message: RowTable.CursorMoved) -> None:
        message.stop()
        self._show_cursor()

    def on_picture_room_changed(self) -> None:
        self._read_picture_soon()

    def _show_cursor(self) -> None:
        listed = self._under_cursor()
        image = listed.image if listed else None
        self.query_one(RowScatter).mark((image.mos, image.drawn) if image else None)
        self._path = (image.name if image else "", None)
        self._say(listed, "", "")
        self._read_picture_soon()

    def _say(self, listed: Listed | None, path: str, file_words: str) -> None:
        if self._found is not None:
            words = image_words(self._found, listed, path, file_words) if listed else []
            self.query_one("#image-notes", Notes).show(words)
        picture = self.query_one(Picture)
        picture.set_title(plain(listed.image.name) if listed else "Picture")
        picture.set_subtitle(image_headline(self._found, listed) if self._found and listed else "")

    def _read_picture_soon(self) -> None:
        """Once the cursor rests; what is read for an older place is given up."""
        self.workers.cancel_group(self, "picture")
        if self._settling is not None:
            self._settling.stop()
        self._settling = self.set_timer(SETTLE_SECONDS, self._read_picture)

    def _read_picture(self) -> None:
        listed, picture, found = self._under_cursor(), self.query_one(Picture), self._found
        if listed is None or found is None:
            problem = plain(found.images.problem) if found else ""
            picture.say(f"{problem}; ] goes to the next row" if problem else "")
            return
        room = (picture.size.width, picture.size.height)
        if min(room) > 0:
            work = lambda: self._decode(found, listed, room, is_grey=picture.is_grey)  # noqa: E731  as a worker needs it
            self.run_worker(work, thread=True, exclusive=True, group="picture")

    def _decode(self, found: Found, listed: Listed, room: tuple[int, int], *, is_grey: bool) -> None:
        """In a thread."""
        from iqa_tui.results.images.decode import decode_kept, fitted  # noqa: PLC0415  Pillow

        worker = get_current_worker()
        path: Path | None = None
        try:
            path = find_test_image(listed.image.name, found.dataset, found.folders)
            decoded = decode_kept(path, lambda: worker.is_cancelled)
            answer: Any = fitted(decoded, *room, is_grey=is_grey)
            words = decoded.words
        except NotShown as error:
            answer, words = str(error), ""
        if not worker.is_cancelled and self.app.is_running:
            self.app.call_from_thread(self._take_picture, listed, path, answer, words)

    def _take_picture(self, listed: Listed, path: Path | None, answer: Any, words: str) -> None:
        """Args:
        answer: the pixels, or why there are none.
        """
        if not self.can_draw or listed is not self._under_cursor():
            return
        picture = self.query_one(Picture)
        if isinstance(answer, str):
            picture.say(answer)
        else:
            self._path = (listed.image.name, path)
            picture.show_pixels(answer.width, answer.height, answer.values)
        self._say(listed, str(path or ""), words)

    # Keys

    def action_next_order(self, direction: int) -> None:
        here = ORDERS.index(self._wanted.order)
        self._look_at(replace(self._wanted, order=ORDERS[(here + direction) % len(ORDERS)]))

    def action_next_row(self, direction: int) -> None:
        row = (self._wanted.row + direction) % len(self._table.rows)
        other = self._wanted.other if self._wanted.other != row else None
        self._look_at(Wanted(row, other if other is not None else self._first_other(row), order=self._wanted.order))

    def action_other_row(self) -> None:
        """Compare with the next row, and list what both disagree on."""
        places = self._others(self._wanted.row)
        if not places:
            self.notify("No other row has scores of single images.")
            return
        shown, other = self._wanted.order is ImageOrder.APART, self._wanted.other
        following = [place for place in places if other is not None and place > other] if shown else [other]
        chosen = following[0] if following else places[0]
        self._look_at(replace(self._wanted, other=chosen, order=ImageOrder.APART))

    def action_next_seed(self) -> None:
        """The mean over all seeds and splits, then each run alone."""
        runs = self._found.runs if self._found else ()
        if len(runs) < 2:
            self.notify("The row has scores of one seed alone." if runs else "The row has no scores.")
            return
        choices: Sequence[RunKey | None] = [None, *runs]
        here = choices.index(self._wanted.run) if self._wanted.run in choices else 0
        self._look_at(replace(self._wanted, run=choices[(here + 1) % len(choices)]))

    def action_open_image(self) -> None:
        """With the desktop's viewer; without one the path is copied."""
        from iqa_tui.processes.viewer import open_with_viewer  # noqa: PLC0415  only a user who opens one waits for it

        name, path = self._path
        if path is None:
            self.notify("There is no picture to open." if name else "There is no image.")
            return
        problem = "" if self.session.read_only else open_with_viewer(path)
        if self.session.read_only or problem:
            self.app.copy_to_clipboard(str(path))
            why = problem or "The app is read only, so it starts no viewer."
            self.notify(f"{why} Copied the path: {plain(str(path))}", markup=False)
        else:
            self.notify(f"Opened {plain(str(path))}", markup=False)

    def action_copy_path(self) -> None:
        name, path = self._path
        if path is not None:
            self.copy(plain(str(path)), "path")
        else:
            self.copy(plain(name), "name")

    def action_whole_picture(self) -> None:
        self.toggle_class("-whole")
        self.set_focus(self.query_one(Picture) if self.has_class("-whole") else self.query_one(ImageList))

    def action_move_image(self, images: int) -> None:
        """On the panels beside the list."""
        self.query_one(ImageList).action_move(images)

    def focus_order(self) -> list[Widget]:
        if self.has_class("-whole"):
            return [self.query_one(Picture)]
        return [self.query_one(kind) for kind in (ImageList, RowScatter, Picture)]

    def before_focus(self, widget: Widget) -> None:
        """In a low terminal list and scatter take turns beside the picture."""
        self.set_class(isinstance(widget, RowScatter), "-scatter")
