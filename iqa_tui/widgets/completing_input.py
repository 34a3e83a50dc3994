"""A field in which tab completes, as in a shell: what all that fits has in common, then what fits is listed."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Input

Complete = Callable[[str], list[str]]
"""A text to all that begins with it. It may read files: it is called in a thread."""


class CompletingInput(Input):
    """The first that fits stands behind the cursor, dim; the key right takes it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("tab", "complete", "complete the path", show=False)]

    class Several(Message):
        """Tab found more than one text that fits, or none."""

        def __init__(self, fitting: list[str]) -> None:
            super().__init__()
            self.fitting = fitting

    def __init__(self, complete: Complete, *, placeholder: str, id: str) -> None:  # noqa: A002  Textual's name
        super().__init__(placeholder=placeholder, id=id, compact=True, suggester=_First(complete))
        self._complete = complete

    async def action_complete(self) -> None:
        """Waits for the thread, so that keys typed after tab stand behind what it completes."""
        typed = self.value
        fitting = await asyncio.to_thread(self._complete, typed)
        if self.value == typed:
            self.value = os.path.commonprefix(fitting) or typed  # noqa: RUF071  letters, not folders
            self.cursor_position = len(self.value)
            self.post_message(self.Several(fitting if len(fitting) != 1 else []))


class _First(Suggester):
    def __init__(self, complete: Complete) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._complete = complete

    async def get_suggestion(self, value: str) -> str | None:
        fitting = await asyncio.to_thread(self._complete, value) if value else []
        return fitting[0] if fitting else None
