"""The table of one group of runs, a bar for each SRCC, and what the table is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from rich.cells import cell_len

from iqa_tui.panels.result_columns import ALWAYS, BARS, CHOSEN_IMPORTANCE, COLUMNS, MOST_TUNED_WIDTH
from iqa_tui.panels.result_scale import gap_bounds, gap_line, plain_difference
from iqa_tui.results.columns import MEDIANS, has_value
from iqa_tui.results.row import MORE_METRICS, Row
from iqa_tui.results.shown import ShownDifference, ShownFindings
from iqa_tui.results.table import Table
from iqa_tui.results.tuning import flags_of, short_tuning_words, tuning_words
from iqa_tui.widgets.interval_line import ASCII, UNICODE, Scale, Signs, scale_line
from iqa_tui.widgets.palette import series_sign, series_style
from iqa_tui.widgets.row_table import RowTable
from iqa_tui.widgets.table_lines import Cell, Column, TableRow, fitting_columns, with_label_width
from iqa_tui.words.durations import hours_words
from iqa_tui.words.states import RECORDED_SIGN
from training.runfolder.phase import Phase

LEAST_ID_WIDTH = 12
SIGN_WIDTH = 1
SAYS_WHY = (
    "srcc",
    "srcc_median",
    "delta",
    "bar",
    "short",
    "shown",
    "met",
    "plcc",
    "plcc_median",
    "plcc_fitted",
    "krcc",
    "rmse",
    "tuned",
    "tuned_value",
    "epoch",
    "hours",
    "status",
)
"""Columns in which a row that has no result says why."""
NARROW = {"srcc": 9, "plcc": 9, "plcc_fitted": 11, "krcc": 9, "rmse": 9, "delta": 8}
"""Widths if no row has a spread over seeds."""


class ResultTable(RowTable):
    """Draws what `show_table` was given last."""

    def __init__(self, *, ascii_mode: bool = False) -> None:
        super().__init__(COLUMNS, classes="panel", id="results", empty=("reading results …",))
        self._signs = ASCII if ascii_mode else UNICODE

    def show_table(
        self,
        table: Table,
        looks: Mapping[str, int],
        findings: ShownFindings | None = None,
        *,
        columns: Sequence[str] = (),
        has_signs: bool = False,
    ) -> None:
        """Args:
        looks: run id to the number of its look, as in its row and at its curve.
        findings: of this table; None until they are computed: then differences have no intervals.
        columns: keys of those that the user chose; empty: those that there is room for.
        has_signs: a row has the sign of its curve, as there may be no colours.
        """
        differences = findings.differences if findings else tuple(map(plain_difference, table.rows))
        context = Context(table, looks, differences, has_signs, self._signs)
        self._columns = columns_for(context, columns)
        self.show([result_row(context, place) for place in range(len(table.rows))], empty_words(table))

    @property
    def shown_columns(self) -> tuple[str, ...]:
        """Keys of the columns that there is room for."""
        return tuple(column.instead_of or column.key for column in fitting_columns(self._columns, self.size.width))


@dataclass(frozen=True, slots=True)
class Context:
    """What the rows of a table are drawn with."""

    table: Table
    looks: Mapping[str, int] = field(default_factory=dict)
    """See `ResultTable.show_table`."""
    differences: tuple[ShownDifference | None, ...] = ()
    """Of each row."""
    has_signs: bool = False
    signs: Signs = UNICODE


def columns_for(context: Context, chosen: Sequence[str] = ()) -> tuple[Column, ...]:
    """As wide as the table needs: no name is cut while there is room for it.

    Args:
        chosen: see `ResultTable.show_table`.
    """
    table = context.table
    ids, labels = [row.id for row in table.rows], [row.label for row in table.rows]
    tuned_flags = " ".join(["tuned", *flags_of(table.rows)])
    texts = {
        "id": ids,
        "label": labels,
        "tuned_value": [tuned_flags, *(short_tuning_words(row, table.rows) for row in table.rows)],
        "status": [row.status for row in table.rows if not _says_why(row)],
    }
    most = {key: max(map(cell_len, of), default=0) for key, of in texts.items()}
    widths = {} if _has_spread(table) else dict(NARROW)
    widths["tuned"] = min(MOST_TUNED_WIDTH, max([len("tuned"), *(cell_len(tuning_words(row)) for row in table.rows)]))
    widths |= {"mark": COLUMNS[0].width + SIGN_WIDTH} if context.has_signs else {}
    low, high = (f"{bound:+.3f}".replace("-", "−") for bound in gap_bounds(context.differences))
    titles = {key: scale_line(low, "Δ", high, width) for key, width in BARS.items()} | {"tuned_value": tuned_flags}
    return tuple(
        replace(
            column,
            title=titles.get(column.key, column.title),
            width=widths.get(column.key, column.width),
            most=max(column.width, most[column.key]) if column.key in most else 0,
            importance=CHOSEN_IMPORTANCE if (column.instead_of or column.key) in chosen else column.importance,
        )
        for column in with_label_width(COLUMNS, "id", ids, LEAST_ID_WIDTH)
        if _is_wanted(column, table, chosen)
    )


def _is_wanted(column: Column, table: Table, chosen: Sequence[str]) -> bool:
    """A column that was not chosen and in which no row says anything is left out."""
    key = column.instead_of or column.key
    if column.importance == ALWAYS or key in chosen:
        return True
    if chosen:
        return False
    if key in ("bar", "shown", "delta"):
        return bool(table.baseline)
    return key in ("status", "notes") or any(has_value(row, key) for row in table.rows)


def _has_spread(table: Table) -> bool:
    """Over seeds, or over random splits."""
    return any(row.srcc_sd is not None for row in table.rows)


def empty_words(table: Table) -> list[str]:
    return ["No results yet." if not table.group else f"No rows in {table.group}.", "", "Press 1 to launch a plan."]


def result_row(context: Context, place: int) -> TableRow:
    """Args:
    place: of the row in the table.
    """
    row, difference = context.table.rows[place], context.differences[place]
    with_sd, looks = _has_spread(context.table), context.looks
    glyph, style = RECORDED_SIGN if row.recorded else (row.shown.glyph, row.shown.style) if row.shown else (" ", "")
    look = next((looks[run_id] for run_id in row.run_ids if run_id in looks), None)
    colour = "" if look is None else series_style(look)
    sign = "" if not context.has_signs else " " * SIGN_WIDTH if look is None else series_sign(look)
    word = row.shown.word if row.shown and row.phase and row.status == row.phase.value else row.status
    bounds, bar_style = gap_bounds(context.differences), "dim" if row.recorded else colour or "accent"
    cells: dict[str, Cell] = {
        "mark": ((glyph, style), (sign, colour)),
        "id": ((row.id, f"strong {colour}".rstrip()),),
        "label": row.label,
        "srcc": ((number(row.srcc, row.srcc_sd, with_sd), "strong good" if row.best_srcc else ""),),
        "plcc": ((number(row.plcc, row.plcc_sd, with_sd), "strong good" if row.best_plcc else ""),),
        **{key: number(getattr(row, key), None, False) for key in MEDIANS},
        **{key: _more_number(row, key, with_sd) for key in MORE_METRICS},
        "delta": (delta(row, difference),),
        "shown": (_shown(difference),),
        "tuned": tuning_words(row),
        "tuned_value": short_tuning_words(row, context.table.rows),
        "epoch": ", ".join(map(str, row.best_epochs)) or "–",
        "hours": hours_words(row.hours) if row.hours is not None else "",
        "gpu": f"{row.peak_gpu_gib:.1f}" if row.peak_gpu_gib is not None else "–",
        "status": ((word, style),),
        "met": (_met(row),),
        "notes": ((row.notes, "dim"),),
        **{
            key: tuple(gap_line(difference, Scale(bounds, width, True, context.signs), bar_style)) if difference else ""
            for key, width in BARS.items()
        },
    }
    failed = _says_why(row)
    return TableRow(
        f"{'recorded ' if row.recorded else ''}{row.id}",
        cells,
        style="dim" if row.recorded else "",
        span_from=SAYS_WHY if failed else (),
        span=((row.status, style),) if failed else "",
    )


def _more_number(row: Row, metric: str, with_sd: bool) -> str:
    value, sd = row.more.get(metric, (None, None))
    return number(value, sd, with_sd)


def _shown(difference: ShownDifference | None) -> tuple[str, str]:
    if difference is None or difference.p is None:
        return "", ""
    return difference.word, "strong" if difference.is_shown else "dim"


def _says_why(row: Row) -> bool:
    return row.srcc is None and row.phase in (Phase.FAILED, Phase.LOST)


def number(value: float | None, sd: float | None, with_sd: bool) -> str:
    """Four decimals, and the spread over seeds or splits if the table has one."""
    if value is None:
        return "–"
    spread = f" ±{sd:.4f}" if sd is not None else " " * 8
    return f"{value:.4f}{spread}" if with_sd else f"{value:.4f}"


def delta(row: Row, difference: ShownDifference | None) -> tuple[str, str]:
    """Signed, and coloured if it is shown; a difference across protocols is marked, as the notes say why."""
    if difference is None or difference.value is None:
        return "", ""
    mark = "†" if row.delta_note else ""
    style = "" if not difference.is_shown else "bad" if difference.value < 0 else "good"
    return f"{difference.value:+.4f}{mark}".replace("-", "−"), style


def _met(row: Row) -> tuple[str, str]:
    return {
        "yes": ("✓ met", "good"),
        "below": ("▼ below", "warning"),
        "above": ("▲ above", "good"),
        "other protocol": ("≠ prot.", "dim"),
    }.get(row.met, ("", ""))
