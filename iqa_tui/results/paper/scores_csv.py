"""`scores.csv`: every test image with its opinion and what each run predicted, so that all can be computed again."""

from __future__ import annotations

import csv
import io
import math

from iqa_tui.results.paper.content import Content
from iqa_tui.results.values import spreadsheet_text
from training.runfolder.text import plain


def scores_csv(content: Content) -> str:
    """Full precision. An image that a run did not score has an empty cell there.

    An image stands there once for each opinion that the runs' files give it, and they should all give it one. A name
    that a spreadsheet would execute gets an apostrophe before it.
    """
    runs = [run for run in content.runs if run.scores.images]
    columns: list[dict[tuple[str, float], float]] = []
    images: dict[tuple[str, float], None] = {}
    for run in runs:
        keys = list(zip(run.scores.images, run.scores.mos.tolist(), strict=True))
        images |= dict.fromkeys(keys)
        columns.append(dict(zip(keys, run.scores.predictions.tolist(), strict=True)))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["image", "mos", *(spreadsheet_text(run.name) for run in runs)])
    for name, mos in images:
        predictions = (column.get((name, mos), math.nan) for column in columns)
        cells = ("" if math.isnan(value) else repr(value) for value in predictions)
        writer.writerow([spreadsheet_text(plain(name)), repr(mos), *cells])
    return text.getvalue()
