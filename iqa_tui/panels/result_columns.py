"""The columns of the table of results, and what each says."""

from __future__ import annotations

from iqa_tui.results.columns import PLAIN
from iqa_tui.widgets.table_lines import Column

ALWAYS, CHOSEN_IMPORTANCE = 30, 20
BAR_WIDTH, SHORT_BAR_WIDTH = 26, 15
COLUMNS = (
    Column("mark", "", 1, importance=30),
    Column("id", "id", 2, grows=True, importance=30),
    Column("label", "experiment", 10, grows=True, importance=30),
    Column("srcc", "test SRCC", 15, "right", importance=30),
    Column("srcc_median", "median SRCC", 11, "right", importance=12),
    Column("delta", "Δ SRCC", 9, "right", importance=11),
    Column("bar", "Δ", BAR_WIDTH, importance=8),
    Column("short", "Δ", SHORT_BAR_WIDTH, importance=13, instead_of="bar"),
    Column("shown", "shown?", 9, importance=8),
    Column("met", "expected", 8, importance=14),
    Column("plcc", "test PLCC", 15, "right", importance=7),
    Column("plcc_median", "median PLCC", 11, "right", importance=6),
    Column("plcc_fitted", "PLCC fitted", 15, "right", importance=4),
    Column("krcc", "test KRCC", 15, "right", importance=6),
    Column("rmse", "test RMSE", 15, "right", importance=5),
    Column("tuned", "tuned", 10, importance=7),
    Column("tuned_value", "tuned", 8, grows=True, importance=9, instead_of="tuned"),
    Column("epoch", "epoch", 8, "right", importance=3),
    Column("hours", "time", 7, "right", importance=8),
    Column("gpu", "GPU GiB", 7, "right", importance=3),
    Column("status", "status", 11, grows=True, importance=8),
    Column("notes", "notes", 16, grows=True, importance=1),
)
MOST_TUNED_WIDTH = 40
BARS = {"bar": BAR_WIDTH, "short": SHORT_BAR_WIDTH}
CHOOSABLE = tuple(column for column in COLUMNS if column.importance < ALWAYS and not column.instead_of)
TITLES = {"bar": "Δ interval"}
WORDS = {
    **{column.key: column.words for column in PLAIN},
    "bar": "difference to the baseline with its 95% interval",
    "shown": "difference shown: p < 0.05 after Holm's correction",
    "met": "test SRCC against the range that the plan expects",
}
