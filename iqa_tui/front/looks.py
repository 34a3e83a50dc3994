"""Light or dark: as the settings file says, else as the user chose last, else as the terminal is."""

from __future__ import annotations

import os

from iqa_tui.front.base import FrontApp
from iqa_tui.widgets.background import BackgroundTold, said_in
from iqa_tui.widgets.terminal_driver import TerminalDriver
from iqa_tui.widgets.themes import THEMES

LIGHT, DARK = "iqa-light", "iqa-dark"


class LooksApp(FrontApp):
    """Knows the themes, and why one is shown."""

    _guessed = DARK
    """The theme that was shown without the user's wish."""
    _is_chosen = False
    """The user chose the theme in the app, now or earlier."""
    _opening_theme = ""
    """The theme that the styles are parsed with at first; empty after the first paint."""

    def choose_theme(self) -> None:
        """Before the first paint. A guess by what the terminal said the last time keeps it from flickering."""
        for theme in THEMES:
            self.register_theme(theme)
        chosen = self.remembered.recall("theme", "")
        self._is_chosen = self.settings.theme == "auto" and chosen in self.available_themes
        if not self._is_chosen:
            said = said_in(os.environ)
            is_light = self.remembered.recall("light terminal", usual=False) if said is None else said
            is_light = {"light": True, "dark": False}.get(self.settings.theme, is_light)
            self._guessed = LIGHT if is_light else DARK
        self.theme = chosen if self._is_chosen else self._guessed
        self.stylesheet.set_variables(self.get_css_variables())
        self._opening_theme = self.theme

    def refresh_css(self, animate: bool = True) -> None:
        """As Textual's, which parses all styles anew. While the app opens they are of its theme already."""
        if self.theme == self._opening_theme:
            self.stylesheet.update(self, animate=animate)
        else:
            super().refresh_css(animate)

    def ask_terminal(self) -> None:
        """After the first paint, if the theme is to be as the terminal is."""
        self._opening_theme = ""
        if self.settings.theme == "auto" and not self._is_chosen and isinstance(self._driver, TerminalDriver):
            self._driver.ask_background()

    def on_background_told(self, message: BackgroundTold) -> None:
        self.remembered.remember("light terminal", message.is_light)
        if self.settings.theme == "auto" and not self._is_chosen:
            self._guessed = LIGHT if message.is_light else DARK
            self.theme = self._guessed

    def watch_theme(self, theme: str) -> None:
        if self._is_chosen or theme != self._guessed:
            self._is_chosen = True
            self.remembered.remember("theme", theme)

    def action_other_theme(self) -> None:
        self.theme = LIGHT if self.current_theme.dark else DARK
