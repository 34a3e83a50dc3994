"""Every key that does something, in the help."""

from __future__ import annotations

import re
from pathlib import Path

from iqa_tui.monitor.fields import FIELDS
from iqa_tui.monitor.query import OWN_WORDS, parse
from iqa_tui.screens.help import FILTER_WORDS, HelpScreen
from tests.fakes.app import OpenApp, screen_text, settle
from tests.fakes.run_folders import FakeRun


async def test_help_names_every_key_of_the_screen(ablation: list[FakeRun], open_app: OpenApp) -> None:
    async with open_app((140, 60)) as pilot:
        screen = pilot.app.screen
        described = {b.binding.description for b in screen.active_bindings.values() if b.binding.description}
        await pilot.press("question_mark")
        await settle(pilot, lambda: isinstance(pilot.app.screen, HelpScreen))
        shown = {description for _, _, description in pilot.app.screen._entries}
        assert described - shown == {"Copy selected text"}
        assert "? " in screen_text(pilot)
        await pilot.press("escape")
        await settle(pilot, lambda: pilot.app.screen is screen)


def test_the_help_and_the_readme_name_every_word_of_the_filter_and_no_other() -> None:
    examples = [example for example, _ in FILTER_WORDS]
    readme = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")
    table = readme[readme.index("| filter | shows |") :].partition("\n\n")[0].replace("\\|", "|")
    for words in (" ".join(examples).replace("|", " "), table.replace("`", " ").replace(",", " ")):
        assert set(OWN_WORDS) <= set(words.split())
    assert [example for example in examples if parse(example).problem] == []
    fields = {match[1] for example in examples for match in re.finditer(r"(\w+)(?:[<>=:])", example)}
    assert fields <= set(FIELDS)
    signs = {sign for example in examples for sign in re.findall(r"[!|/\"]|[<>=]=?|:", example)}
    assert {"!", "|", "/", '"', ":", ">", "<", "="} <= signs


async def test_help_is_the_same_whatever_has_the_focus(ablation: list[FakeRun], open_app: OpenApp) -> None:
    async with open_app((140, 60)) as pilot:
        await settle(pilot, lambda: "● running" in screen_text(pilot))
        screen = pilot.app.screen
        told = []
        for keys in ((), ("tab",), ("tab",)):
            await pilot.press(*keys, "f1")
            await settle(pilot, lambda: isinstance(pilot.app.screen, HelpScreen))
            told.append(sorted(pilot.app.screen._entries))
            await pilot.press("f1")
            await settle(pilot, lambda: pilot.app.screen is screen)
        assert told[0] == told[1] == told[2]
        groups = {group for group, _, _ in told[0]}
        assert groups == {"On this screen", "In a table", "In the curves", "In the log", "Everywhere"}
        words = {description for _, _, description in told[0]}
        assert {"stop", "crosshair", "wrap", "leave", "half a page down"} <= words


async def test_f1_helps_in_a_field_and_leaves_what_was_typed(ablation: list[FakeRun], open_app: OpenApp) -> None:
    async with open_app((140, 60)) as pilot:
        await settle(pilot, lambda: "● running" in screen_text(pilot))
        await pilot.press("slash", "F", "question_mark", "f1")
        await settle(pilot, lambda: isinstance(pilot.app.screen, HelpScreen))
        assert "stop" in {description for _, _, description in pilot.app.screen._entries}
        await pilot.press("f1", "2")
        await settle(pilot, lambda: pilot.app.screen.query_one("#filter").value == "F?2")
