"""In which line of a plan a key stands."""

from __future__ import annotations

import pytest

from iqa_tui.plans.toml_lines import TomlPlace, line_of

TEXT = '''name = "x"
notes = """
priority = "in a text"
[[experiment]]
"""
[base]
lr = 1
[[experiment]]
id = "A"
priority = "high"
[[experiment]]  # the second
id = "B"
"priority" = "urgent"
flags.lr = 2
'''


@pytest.mark.parametrize(
    ("place", "key", "line"),
    [
        (TomlPlace(), "name", 1),
        (TomlPlace("base"), "lr", 7),
        (TomlPlace("experiment", 1), "priority", 10),
        (TomlPlace("experiment", 2), "priority", 13),
        (TomlPlace("experiment", 2), "flags", 14),
        (TomlPlace("experiment", 2), "label", 11),
        (TomlPlace("experiment", 3), "id", None),
        (TomlPlace(), "title", None),
        (TomlPlace("base"), "l", 6),
    ],
)
def test_the_line_is_that_of_the_key_in_its_own_table_or_of_its_heading(
    place: TomlPlace, key: str, line: int | None
) -> None:
    assert line_of(TEXT, place, key) == line
