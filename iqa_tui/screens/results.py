"""The table of an ablation, group by group; its chart, what it shows in sentences, its images, and its export."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.widget import Widget
from textual.worker import get_current_worker

from iqa_tui.monitor.colours import colours_of
from iqa_tui.panels.findings_text import FindingsText
from iqa_tui.panels.notes import Notes
from iqa_tui.panels.result_chart import ResultChart
from iqa_tui.panels.result_columns import CHOOSABLE, TITLES, WORDS
from iqa_tui.panels.result_table import ResultTable
from iqa_tui.panels.tuning_curve import TuningPlot
from iqa_tui.results.caption import caption
from iqa_tui.results.row import Row
from iqa_tui.results.shown import Paragraph, ResultView, ShownFindings
from iqa_tui.results.table import Table
from iqa_tui.results.tuning import edge_sentences, tuning_words
from iqa_tui.results.values import spreadsheet_text
from iqa_tui.screens.building_results import FindingsComputed, FindingsProgressed, TableBuilt, build_results
from iqa_tui.screens.columns import ColumnsScreen
from iqa_tui.screens.export import ExportScreen
from iqa_tui.screens.monitor_heights import set_height
from iqa_tui.screens.room import Room, Session
from iqa_tui.widgets.palette import series_style
from iqa_tui.widgets.row_table import RowTable
from iqa_tui.words.repetitions import repetitions_words
from training.runfolder.text import plain, plain_copy

FRAME = 2
"""Lines of a panel's border."""
TABLE_FRAME = FRAME + 1
BARS, LEAST_TOLD, LEAST_CHART = 3, 9, 4
CAPTION_PADDING = 4
TALL_FROM = 48
"""Lines from which on a narrow terminal has room for the curve of tuning."""


WORKING_OUT = Paragraph("What these runs show is being worked out …", "dim")


class ResultsScreen(Room):
    """Asks for the table again whenever a run changes its state; the findings follow, from a thread.

    In a narrow or low terminal chart, findings and notes take turns below the table.
    """

    ROOM = "results"
    CSS_PATH = "results.tcss"
    AUTO_FOCUS = "#results ResultTable"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("i", "images", "images"),
        Binding("e", "export", "export"),
        Binding("right_square_bracket", "next_group(1)", "next table", key_display="]"),
        Binding("left_square_bracket", "next_group(-1)", "previous table", key_display="["),
        Binding("y", "copy", "copy row"),
        Binding("C", "columns", "columns"),
        Binding("tab", "next_panel(1)", "next panel", show=False),
        Binding("shift+tab", "next_panel(-1)", "previous panel", show=False),
    ]

    def __init__(self, session: Session, group: str | None = None) -> None:
        super().__init__(session)
        self._groups: tuple[str, ...] = ()
        self._group = group
        """The one shown; None: the newest."""
        self._table: Table | None = None
        """As it is exported: its texts are raw."""
        self._findings: ShownFindings | None = None
        """Of `_table`; None until they are worked out."""
        self._view = session.remembered.recall("results", ResultView())
        self._export_when_built = False
        self._built_from: frozenset[tuple[str, str, int]] | None = None

    def compose_body(self) -> ComposeResult:
        yield Notes(id="caption")
        yield ResultTable(ascii_mode=self.session.ascii_mode)
        yield ResultChart(ascii_mode=self.session.ascii_mode, has_signs=self.session.has_signs)
        with Container(id="told"):
            yield FindingsText()
            with Container(id="beside"):
                yield TuningPlot(ascii_mode=self.session.ascii_mode)
                yield Notes(id="row-notes", classes="panel")

    def on_mount(self) -> None:
        self.query_one("#row-notes").border_title = "Notes"

    def open_export(self, group: str | None) -> None:
        """Ask for format and file of a group's table as soon as that is built."""
        self._export_when_built = True
        self.show_group(group)

    def show_group(self, group: str | None) -> None:
        """Another group's table; None: the newest's."""
        self._group = group
        if self.can_draw:
            self._build()

    def runs_changed(self) -> None:
        """A table depends on the states of the runs, not on each of their steps; it is built once it is looked at."""
        key = frozenset((state.run_id, state.phase.value, state.status.attempt) for state in self.runs)
        if key != self._built_from and self.is_current:
            self._built_from = key
            self._build()

    def on_screen_resume(self) -> None:
        if self.can_draw:
            self.runs_changed()

    def _build(self) -> None:
        self.run_worker(self._build_in_thread, thread=True, exclusive=True, group="table")

    def _build_in_thread(self) -> None:
        worker = get_current_worker()

        def should_stop() -> bool:
            return worker.is_cancelled or not self.app.is_running

        build_results(self.session.runs_dir, self._group, self.post_message, should_stop)

    def on_table_built(self, message: TableBuilt) -> None:
        if not self.can_draw:
            return
        if self._table != message.table:  # else what was found stays in sight until it is found again
            self._findings = None
            if self._table is None or self._table.group != message.table.group:
                self.query_one(FindingsText).show([WORKING_OUT])
        self._groups, self._table = message.groups, message.table
        shown = plain_copy(message.table)
        place = (
            f" · table {self._groups.index(message.table.group) + 1} of {len(self._groups)}"
            if (len(self._groups) > 1 and message.table.group in self._groups)
            else ""
        )
        title = f"Results · {shown.group or 'nothing yet'}{place}"
        self.query_one(ResultTable).set_title(f"{title}{place and ', [ and ] change'}", title)
        # the warning first: a caption that is too long is cut at its end
        words = [(shown.code_note, "warning"), (caption(replace(shown, code_note="")), "")]
        self.query_one("#caption", Notes).show([each for each in words if each[0]] if shown.group else [])
        self._show_table()
        self._show_notes()
        if self._export_when_built:
            self._export_when_built = False
            self.action_export()

    def on_findings_progressed(self, message: FindingsProgressed) -> None:
        if self.can_draw and message.table is self._table:
            self.query_one(FindingsText).show_progress(message.share)

    def on_findings_computed(self, message: FindingsComputed) -> None:
        if not self.can_draw or message.table is not self._table:
            return
        self._findings = message.findings
        panel = self.query_one(FindingsText)
        panel.show_progress(None)
        problem = Paragraph(f"The findings could not be worked out: {plain(message.problem, 300)}", "bad")
        panel.show(message.findings.paragraphs if message.findings else [problem])
        self._show_table()

    def _show_table(self) -> None:
        if self._table is None:
            return
        shown, looks = plain_copy(self._table), colours_of(self.runs)
        table, chart = self.query_one(ResultTable), self.query_one(ResultChart)
        signs = self.session.has_signs
        table.show_table(shown, looks, self._findings, columns=self._view.columns, has_signs=signs)
        chart.show(shown, self._findings, looks)
        self.set_class(self.size.height >= TALL_FROM, "-tall")
        table_height = min(len(shown.rows) + TABLE_FRAME, self.size.height // 2)
        set_height(table, None if self.has_class("-flat") else table_height)
        caption_height = self._caption_height()
        set_height(self.query_one("#caption"), caption_height)
        set_height(chart, self._chart_height(chart, caption_height + table_height))

    def body_resized(self) -> None:
        if self.can_draw:
            self._show_table()

    def _caption_height(self) -> int:
        wanted = self.query_one("#caption", Notes).lines_wanted(self.size.width - CAPTION_PADDING)
        has_note = self._table is not None and bool(self._table.code_note)
        return min(wanted, 2 + self.has_class("-narrow") - self.has_class("-low") + has_note)

    def _chart_height(self, chart: ResultChart, above: int) -> int | None:
        """With numbers below each row if the findings keep enough lines.

        Args:
            above: lines of the caption and the table.

        Returns:
            None: all that those leave.
        """
        if self.has_class("-low"):
            return None
        left = self.size.height - BARS - above - LEAST_TOLD
        high, low = (chart.lines_wanted(with_numbers=numbers) + FRAME for numbers in (True, False))
        return high if high <= left else max(LEAST_CHART, min(low, left))

    def _row_under_cursor(self) -> Row | None:
        key = self.query_one(ResultTable).cursor_key
        rows = self._table.rows if self._table else ()
        shown = map(plain_copy, rows)
        return next((row for row in shown if key == row.key), None)

    def _show_notes(self) -> None:
        row = self._row_under_cursor()
        panel = self.query_one("#row-notes", Notes)
        panel.set_title(f"Notes · {row.id} {row.label}" if row else "Notes")
        panel.show(row_notes(row) if row else [])
        looks = colours_of(self.runs)
        style = next((series_style(looks[run_id]) for run_id in row.run_ids if run_id in looks), "") if row else ""
        self.set_class(self.query_one(TuningPlot).show(row, style or "accent"), "-tuned")

    def on_row_table_cursor_moved(self, message: RowTable.CursorMoved) -> None:
        message.stop()
        self._show_notes()

    def focus_order(self) -> list[Widget]:
        return [self.query_one(name) for name in (ResultTable, ResultChart, FindingsText)]

    def before_focus(self, widget: Widget) -> None:
        """In a low terminal the findings take the place of the chart; in a flat one each part has all of it."""
        self.set_class(isinstance(widget, FindingsText), "-findings")
        self.set_class(isinstance(widget, ResultChart), "-chart")

    def action_columns(self) -> None:
        shown = self.query_one(ResultTable).shown_columns
        choices = [(column.key, TITLES.get(column.key, column.title), WORDS[column.key]) for column in CHOOSABLE]
        self.app.push_screen(ColumnsScreen(self._view.columns or shown, choices), self._columns_chosen)

    def _columns_chosen(self, columns: tuple[str, ...] | None) -> None:
        if columns is not None:
            self._view = ResultView(columns)
            self.session.remembered.remember("results", self._view)
            self._show_table()

    def action_next_group(self, direction: int) -> None:
        if self._groups:
            shown = self._table.group if self._table else ""
            here = self._groups.index(shown) if shown in self._groups else 0
            self.show_group(self._groups[(here + direction) % len(self._groups)])

    def action_images(self) -> None:
        """Of the row under the cursor."""
        row = self._row_under_cursor()
        if row is None or self._table is None:
            self.notify("There is no row yet whose images could be shown.")
            return
        from iqa_tui.screens.images import ImagesPage  # noqa: PLC0415  when the user goes there

        place = [plain(each.key) for each in self._table.rows].index(row.key)
        self.app.push_screen(ImagesPage(self.session, self._table, place))

    def action_export(self) -> None:
        if self._table is None or not self._table.rows:
            self.notify("There is no table to export yet: press 1 and launch a plan.")
            return
        self.app.push_screen(ExportScreen(self._table))

    def action_copy(self) -> None:
        row = self._row_under_cursor()
        if row is not None:
            names = [spreadsheet_text(name) for name in (row.id, row.label)]
            parts = [*names, *(f"{value:.4f}" for value in (row.srcc, row.plcc) if value is not None)]
            self.app.copy_to_clipboard("\t".join(parts))
            self.notify(f"Copied {' '.join(parts)}", markup=False)


def row_notes(row: Row) -> list[tuple[str, str]]:
    """Everything about a row that has no column."""
    lines = [(row.notes, ""), (row.delta_note and f"† {row.delta_note}", "warning")]
    if row.status not in ("finished", "recorded"):
        lines.insert(0, (row.status, "strong"))
    if row.expected_low is not None and row.expected_high is not None:
        by = f", by protocol {row.expected_protocol}" if row.expected_protocol else ""
        lines.append((f"expected SRCC {row.expected_low:.3f} to {row.expected_high:.3f}{by}", "dim"))
    if row.protocol:
        repetitions = repetitions_words(row.seeds, row.splits)
        lines.append((" · ".join(filter(None, (f"protocol {row.protocol}", repetitions))), "dim"))
    if row.is_tuned:
        lines += [(f"tuned: {tuning_words(row)}", ""), *((text, "warning") for text in edge_sentences([row]))]
    lines += [(run_id, "dim") for run_id in row.run_ids]
    return [(text, style) for text, style in lines if text]
