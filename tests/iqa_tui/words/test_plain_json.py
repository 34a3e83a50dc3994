from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from iqa_tui.words.plain_json import plain_json
from training.runfolder.text import plain_lines


@given(st.dictionaries(st.text(st.characters()), st.text(st.characters())))
def test_programs_read_back_every_text_and_a_terminal_is_told_nothing(content: dict[str, str]) -> None:
    text = plain_json(content, indent=1)
    assert json.loads(text) == content
    assert plain_lines(text) == text
    text.encode()


def test_letters_that_do_no_harm_stand_as_they_are() -> None:
    assert plain_json(["損失 é"], indent=0) == '[\n"損失 é"\n]'
