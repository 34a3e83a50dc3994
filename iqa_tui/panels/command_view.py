"""The exact command of one experiment, wrapped so that a shell reads the same words; or words on something else."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from iqa_tui.widgets.canvas import Canvas, Line, wrapped


class CommandView(Canvas):
    """Draws what `show` was given last."""

    def __init__(self) -> None:
        super().__init__(id="command", classes="panel")
        self.border_title = "Command"
        self._words: tuple[str, ...] = ()
        self._texts: tuple[str, ...] = ()

    @property
    def command(self) -> str:
        """One line, ready for a shell."""
        return shlex.join(self._words)

    def show(self, title: str, words: Sequence[str]) -> None:
        self._words, self._texts = tuple(words), ()
        self.set_title(f"Command · {title} · y copies" if title else "Command")
        self.redraw()

    def show_words(self, title: str, texts: Sequence[str]) -> None:
        """Show words instead of a command, all of them."""
        self._words, self._texts = (), tuple(texts)
        self.set_title(title)
        self.redraw()

    def draw(self, width: int, height: int) -> list[Line]:
        if self._texts:
            return [[(line, "")] for text in self._texts for line in wrapped(text, width)]
        lines = wrapped_command(self._words, width)
        if len(lines) > height > 0:
            lines[height - 1] = lines[height - 1].removesuffix("\\") + "…"
        return [[(line, "")] for line in lines[:height]]


def wrapped_command(words: Sequence[str], width: int) -> list[str]:
    """A flag stays with its value; a line that goes on ends in a backslash."""
    if not words:
        return []
    parts: list[str] = []
    for word in words:
        if parts and not word.startswith("--"):
            parts[-1] += f" {shlex.quote(word)}"
        else:
            parts.append(shlex.quote(word))
    glued = " ".join(part.replace(" ", "\N{NO-BREAK SPACE}") for part in parts)
    lines = wrapped(glued, max(20, width - 2), "  ", tear=False)
    lines = [line.replace("\N{NO-BREAK SPACE}", " ") for line in lines]
    return [f"{line} \\" for line in lines[:-1]] + lines[-1:]
