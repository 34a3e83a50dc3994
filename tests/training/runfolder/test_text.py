"""What passes the gate is one harmless line, whatever stood in a file."""

from __future__ import annotations

import io
import sys
import unicodedata
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase, Status
from training.runfolder.spec import Spec
from training.runfolder.text import MOST_NESTED, plain, plain_copy, plain_lines, speak_leniently

HOSTILE = "\x1b]52;c;aGk=\x07 \x9b31m \u202eabc\u2066 a\u200bb \udc80 x\r\ny\tz \u2028 ✓\ufe0f \U000e0041"
ANY_TEXT = st.text(st.characters())  # lone surrogates too
OF_TERMINALS = st.text(st.sampled_from(HOSTILE + "損👩\u200d🏽\u0301\x00\x7f\xad"))


def is_harmless(sign: str) -> bool:
    return unicodedata.category(sign) not in ("Cc", "Cf", "Cs", "Zl", "Zp")


@given(st.one_of(ANY_TEXT, OF_TERMINALS))
def test_no_control_no_direction_and_no_half_character_passes(text: str) -> None:
    assert all(map(is_harmless, plain(text)))
    plain(text).encode()


@given(st.one_of(ANY_TEXT, OF_TERMINALS), st.integers(1, 30))
def test_what_has_passed_passes_again_unchanged(text: str, most: int) -> None:
    assert plain(plain(text)) == plain(text)
    assert plain(plain(text, most), most) == plain(text, most)
    assert plain_lines(plain_lines(text)) == plain_lines(text)


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126)))
def test_printable_ascii_is_unchanged(text: str) -> None:
    assert plain(text) is text


@given(ANY_TEXT, st.integers(1, 30))
def test_a_bound_is_kept(text: str, most: int) -> None:
    assert len(plain(text, most)) <= most


def test_every_sign_of_unicode_that_is_a_control_or_a_format_is_seen_or_left_out() -> None:
    signs = map(chr, range(sys.maxunicode + 1))
    assert not [hex(ord(sign)) for sign in signs if not is_harmless(sign) and plain(sign) == sign]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("L2\x1b[31m", r"L2\x1b[31m"),
        ("a\nb\r\nc\td\u2028e", "a b c d e"),
        ("a\u202eb\u2066", r"a\u202eb\u2066"),
        ("\U000e0041", r"\U000e0041"),
        ("\udc80", r"\udc80"),
        ("✓\ufe0f 👩\u200d🔬 👍🏽", "✓ 👩🔬 👍"),
        ("損失関数 e\u0301 é", "損失関数 e\u0301 é"),
        ("\x9b31m", r"\x9b31m"),
    ],
)
def test_what_is_harmful_becomes_a_blank_or_an_escape_or_nothing(text: str, shown: str) -> None:
    assert plain(text) == shown


def test_lines_stay_lines_if_they_are_meant() -> None:
    assert plain_lines("one\x1b\ntwo\r\n") == "one\\x1b\ntwo \n"


@dataclass(frozen=True)
class Record:
    text: str
    table: dict[str, Any] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    phase: Phase = Phase.QUEUED
    number: float | None = None
    raw: str = ""


def test_every_text_of_a_record_passes_but_those_that_are_left() -> None:
    record = Record("a\x1b", {"k\n": ["\x07", {"deep": "\u202e"}]}, ("ok", "\x9b"), Phase.LOST, 1.5, raw="\x1b")
    shown = plain_copy(record, leave=("raw",))
    assert shown == Record(
        r"a\x1b", {"k ": [r"\x07", {"deep": r"\u202e"}]}, ("ok", r"\x9b"), Phase.LOST, 1.5, raw="\x1b"
    )
    assert shown.phase is Phase.LOST


def test_a_record_without_harmful_text_is_returned_itself() -> None:
    record = Record("a", {"k": ["b", {"deep": "c"}], "n": 1}, ("d",))
    assert plain_copy(record) is record
    assert plain_copy(None) is None


def test_a_table_of_a_thousand_tables_is_cut_and_no_error() -> None:
    deep: Any = "\x1b"
    for _ in range(1000):
        deep = [deep]
    depth, shown = 0, plain_copy(deep)
    while isinstance(shown, list):
        depth, shown = depth + 1, shown[0]
    assert (depth, shown) == (MOST_NESTED + 1, "…")


def test_the_words_of_a_status_are_plain_whatever_made_them() -> None:
    status = Status(Phase.FAILED, "exit 1: \x1b]0;x\x07\nnext", host="h\x1b")
    assert (status.cause, status.host) == (r"exit 1: \x1b]0;x\x07 next", r"h\x1b")
    assert len(Status(Phase.FAILED, "x" * 100_000).cause) < 10_000


def test_a_folder_of_a_hostile_name_is_shown_plain_and_is_not_moved(tmp_path) -> None:
    run = RunFolder(tmp_path / "a\n\x1bb")
    assert run.run_id.startswith(r"a \x1bb~")
    assert run.spec.parent.name == "a\n\x1bb"
    assert RunFolder(tmp_path / "2026-11-23_x_s1").run_id == "2026-11-23_x_s1"


def test_two_folders_that_would_be_shown_alike_have_two_ids(tmp_path) -> None:
    names = ["a b", "a\nb", "a\tb", "a\r\nb", "a\u2028b", "a\udc80b", "a\\udc80b"]
    assert len({RunFolder(tmp_path / name).run_id for name in names}) == len(names)


def test_a_spec_that_is_shown_leaves_the_one_that_is_executed_alone() -> None:
    spec = Spec("r", "g", "l\x1b", ["sh", "-c", "printf '\x1b[0m\n'"], 0.0, env={"A": "\x1b"}, cwd="/a\nb")
    assert plain_copy(spec).label == r"l\x1b"
    assert (spec.argv[2], spec.env, spec.cwd) == ("printf '\x1b[0m\n'", {"A": "\x1b"}, "/a\nb")


def test_output_replaces_what_its_encoding_cannot_say(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="iso-8859-1"))
    speak_leniently()
    print("SRCC 0.9 – é", flush=True)
    assert raw.getvalue() == b"SRCC 0.9 ? \xe9\n"
