"""The table in LaTeX, for the paper."""

from __future__ import annotations

from collections.abc import Sequence

from iqa_tui.results.caption import caption
from iqa_tui.results.cells import FIRST_HEADING, Markup, cells, counted_runs, footnotes
from iqa_tui.results.columns import ResultColumn
from iqa_tui.results.latex_text import latex_text
from iqa_tui.results.table import Table

LATEX = Markup(
    text=latex_text,
    bold=lambda text: rf"\textbf{{{text}}}",
    plus_minus=r" $\pm$ ",
    minus="$-$",
    recorded=r"$^{\diamond}$",
    across=r"$^{\dagger}$",
)


def latex_file(table: Table, columns: Sequence[ResultColumn]) -> str:
    """A float for a document that loads booktabs."""
    headings = [latex_text(heading) for heading in (FIRST_HEADING, *(column.heading for column in columns))]
    lines = [
        r"% needs \usepackage{booktabs}",
        *(f"% {name}: {', '.join(runs)}" for name, runs in counted_runs(table)),
        r"\begin{table}",
        r"  \centering",
        rf"  \caption{{{latex_text(caption(table))}}}",
        rf"  \begin{{tabular}}{{l{''.join('r' if column.is_number else 'l' for column in columns)}}}",
        r"    \toprule",
        f"    {' & '.join(headings)} \\\\",
        r"    \midrule",
        *(f"    {' & '.join(cells(row, LATEX, columns))} \\\\" for row in table.rows),
        r"    \bottomrule",
        r"  \end{tabular}",
    ]
    signs = {"recorded": LATEX.recorded, "across": LATEX.across}
    lines += [
        rf"  \par\smallskip\footnotesize {signs[sign]} {latex_text(words)}" for sign, words in footnotes(table) if sign
    ]
    return "\n".join([*lines, r"\end{table}"]) + "\n"
