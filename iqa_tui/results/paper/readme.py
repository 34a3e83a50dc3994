"""`README.md`: what the files are, how they are made again, by which code, from which runs, on which data."""

from __future__ import annotations

import re
from collections.abc import Sequence

from iqa_tui.results.markdown import MARKDOWN
from iqa_tui.results.paper.citations import bibtex, citation_words, dataset_name
from iqa_tui.results.paper.commands import PLACE, again, trainer_command
from iqa_tui.results.paper.content import Content
from iqa_tui.results.paper.made import facts, run_lines, written_by
from iqa_tui.results.paper.numbers_tex import NAMING
from iqa_tui.results.paper.shown import Shown
from training.runfolder.mixed import dataset_names, of_scores
from training.runfolder.text import plain

WRITERS = ("iqa-tui", "numpy", "scipy", "matplotlib")
FILES = {
    "table.tex": "the table; needs booktabs",
    "numbers.tex": "one macro a number, for the text",
    "findings.md": "what the runs show: verdicts, answers, limits",
    "scores.csv": "opinion of every test image, and what each run's network predicted, before any calibration",
    "report.html": "all of it on one page, for a browser without a network",
    "SHA256SUMS": "digests of the other files: `sha256sum -c SHA256SUMS`",
}


def readme_md(content: Content, figures: Sequence[Shown], without: str) -> str:
    """Args:
    figures: those that are drawn.
    without: why no figure is drawn; empty if they are.
    """
    lines = [f"# {MARKDOWN.text(content.table.title)}", "", *_files(figures, without)]
    lines += ["", "## Made again by", "", *_fenced(again(content), "console")]
    writers = written_by(WRITERS if figures else WRITERS[:-1])
    lines += ["", f"{PLACE} stands for where the file lies on your machine."]
    lines += [f"This folder was written by {writers}; they write the same bytes of the same runs."]
    lines += [] if content.is_preset else ["The content of the plan stands in `spec.json` of each run."]
    lines += ["", "The trainers were started by these commands:", ""]
    lines += _fenced([trainer_command(run) for run in content.trained], "console")
    lines += ["", "## Code and machine", "", *(f"- {MARKDOWN.text(fact)}" for fact in facts(content))]
    lines += ["", "## Runs", "", *_runs(content)]
    lines += ["", "## Data", ""]
    for dataset in datasets(content):
        lines += [f"- {MARKDOWN.text(f'{dataset_name(dataset)}: {citation_words(dataset)}')}"]
    entries = "\n".join(filter(None, map(bibtex, datasets(content))))
    lines += ["", *_fenced(entries.splitlines(), "bibtex")] if entries else []
    lines += ["", "## Names of the macros", "", *_fenced(NAMING.splitlines(), "")]
    return "\n".join(lines) + "\n"


def datasets(content: Content) -> list[str]:
    """That of the runs, and those that their networks were tested on besides."""
    splits = {"train", "val", "test", "test_oracle"}
    own = [name for run in content.runs for name in dataset_names(run.result.dataset)]
    others = [
        split
        for run in content.runs
        for split in run.result.metrics
        if split not in splits and of_scores(split, run.result.dataset) is None
    ]
    return list(dict.fromkeys([*own, *others]))


def _files(figures: Sequence[Shown], without: str) -> list[str]:
    lines = [f"- `{name}`: {words}" for name, words in FILES.items()]
    lines[4:4] = [
        f"- `{shown.name}.pdf`, `{shown.name}.png`: {MARKDOWN.text(shown.title)}, {shown.width_inches} inches wide"
        for shown in figures
    ]
    return [*lines, *(["", without] if without else [])]


def _runs(content: Content) -> list[str]:
    head = [
        "| run | folder | finished (UTC) | SHA-256 of its result | of its test scores |",
        "| --- | --- | --- | --- | --- |",
    ]
    lines = [
        f"| {' | '.join(MARKDOWN.text(cell) for cell in (each.name, each.run_id, each.finished))} | "
        f"`{each.result_sha256 or 'unreadable'}` | `{each.scores_sha256 or 'unreadable'}` |"
        for each in run_lines(content)
    ]
    return [*head, *lines]


def _fenced(lines: Sequence[str], language: str) -> list[str]:
    """Code, in more backticks than it contains."""
    longest = max((len(found) for line in lines for found in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}{language}", *map(plain, lines), fence]
