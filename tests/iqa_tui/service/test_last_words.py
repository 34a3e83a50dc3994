"""What a trainer said last, found in whatever it printed."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from iqa_tui.service.last_words import TRACEBACK as TRACEBACK_LINE
from iqa_tui.service.last_words import last_words, tail
from tests.trust.damage import KINDS


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("error: again in 3 s\n{0}KeyError: 'moon'\n", "KeyError: 'moon'"),
        ("{0}KeyError: 'moon'\nerror: no moon\n", "no moon"),
        (" 50%|#####     | 5/10{0}KeyError: 'moon'\n\r 60%|######", "KeyError: 'moon'"),
        (
            "{0}KeyError: 'a'\n\nDuring handling of the above exception, another exception occurred:\n\n{0}ValueError: b\nc\n",
            "ValueError: b",
        ),
        (
            "{0}ValueError: Caught ValueError in DataLoader worker process 0.\nOriginal {0}ValueError: no image 7\n",
            "ValueError: no image 7",
        ),
        (
            "{0}KeyError: 'moon'\nException ignored in: <function __del__>\n{0}AssertionError: aside\n",
            "KeyError: 'moon'",
        ),
        ("Exception in thread Thread-1:\n{0}OSError: its own\n", "OSError: its own"),
        ("{0}RuntimeError: \n        An attempt was made\n        too early\n", "RuntimeError: An attempt was made"),
        (
            "  + Exception Group Traceback (most recent call last):\n  |   File x\n  | ExceptionGroup: a (1 sub-exception)\n  +-+--- 1 ---\n    | ValueError: 1\n    +------\n",
            "ExceptionGroup: a (1 sub-exception)",
        ),
        ("\x1b]8;;file\x1b\\here\x1b]8;;\x1b\\ it is\n", "here it is"),
    ],
)
def test_the_last_words_are_those_that_ended_it(output: str, words: str) -> None:
    frames = f'{TRACEBACK_LINE}\n  File "t.py", line 1, in <module>\n    f()\n    ^^^\n'
    assert last_words(output.format(frames).encode()) == words


def test_output_full_of_escapes_is_read_in_no_time() -> None:
    began = time.process_time()
    last_words(b"\x1b]8;;" * 10_000)
    assert time.process_time() - began < 5  # some milliseconds; a search from each of them to the end takes minutes


def test_last_words_are_text_of_a_bearable_length() -> None:
    assert last_words(b"\xff\xfe broken \x1b[31mred\x1b[0m\x07\n\n") == "�� broken red"
    assert len(last_words(b"x" * 100_000)) == 300
    assert last_words(b"") == ""


@pytest.mark.parametrize("kind", ["absent", "a pipe", "a socket", "a folder", "a device", "a link to /etc/passwd"])
def test_an_output_that_is_no_file_has_no_end(tmp_path: Path, kind: str) -> None:
    KINDS[kind](tmp_path / "output.log")
    assert tail(tmp_path / "output.log") == b""


def test_the_end_of_an_output_is_read_however_long_it_is(tmp_path: Path) -> None:
    KINDS["a hollow file"](tmp_path / "output.log")
    with (tmp_path / "output.log").open("ab") as file:
        file.write(b"error: the end\n")
    assert tail(tmp_path / "output.log").endswith(b"\0error: the end\n")
