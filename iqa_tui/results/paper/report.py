"""`report.html`: one file that a co-author opens without a network. No script; each picture is in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from iqa_tui.results.cells import footnotes
from iqa_tui.results.findings.answers import is_shown
from iqa_tui.results.findings.sections import Point, sections
from iqa_tui.results.findings.wording import MINUS, difference_words
from iqa_tui.results.paper.citations import citation_words, dataset_name
from iqa_tui.results.paper.commands import PLACE, again, trainer_command
from iqa_tui.results.paper.content import Content, PaperRow
from iqa_tui.results.paper.made import facts, run_lines
from iqa_tui.results.paper.page import bullets, code_block, page, section, table, text
from iqa_tui.results.paper.readme import datasets
from iqa_tui.results.paper.shown import PAGE, Shown
from iqa_tui.results.paper.wording import caption_sentences
from iqa_tui.results.tuning import tuning_words
from iqa_tui.words.durations import hours_words
from training.runfolder.mixed import is_mixed

MOST_IMAGES = 10
"""Worst ones of a row, and as many best ones."""
PARTS = {"table": "Table", "findings": "Findings", "figures": "Figures", "images": "Images", "made": "How it was made"}
PLACES = (
    "Images are compared by their places, since some losses fix no scale: one that people put 12th and the network"
    " 180th is as wrong for every loss. Place 1 is the best."
)
SIGNS = {"recorded": "◆", "across": "†"}
LONGEST_SHORT_HEAD = 14


def report_html(content: Content, figures: Sequence[Shown], links: Mapping[str, tuple[str, str]], without: str) -> str:
    """Args:
    figures: all that could be drawn.
    links: name of a figure to its light and its dark picture; empty if none can be drawn.
    without: why none can be drawn.
    """
    title, *_ = caption_sentences(content)
    bodies = {
        "table": _table(content),
        "findings": _findings(content),
        "figures": _figures(figures, links, without),
        "images": _images(content),
        "made": _made(content),
    }
    contents = bullets(f'<a href="#{name}">{text(heading)}</a>' for name, heading in PARTS.items())
    body = ["<header>", f"<h1>{text(title.rstrip('.'))}</h1>"]
    body += [f"<p>{text(content.findings.recommendation.why)}</p>"]
    body += ['<nav aria-label="Contents">', *contents, "</nav>", "</header>", "<main>"]
    for name, heading in PARTS.items():
        body += section(name, heading, bodies[name])
    return page(title.rstrip("."), [*body, "</main>"])


def _table(content: Content) -> list[str]:
    delta = f"Δ SRCC to {content.findings.baseline}" if content.findings.differences else "Δ SRCC"
    scores = ["SRCC", "Median", "PLCC", "Median"] if content.has_medians else ["SRCC", "PLCC"]
    headings = ["Loss", *scores, delta, *(["Tuned"] if _is_tuned(content) else []), "Time", "Status"]
    rows = [_row(row, content) for row in content.rows]
    notes = [f"{row.name}: {row.row.notes}" for row in content.rows if row.row.notes]
    told = caption_sentences(content)[1:]
    told += [f"{SIGNS[sign]} {words}" for sign, words in footnotes(content.table) if sign]
    return [
        *table("Test scores", headings, rows),
        f'<p class="dim">{text(" ".join(told))}</p>',
        *(["<h3>Notes of the rows</h3>", *bullets(map(text, notes))] if notes else []),
    ]


def _is_tuned(content: Content) -> bool:
    """Whether values were chosen for a row of the table."""
    return any(row.row.is_tuned for row in content.rows)


def _row(row: PaperRow, content: Content) -> list[str]:
    found = content.difference(row, "srcc")
    delta = "" if found is None else text(difference_words(found)) + (SIGNS["across"] if row.row.delta_note else "")
    if found is not None and is_shown(found):
        delta = f'<strong>{delta} <abbr title="shown">*</abbr></strong>'
    return [
        text(row.name),
        _score(row, "srcc", content, is_best=row.row.best_srcc),
        *_median(row.row.srcc_median, content),
        _score(row, "plcc", content, is_best=row.row.best_plcc),
        *_median(row.row.plcc_median, content),
        delta or "–",
        *([text(tuning_words(row.row)) or "–"] if _is_tuned(content) else []),
        text(hours_words(row.row.hours)) if row.row.hours is not None else "–",
        text(row.row.status),
    ]


def _median(value: float | None, content: Content) -> list[str]:
    """Nothing if the table has no such column."""
    return ["–" if value is None else f"{value:.4f}".replace("-", MINUS)] if content.has_medians else []


def _score(row: PaperRow, metric: str, content: Content, *, is_best: bool) -> str:
    estimate = content.estimate(row, metric)
    if estimate.value is None:
        return "–"
    value = f"{estimate.value:.4f}".replace("-", MINUS)
    sd = estimate.sd
    return (f"<strong>{value}</strong>" if is_best else value) + ("" if sd is None else f" ± {sd:.4f}")


def _findings(content: Content) -> list[str]:
    lines = []
    for each in sections(content.findings):
        lines.append(f"<h3>{text(each.heading)}</h3>")
        lines += _points(each.points)
        if each.grid is not None:
            rows = [list(map(text, row)) for row in each.grid.rows]
            lines += table(each.heading, each.grid.headings, rows)
        lines += [f'<p class="dim">{text(each.note)}</p>'] if each.note else []
    return lines


def _points(points: Sequence[Point]) -> list[str]:
    if not any(point.head for point in points):
        return bullets(text(point.told) for point in points)
    is_short = all(len(point.head) <= LONGEST_SHORT_HEAD and not point.details for point in points)
    lines = ['<dl class="short">' if is_short else "<dl>"]
    for point in points:
        details = "".join(bullets(map(text, point.details))) if point.details else ""
        lines += [f"<dt>{text(point.head)}</dt>", f"<dd>{text(point.told)}{details}</dd>"]
    return [*lines, "</dl>"]


def _figures(figures: Sequence[Shown], links: Mapping[str, tuple[str, str]], without: str) -> list[str]:
    lines = [f"<p>{text(without)} Their numbers are:</p>"] if without else []
    for shown in figures:
        if shown.name not in links:
            lines.append(f"<h3>{text(shown.title)}</h3><p>{text(shown.told)}.</p>")
            continue
        light, dark = links[shown.name]
        lines += [
            f'<figure class="{"page" if shown.width_inches == PAGE else "column"}"><picture>',
            f'<source media="(prefers-color-scheme: dark)" srcset="{dark}">',
            f'<img src="{light}" alt="{text(f"{shown.title}: {shown.told}.")}">',
            f"</picture><figcaption>{text(shown.title)}.</figcaption></figure>",
        ]
    return lines or ["<p>There is nothing to draw.</p>"]


def _images(content: Content) -> list[str]:
    lines = [f'<p class="dim">{PLACES}</p>']
    known = [row for row in content.rows if row.images.images]
    for number, row in enumerate(known):
        lines += [
            f"<details{' open' if number == 0 else ''}>",
            f"<summary>{text(row.name)}</summary>",
            *_of(row),
            "</details>",
        ]
    return lines if known else ["<p>No scores by image can be read.</p>"]


def _of(row: PaperRow) -> list[str]:
    """Of the row's first run."""
    found = row.images
    worst = found.worst(MOST_IMAGES)
    best = sorted(found.images, key=lambda image: (abs(image.error) / image.count, image.name))[:MOST_IMAGES]
    scale = found.scale
    prediction = f"Prediction ({scale.words})" if scale.words else "Prediction"
    headings = ["Image", "MOS", prediction, "Place by people", "Place by the network"]
    shown = (max(abs(image.mos), abs(image.pred) if scale.has_numbers else 0.0) for image in found.images)
    largest = max(shown)
    decimals = 2 if largest >= 10 else 3 if largest >= 2 else 4
    which = f"By {row.runs[0].name}, of {len(found.images):,} images of the {found.split} split."
    own = " Places are those within an image's own data set." if is_mixed(row.runs[0].result.dataset) else ""
    lines = [f"<p>{text(which)}{own}</p>"]
    for what, images in (("is most wrong about", worst), ("is least wrong about", best)):
        rows = [
            [
                text(image.name),
                _with(decimals, image.mos),
                _with(decimals, image.pred) if scale.has_numbers else "–",
                f"{image.mos_place:,}",
                f"{image.pred_place:,}",
            ]
            for image in images
        ]
        lines += table(f"What the network {what}", headings, rows)
    return lines


def _with(decimals: int, value: float) -> str:
    return f"{value:.{decimals}f}".replace("-", MINUS)


def _made(content: Content) -> list[str]:
    runs = [
        [text(each.name), f"<code>{text(each.run_id)}</code>", text(each.finished), _digest(each.scores_sha256)]
        for each in run_lines(content)
    ]
    headings = ["Run", "Folder", "Finished (UTC)", "SHA-256 of its test scores"]
    return [
        "<h3>Data</h3>",
        *bullets(text(f"{dataset_name(name)}: {citation_words(name)}") for name in datasets(content)),
        "<h3>Code and machine</h3>",
        *bullets(map(text, facts(content))),
        "<h3>Runs</h3>",
        *table("Runs, and the first twelve figures of their digests", headings, runs),
        '<p class="dim">README.md has the digests whole.</p>',
        "<h3>Commands</h3>",
        f'<p class="dim">{PLACE} stands for where a file lies on your machine.</p>',
        code_block(again(content)),
        "<details><summary>The command of every trainer</summary>",
        code_block(trainer_command(run) for run in content.trained),
        "</details>",
    ]


def _digest(sha256: str) -> str:
    return f"<code>{sha256[:12]}</code>" if sha256 else "unreadable"
