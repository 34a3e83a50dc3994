"""The check of prose finds what it is for, and nothing in this repository."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.architecture.prose import found


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('"""Whoever asks is told."""', "Whoever"),
        ("# taken where there is room", "where there is"),
        ('TEXT = "nobody can read it"', "nobody"),
        ("def test_somebody_else_is_named(): ...", "somebody"),
        ("# another's trainer", "another's"),
    ],
)
def test_words_that_hide_who_acts_or_on_what_condition_are_found(tmp_path: Path, text: str, words: str) -> None:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    (tmp_path / "a.py").write_text(f"import os\n{text}\n")
    subprocess.run(["git", "-C", tmp_path, "add", "a.py"], check=True)
    ((name, line, said, instead),) = found(tmp_path)
    assert (name, line, said) == ("a.py", 2, words)
    assert instead


@pytest.mark.parametrize("text", ["# the folder where runs are", "nobody = 1", "# a user"])
def test_places_names_and_plain_words_are_left_alone(tmp_path: Path, text: str) -> None:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    (tmp_path / "a.py").write_text(f"{text}\n")
    subprocess.run(["git", "-C", tmp_path, "add", "a.py"], check=True)
    assert list(found(tmp_path)) == []


def test_this_repository_says_who_acts_and_if_or_when() -> None:
    assert list(found()) == []
