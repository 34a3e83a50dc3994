"""`table.tex`: the paper's table, for a document that loads booktabs."""

from __future__ import annotations

import re

from iqa_tui.results.cells import cells, footnotes
from iqa_tui.results.findings.answers import is_shown
from iqa_tui.results.latex import LATEX
from iqa_tui.results.latex_text import latex_text
from iqa_tui.results.paper.content import Content, PaperRow
from iqa_tui.results.paper.wording import caption_sentences, has_intervals
from iqa_tui.results.tuning import tuning_words
from iqa_tui.words.durations import hours_words

SHOWN = r"$^{*}$"
UNKNOWN = "--"


def table_tex(content: Content) -> str:
    r"""A float of its own; `\input` it."""
    is_wide = has_intervals(content)
    is_tuned = any(row.row.is_tuned for row in content.rows)
    scores = ["SRCC", "Median", "PLCC", "Median"] if content.has_medians else ["SRCC", "PLCC"]
    headings = ["Loss", *scores, _delta_heading(content), *(["Tuned"] if is_tuned else []), "Time"]
    lines = [
        r"% needs \usepackage{booktabs}; in a document of two columns write table* for table",
        *(f"% {row.name}: {', '.join(run.run_id for run in row.runs)}" for row in content.rows if row.runs),
        r"\begin{table}",
        r"  \centering",
        rf"  \caption{{{latex_text(' '.join(caption_sentences(content)))}}}",
        rf"  \label{{tab:{label_of(content.table.group)}}}",
        r"  \smallskip",
        r"  \small",
        r"  \setlength{\tabcolsep}{4pt}",
        rf"  \begin{{tabular}}{{l{'l' * len(scores)}{'l' if is_wide else 'r'}{'l' * is_tuned}r}}",
        r"    \toprule",
        f"    {' & '.join(headings)} \\\\",
        r"    \midrule",
        *(f"    {' & '.join(_cells(row, content))} \\\\" for row in content.rows),
        r"    \bottomrule",
        r"  \end{tabular}",
    ]
    lines += [rf"  \par\smallskip\footnotesize {note}" for note in _footnotes(content)]
    return "\n".join([*lines, r"\end{table}"]) + "\n"


def label_of(group: str) -> str:
    r"""A name that LaTeX takes in `\ref`."""
    return re.sub(r"[^A-Za-z0-9]+", "-", group).strip("-").lower() or "results"


def _delta_heading(content: Content) -> str:
    if not content.findings.differences:
        return r"$\Delta$ SRCC"
    interval = r" {[}95\%{]}" if has_intervals(content) else ""
    return rf"$\Delta$ SRCC to {latex_text(content.findings.baseline)}{interval}"


def _cells(row: PaperRow, content: Content) -> list[str]:
    return [
        cells(row.row, LATEX, ())[0],
        _score(row, "srcc", content, is_best=row.row.best_srcc),
        *_median(row.row.srcc_median, content),
        _score(row, "plcc", content, is_best=row.row.best_plcc),
        *_median(row.row.plcc_median, content),
        delta_tex(row, content),
        *([latex_text(tuning_words(row.row)) or UNKNOWN] if any(each.row.is_tuned for each in content.rows) else []),
        hours_words(row.row.hours).replace(" ", "~") if row.row.hours is not None else UNKNOWN,
    ]


def number_tex(value: float, decimals: int = 4) -> str:
    """`0.9361`, `$-$0.0021`; for text and for mathematics."""
    text = f"{value:.{decimals}f}"
    return rf"\ensuremath{{-}}{text[1:]}" if text.startswith("-") else text


def signed_tex(value: float, decimals: int = 4) -> str:
    """With a plus sign, unless it is rounded to 0."""
    text = number_tex(value, decimals)
    if not any(digit in text for digit in "123456789"):
        return f"{0:.{decimals}f}"
    return text if value < 0 else rf"\ensuremath{{+}}{text}"


def _score(row: PaperRow, metric: str, content: Content, *, is_best: bool) -> str:
    estimate = content.estimate(row, metric)
    if estimate.value is None:
        return UNKNOWN
    value = number_tex(estimate.value)
    sd = estimate.sd
    spread = "" if sd is None else rf" $\pm$ {sd:.4f}"
    return (rf"\textbf{{{value}}}" if is_best else value) + spread


def _median(value: float | None, content: Content) -> list[str]:
    """Nothing if the table has no such column."""
    return [UNKNOWN if value is None else number_tex(value)] if content.has_medians else []


def delta_tex(row: PaperRow, content: Content) -> str:
    """`+0.0021 [−0.0004, +0.0046]`, with a star if it is shown."""
    found = content.difference(row, "srcc")
    if found is None or found.value is None:
        return UNKNOWN
    ends = "" if found.low is None or found.high is None else f" [{signed_tex(found.low)}, {signed_tex(found.high)}]"
    sign = SHOWN if is_shown(found) else LATEX.across if row.row.delta_note else ""
    return f"{signed_tex(found.value)}{sign}{ends.replace('[', '{[}').replace(']', '{]}')}"


def _footnotes(content: Content) -> list[str]:
    signs = {"recorded": LATEX.recorded, "across": LATEX.across}
    return [f"{signs[sign]} {latex_text(words)}" for sign, words in footnotes(content.table) if sign]
