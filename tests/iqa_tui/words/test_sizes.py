"""How an amount of memory or disk is said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iqa_tui.words.sizes import GIB, gib_words, size_words


@pytest.mark.parametrize(
    ("size_bytes", "decimals", "words"),
    [(0, 1, "0.0 GiB"), (GIB, 1, "1.0 GiB"), (21.34 * GIB, 1, "21.3 GiB"), (1.5 * GIB, 2, "1.50 GiB"), (1, 0, "0 GiB")],
)
def test_a_size_is_said_in_gib(size_bytes: float, decimals: int, words: str) -> None:
    assert gib_words(size_bytes, decimals) == words


@given(st.integers(0, 1 << 50), st.integers(0, 1 << 50))
def test_more_bytes_are_never_said_to_be_fewer(one: int, other: int) -> None:
    few, many = sorted((one, other))
    assert float(gib_words(few).split()[0]) <= float(gib_words(many).split()[0])


@pytest.mark.parametrize(
    ("size_bytes", "words"),
    [(0, "0 B"), (417, "417 B"), (4096, "4 KiB"), (312 << 20, "312 MiB"), (2.14 * GIB, "2.1 GiB"), (GIB, "1.0 GiB")],
)
def test_a_size_on_disk_is_said_in_the_unit_that_suits_it(size_bytes: float, words: str) -> None:
    assert size_words(size_bytes) == words
