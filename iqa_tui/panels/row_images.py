"""The test images of a row: predictions against opinions with the fit, and lists of those that stand out."""

from __future__ import annotations

from collections.abc import Sequence

from iqa_tui.results.images.values import RowImages
from iqa_tui.results.images.views import Listed
from iqa_tui.widgets.canvas import fit
from iqa_tui.widgets.row_table import RowTable
from iqa_tui.widgets.scatter import Scatter
from iqa_tui.widgets.table_lines import Cell, Column, TableRow, with_label_width
from training.runfolder.text import plain

NARROW_SCALE, MIDDLE_SCALE = 2.0, 20.0
MOST_NAME = 18
"""Cells that a name gets before numbers."""
NAME_CELLS = 40
"""A longer name keeps its end, which tells images apart."""


class RowScatter(Scatter):
    """One point an image, the fit, and the image under the cursor."""

    def __init__(self, *, ascii_mode: bool) -> None:
        super().__init__(id="row-scatter", classes="panel", ascii_mode=ascii_mode)
        self.set_title("Prediction against MOS")

    def show_images(self, images: RowImages, style: str) -> None:
        are_several = any(image.part for image in images.images)
        seeds = images.seed_words + (", each fitted" if len(images.seeds) > 1 and not are_several else "")
        words = f" · {images.id} · {seeds}" if images.images else ""
        if are_several:  # no curve is drawn through the opinions of several studies
            words += " · sets on 0 to 1"
        elif images.images and not images.curve:
            words += " · no fit found"
        words += "" if images.has_scale else ", no scale"
        self.set_title(plain(f"Prediction against MOS{words}"))
        points = [(image.mos, image.drawn) for image in images.images]
        self.show(points, ("MOS", "pred"), style=style, empty=plain(images.problem), line=images.curve)


class ImageList(RowTable):
    """Draws what `show_list` was given last."""

    def __init__(self) -> None:
        super().__init__((Column("name", "image", 8, grows=True),), id="image-list", classes="panel")
        self._empty = ("reading scores …",)

    def show_list(
        self, rows: Sequence[Listed], ids: tuple[str, str], empty: str, has_scale: tuple[bool, bool] = (True, True)
    ) -> None:
        """Args:
        ids: of the row, and of the one that it is compared with; the second is empty if there is none.
        empty: said if there is no image.
        has_scale: of the row, and of the other one: predictions without a scale are not shown.
        """
        columns = apart_columns(*ids) if ids[1] else wrong_columns()
        self._columns = with_label_width(columns, "name", [plain(row.image.name) for row in rows], MOST_NAME)
        decimals = decimals_of([row.image.mos for row in rows])
        self.show(
            [TableRow(str(place), _cells(row, ids, decimals, has_scale)) for place, row in enumerate(rows)], (empty,)
        )


def wrong_columns() -> tuple[Column, ...]:
    """Of images that one row is wrong or right about."""
    return (
        Column("name", "image", 10, grows=True, importance=30),
        Column("mos", "MOS", 6, "right", importance=20),
        Column("pred", "pred", 6, "right", importance=19),
        Column("places", "place → its", 11, "right", importance=25),
    )


def apart_columns(one: str, other: str) -> tuple[Column, ...]:
    """Of images on which two rows disagree.

    Args:
        one, other: ids of the rows.
    """
    return (
        Column("name", "image", 10, grows=True, importance=30),
        Column("mos", "MOS", 6, "right", importance=20),
        Column("pred", fit(one, 6).strip(), 6, "right", importance=16),
        Column("other", fit(other, 6).strip(), 6, "right", importance=16),
        Column("place", "place", 5, "right", importance=17),
        Column("places", f"{fit(one, 4).strip()} · {fit(other, 4).strip()}", 11, "right", importance=25),
        Column("nearer", "nearer", 6, importance=18),
    )


def _cells(row: Listed, ids: tuple[str, str], decimals: int, has_scale: tuple[bool, bool]) -> dict[str, Cell]:
    image, pair = row.image, row.pair
    name = plain(image.name)
    cells: dict[str, Cell] = {
        "name": name if len(name) <= NAME_CELLS else f"…{name[1 - NAME_CELLS :]}",
        "mos": f"{image.mos:.{decimals}f}",
        "pred": f"{image.pred:.{decimals}f}" if has_scale[0] else "–",
        "places": f"{image.mos_place} → {image.pred_place}",
    }
    if ids[1] and pair is not None:
        cells |= {
            "other": f"{pair.other.pred:.{decimals}f}" if has_scale[1] else "–",
            "place": str(image.mos_place),
            "places": f"{image.pred_place} · {pair.other.pred_place}",
            "nearer": {1: ids[0], -1: ids[1], 0: "both"}[pair.nearer],
        }
    return cells


def decimals_of(values: Sequence[float]) -> int:
    """As many as tell opinions on their scale apart: three on 0 to 1, one on 0 to 100."""
    span = max(values, default=1.0) - min(values, default=0.0)
    return 3 if span <= NARROW_SCALE else 2 if span <= MIDDLE_SCALE else 1
