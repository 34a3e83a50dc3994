"""The columns of the table of runs, and how wide they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from rich.cells import cell_len

from iqa_tui.monitor import run_words
from iqa_tui.monitor.fields import texts
from iqa_tui.monitor.rows import Row, RowKind
from iqa_tui.monitor.scores import score_of
from iqa_tui.widgets.table_lines import Column, with_label_width
from iqa_tui.words.repetitions import short_repetition

if TYPE_CHECKING:
    from iqa_tui.monitor.state import RunState

COLUMNS = (
    Column("mark", "", 2, importance=30),
    Column("id", "id", 2, grows=True, importance=30),
    Column("seed", "seed", 4, "right", importance=4),
    Column("split", "split", 5, "right", importance=4),
    Column("label", "experiment", 10, grows=True, importance=30, most=12),
    Column("state", "state", 11, importance=30),
    Column("device", "device", 6, grows=True, importance=11, most=6),
    Column("progress", "progress", 19, importance=8),
    Column("short", "progress", 11, importance=13, instead_of="progress"),
    Column("left", "left", 6, "right", importance=13),
    Column("loss", "loss", 7, "right", importance=10),
    Column("srcc", "val SRCC", 8, "right", importance=15),
    Column("plcc", "val PLCC", 8, "right", importance=8),
    Column("lr", "lr", 7, "right", importance=7),
    Column("speed", "images/s", 8, "right", importance=6),
    Column("peak", "peak GiB", 8, "right", importance=5),
    Column("batch", "batch", 5, "right", importance=3),
    Column("attempt", "attempt", 7, "right", importance=2),
    Column("took", "took", 6, "right", importance=1),
    Column("tag", "tags", 8, importance=12),
    Column("note", "note", 16, grows=True, importance=8),
)
ALWAYS = ("mark", "id", "label", "state")
"""Columns without which no row can be read."""
CHOOSABLE = tuple(column for column in COLUMNS if column.key not in ALWAYS and not column.instead_of)
IN_PROGRESS = ("progress", "short", "left")
BEFORE_SRCC = ("id", "seed", "split", "label", "state", "device", "progress", "short", "left", "loss")
AFTER_STATE = tuple(column.key for column in COLUMNS if column.key not in (*ALWAYS, "seed", "split", "tag", "note"))
CHOSEN_IMPORTANCE = 20
NEEDED_IMPORTANCE = 14
"""Of the seed and the split, while they tell runs apart."""
LEAST_ID_WIDTH = 24
"""Cells of a longer id while the table has no room for all of it."""
SIGN_WIDTH = 1
BAR = 10
"""Cells of a progress bar."""
SD_WIDTH = 7
"""Cells of ` ±.0011`."""
WHERE_THERE_IS_ONE = ("split", "tag", "note")
"""Columns that are there once a run has something in them."""
MOST_STATE_WIDTH, MOST_TAGS_WIDTH, MOST_NOTE_WIDTH = 14, 16, 40
MOST_DEVICE_WIDTH = 28
"""With the name of its node before it."""
NAME = ("id", "seed", "split", "label")
"""Columns in which the folder of a run stands that cannot be read."""


def has_deviations(rows: Sequence[Row]) -> bool:
    """Whether a score has a standard deviation, which needs room."""
    scores = (score_of(row.runs) for row in rows if row.kind is RowKind.EXPERIMENT)
    return any(score is not None and score.sd is not None for score in scores)


def has_experiments(rows: Sequence[Row]) -> bool:
    """Whether some runs stand below their experiment."""
    return any(row.kind is RowKind.EXPERIMENT for row in rows)


def columns_for(rows: Sequence[Row], chosen: Sequence[str] = (), *, has_signs: bool = False) -> tuple[Column, ...]:
    """As wide as these rows need, folded or not: no name is cut while there is room for it, and no column grows with a
    number.

    Args:
        chosen: keys of the columns that the user wants; empty: those that there is room for.
        has_signs: the mark of a run has a sign behind it.
    """
    runs = [state for row in rows if row.kind is RowKind.GROUP for state in row.runs]
    recorded = [row.recorded for row in rows if row.recorded is not None]
    ids = [*(state.experiment for state in runs), *(str(row.get("id", "")) for row in recorded)]
    ids += [f" {state.experiment}" for state in runs if state.is_trial]
    if has_experiments(rows):
        ids += [f" {short_repetition(state.spec.seed, state.spec.split)}" for state in runs if state.spec]
    labels = [
        *(run_words.trial_words(state) or state.label for state in runs if state.spec is not None),
        *(str(row.get("label", "")) for row in recorded),
    ]
    columns = with_label_width(COLUMNS, "id", ids, LEAST_ID_WIDTH)
    columns = with_label_width(columns, "device", (state.device_label for state in runs))
    columns = with_label_width(columns, "tag", (", ".join(state.noted.tags) for state in runs), MOST_TAGS_WIDTH)
    columns = with_label_width(columns, "note", (state.noted.note for state in runs), MOST_NOTE_WIDTH)
    columns = with_label_width(columns, "state", map(run_words.state_words, runs), MOST_STATE_WIDTH)
    titles = {"srcc": f"val SRCC{'± SD':>{SD_WIDTH}}"} if has_deviations(rows) else {}
    widths = {
        "progress": BAR + 2 * max((len(str(state.epochs)) for state in runs), default=1) + 7,
        "srcc": 8 + SD_WIDTH if has_deviations(rows) else 8,
    }
    widths |= {"mark": COLUMNS[0].width + SIGN_WIDTH} if has_signs else {}
    importances = dict.fromkeys(chosen, CHOSEN_IMPORTANCE)
    if not chosen:
        importances |= dict.fromkeys(_that_tell_apart(rows), NEEDED_IMPORTANCE)
    texts = {"id": ids, "label": labels, "device": [state.device_label[:MOST_DEVICE_WIDTH] for state in runs]}
    most = {name: max(map(cell_len, texts_of), default=0) for name, texts_of in texts.items()}
    return tuple(
        replace(
            column,
            title=titles.get(column.key, column.title),
            width=widths.get(column.key, column.width),
            most=max(column.most, most.get(column.key, 0)),
            importance=importances.get(column.key, column.importance),
        )
        for column in columns
        if (column.key not in WHERE_THERE_IS_ONE or column.key in chosen or _has_one(runs, column.key))
        and (not chosen or (column.instead_of or column.key) in (*ALWAYS, *chosen))
    )


def _that_tell_apart(rows: Sequence[Row]) -> list[str]:
    """The seed and the split, if there are several among the runs that do not stand below their experiment."""
    specs = [row.run.spec for row in rows if row.run and row.run.spec and not row.is_seed]
    numbers = {"seed": {spec.seed for spec in specs}, "split": {spec.split_seed for spec in specs}}
    return [name for name, different in numbers.items() if len(different) > 1]


def _has_one(runs: Sequence[RunState], name: str) -> bool:
    if name == "split":
        return any(state.spec is not None and state.spec.split is not None for state in runs)
    return any(texts(state, name) for state in runs)
