"""A line that is typed into a widget which has the focus already, so that keys typed ahead stand in it."""

from __future__ import annotations

from rich.cells import cell_len

MOST_SIGNS = 1000
CURSOR = "▏"


class TypedLine:
    """What stands behind a question. Each key is taken at once."""

    def __init__(self, question: str, text: str = "", earlier: str = "") -> None:
        """Args:
        question: before the text.
        text: to begin with.
        earlier: what the key up brings back.
        """
        self.question = question
        self.text = text
        self._earlier = earlier

    def words(self, width: int) -> str:
        """As it is drawn in so many cells; of a longer text the end, in which the user types."""
        room = width - cell_len(f"{self.question}{CURSOR}")
        text = self.text
        if cell_len(text) > room:
            while text and cell_len(text) > max(0, room - 1):
                text = text[1:]
            text = f"…{text}"
        return f"{self.question}{text}{CURSOR}"

    def take(self, key: str, character: str | None) -> bool:
        """Change the line by one key; False if the key means nothing here."""
        if key in ("backspace", "ctrl+h"):
            self.text = self.text[:-1]
        elif key == "ctrl+w":
            self.text = self.text.rstrip()[: self.text.rstrip().rfind(" ") + 1]
        elif key == "ctrl+u":
            self.text = ""
        elif key == "up":
            self.text = self._earlier
        elif character is not None and character.isprintable():
            self.paste(character)
        else:
            return False
        return True

    def paste(self, text: str) -> None:
        """The first line of it; signs that cannot be seen are left out."""
        first = text.partition("\n")[0]
        self.text = (self.text + "".join(sign for sign in first if sign.isprintable()))[:MOST_SIGNS]
