"""Everything that `iqa-tui paper` writes, in memory: the same runs give the same bytes."""

from __future__ import annotations

from dataclasses import dataclass

from iqa_tui.results.findings.as_text import markdown_text
from iqa_tui.results.paper.content import Content
from iqa_tui.results.paper.figures import figure_files, figure_links, why_not
from iqa_tui.results.paper.numbers_tex import numbers_tex
from iqa_tui.results.paper.readme import readme_md
from iqa_tui.results.paper.report import report_html
from iqa_tui.results.paper.scores_csv import scores_csv
from iqa_tui.results.paper.shown import figures_of
from iqa_tui.results.paper.table_tex import table_tex
from training.runfolder.text import plain_lines


@dataclass(frozen=True, slots=True)
class Paper:
    """What is written."""

    files: dict[str, bytes]
    """Name to content."""
    without: str
    """Why there are no figures; empty if they are there."""


def paper_of(content: Content) -> Paper:
    """Takes seconds, for the figures."""
    without = why_not()
    figures = figures_of(content)
    drawn = () if without else figures
    texts = {
        "README.md": readme_md(content, drawn, without),
        "findings.md": plain_lines(markdown_text(content.findings)),
        "numbers.tex": numbers_tex(content),
        "report.html": report_html(content, figures, figure_links(drawn), without),
        "scores.csv": scores_csv(content),
        "table.tex": table_tex(content),
    }
    return Paper({name: text.encode() for name, text in texts.items()} | figure_files(drawn), without)
