"""The two looks of the app. Its widgets' own styles are in `palette`."""

from __future__ import annotations

from textual.theme import Theme

# Colours that say good, bad and beware are Okabe and Ito's too, so that colour-blind users can tell them apart.
THEMES = (
    Theme(
        name="iqa-dark",
        primary="#56b4e9",
        secondary="#cc79a7",
        accent="#56b4e9",
        warning="#e69f00",
        error="#ff7f50",
        success="#2fbf8f",
        background="#101216",
        surface="#161a20",
        panel="#222831",
        foreground="#d8dee6",
        dark=True,
        variables={"scrollbar": "#4a5562", "scrollbar-hover": "#6b7887", "scrollbar-background": "#222831"},
    ),
    Theme(
        name="iqa-light",
        primary="#0072b2",
        secondary="#a3477b",
        accent="#0072b2",
        warning="#a86b00",
        error="#b32800",
        success="#00755a",
        background="#fafafa",
        surface="#f2f3f5",
        panel="#e1e4e8",
        foreground="#1c2128",
        dark=False,
        variables={"scrollbar": "#a9b1ba", "scrollbar-hover": "#858f9a", "scrollbar-background": "#e1e4e8"},
    ),
)
