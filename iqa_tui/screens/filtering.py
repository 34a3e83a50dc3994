"""The field for a filter, which a key opens and closes. Keys typed or pasted with the one that opens it stand in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events
from textual.containers import Horizontal

from iqa_tui.screens.room import Room
from training.runfolder.text import plain

if TYPE_CHECKING:
    from textual.widgets import Input

HINT = "filter runs: words, state:failed, srcc>0.93, !word, a|b, /pattern/; F1 explains"


class FilteringRoom(Room):
    """A screen whose rows can be filtered. A subclass binds a key to `filter`."""

    @property
    def filter_words(self) -> str:
        """The filter as it is; empty if all rows are shown."""
        raise NotImplementedError

    def filter_by(self, words: str) -> None:
        """Show the rows that pass; all if it is empty."""
        raise NotImplementedError

    def filter_problem(self) -> str:
        """What is wrong with the filter, in words; empty if it is right."""
        return ""

    def filter_closed(self) -> None:
        """Called when the field is gone: something else must have the focus."""

    async def action_filter(self) -> None:
        await self._open(self.filter_words)

    async def on_paste(self, event: events.Paste) -> None:
        """A text that is pasted beside a field is a filter, or nothing: it never acts as keys."""
        if event.text.startswith("/"):
            await self._open(plain(event.text[1:].partition("\n")[0]))

    async def _open(self, words: str) -> None:
        from textual.widgets import Input, Static  # noqa: PLC0415  most users never filter: not before the first paint

        if not self.query("#filter"):
            line = Horizontal(
                Static("/", id="filter-prompt"),
                Input(placeholder=HINT, id="filter", compact=True),
                Static("", id="filter-problem", markup=False),
                id="filter-line",
            )
            await self.mount(line, before="KeyBar")
        field = self.query_one("#filter", Input)
        field.value = words
        field.cursor_position = len(words)
        field.focus()

    def close_filter(self) -> None:
        self.query("#filter-line").remove()
        self.filter_closed()

    def on_input_changed(self, event: Input.Changed) -> None:
        from textual.widgets import Static  # noqa: PLC0415  as above

        self.filter_by(event.value)
        for words in self.query("#filter-problem").results(Static):
            words.update(self.filter_problem())

    def on_input_submitted(self) -> None:
        self.close_filter()
