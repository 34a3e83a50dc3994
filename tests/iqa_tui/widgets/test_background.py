"""Light or dark by the terminal's own answer, of which no part ever becomes a key."""

from __future__ import annotations

from typing import Any

import pytest
from textual import events
from textual._xterm_parser import XTermParser
from textual.message import Message

from iqa_tui.widgets import background
from iqa_tui.widgets.background import AnswersParser, BackgroundTold, is_light, may_be_asked, said_in


@pytest.mark.parametrize(
    ("colour", "light"),
    [
        ("rgb:ffff/ffff/ffff", True),
        ("rgb:0000/0000/0000", False),
        ("rgb:fd/f6/e3", True),
        ("rgba:1e1e/1e1e/2e2e/ffff", False),
        ("rgb:0/0/f", False),
        ("white", None),
        ("", None),
    ],
)
def test_a_colour_is_light_or_dark(colour: str, light: bool | None) -> None:
    assert is_light(colour) is light


@pytest.mark.parametrize(
    ("value", "light"),
    [("0;15", True), ("15;0", False), ("0;default;7", True), ("15;8", False), ("", None), ("x", None)],
)
def test_without_an_answer_colorfgbg_says_it(value: str, light: bool | None) -> None:
    assert said_in({"COLORFGBG": value}) is light
    assert said_in({}) is None


@pytest.mark.parametrize(
    ("environment", "may"),
    [
        ({"TERM": "xterm-256color"}, True),
        ({"TERM": "tmux-256color", "TMUX": "/tmp/x"}, True),
        ({"TERM": "screen-256color"}, True),
        ({"TERM": "screen", "STY": "1.pts"}, False),
        ({"TERM": "linux"}, False),
        ({"TERM": "vt100"}, False),
        ({"TERM": "dumb"}, False),
        ({}, False),
    ],
)
def test_a_terminal_that_would_print_the_question_is_not_asked(environment: dict[str, str], may: bool) -> None:
    assert may_be_asked(environment) is may


def told(messages: list[Message]) -> list[Any]:
    """Keys by their names, answers as True or False."""
    return [
        message.is_light if isinstance(message, BackgroundTold) else message.key
        for message in messages
        if isinstance(message, BackgroundTold | events.Key)
    ]


@pytest.mark.parametrize("end", ["\x07", "\x1b\\"])
def test_an_answer_among_keys_is_taken_out(end: str) -> None:
    parser = AnswersParser()
    assert told(list(parser.feed(f"a\x1b]11;rgb:ffff/ffff/ffff{end}b"))) == [True, "a", "b"]


@pytest.mark.parametrize("end", ["\x07", "\x1b\\"])
def test_an_answer_in_pieces_is_taken_out(end: str) -> None:
    answer = f"\x1b]11;rgb:0000/0000/0000{end}"
    for cut in range(2, len(answer)):
        parser = AnswersParser()
        messages = [*parser.feed(f"a{answer[:cut]}"), *parser.feed(f"{answer[cut:]}b")]
        assert told(messages) == ["a", False, "b"], cut


def test_what_only_begins_like_an_answer_is_typed_a_little_later(monkeypatch: pytest.MonkeyPatch) -> None:
    parser, plain = AnswersParser(), XTermParser()
    assert told(list(parser.feed("\x1b]"))) == []  # alt and `]`
    assert told(list(parser.tick())) == []
    monkeypatch.setattr(background, "PATIENCE_SECONDS", 0.0)
    typed = [*parser.tick(), *parser.feed("\x1b[A")]
    assert told(typed) == told([*plain.feed("\x1b]"), *plain.feed("\x1b[A")])
    assert told(typed), "Textual makes keys of it"


def test_an_answer_that_says_no_colour_is_taken_out_too() -> None:
    assert told(list(AnswersParser().feed("\x1b]11;none\x07q"))) == ["q"]
