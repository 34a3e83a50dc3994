"""The table in Markdown, for a page or a message."""

from __future__ import annotations

import re
from collections.abc import Sequence

from iqa_tui.results.caption import caption
from iqa_tui.results.cells import FIRST_HEADING, Markup, cells, counted_runs, footnotes
from iqa_tui.results.columns import ResultColumn
from iqa_tui.results.table import Table

MARKDOWN_SIGNS = re.compile(
    r"[\\`*_|<>\[\]]"
    r"|~(?=~)|(?<=~)~"  # struck out
    r"|&(?=\#?\w+;)"  # an entity
    r"|^[#+-]|^\d+(?=[.)])"  # a heading, a list
)


def _escaped(match: re.Match[str]) -> str:
    """The sign after a backslash; for a number that would begin a list, the backslash goes before the point."""
    return f"{match[0]}\\" if match[0].isdigit() else f"\\{match[0]}"


def _code(text: str) -> str:
    """The text as code, in more backticks than it contains."""
    longest = max(map(len, re.findall("`+", text)), default=0)
    blank = " " if longest else ""
    return f"{'`' * (longest + 1)}{blank}{text}{blank}{'`' * (longest + 1)}"


MARKDOWN = Markup(
    text=lambda text: MARKDOWN_SIGNS.sub(_escaped, " ".join(text.split())),
    bold=lambda text: f"**{text}**",
    plus_minus=" ± ",
    minus="−",
    recorded="◆",
    across="†",
)


def markdown_text(table: Table, columns: Sequence[ResultColumn]) -> str:
    headings = [FIRST_HEADING, *(MARKDOWN.text(column.heading) for column in columns)]
    aligned = ["---", *("---:" if column.is_number else "---" for column in columns)]
    lines = [MARKDOWN.text(caption(table)), ""]
    lines += [f"| {' | '.join(line)} |" for line in (headings, aligned)]
    lines += [f"| {' | '.join(cells(row, MARKDOWN, columns))} |" for row in table.rows]
    signs = {"recorded": MARKDOWN.recorded, "across": MARKDOWN.across}
    lines += ["", "Best of the table's protocol in bold."]
    lines += ["", *(f"- {signs[sign]} {MARKDOWN.text(words)}" for sign, words in footnotes(table))]
    lines += [f"- {MARKDOWN.text(name)}: {', '.join(map(_code, runs))}" for name, runs in counted_runs(table)]
    return "\n".join(lines).rstrip("\n") + "\n"
