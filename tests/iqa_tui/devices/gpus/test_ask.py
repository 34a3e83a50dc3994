"""One question to the library, which may have no answer."""

from __future__ import annotations

import pynvml
import pytest

from iqa_tui.devices.gpus.ask import ask, text


def refuses(error: Exception) -> int:
    raise error


def test_the_answer_is_passed_on_with_its_arguments() -> None:
    assert ask(lambda *words, **named: (words, named), 1, 2, version=3) == ((1, 2), {"version": 3})
    assert ask(lambda: 0) == 0


@pytest.mark.parametrize("error", [pynvml.NVMLError(3), pynvml.NVMLLibraryMismatchError("v2")])
def test_a_question_that_the_driver_does_not_answer_has_no_answer(error: Exception) -> None:
    assert ask(refuses, error) is None


def test_a_mistake_of_ours_is_no_missing_answer() -> None:
    with pytest.raises(TypeError):
        ask(refuses, TypeError("of ours"))


@pytest.mark.parametrize(
    ("answer", "words"), [("H100", "H100"), (b"H100", "H100"), (b"H\xff100", "H\N{REPLACEMENT CHARACTER}100")]
)
def test_an_old_library_answers_in_bytes(answer: str | bytes, words: str) -> None:
    assert text(answer) == words
