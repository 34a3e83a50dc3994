"""The images of a run: predictions against opinion scores, and those that the network is most wrong about."""

from __future__ import annotations

from collections.abc import Sequence

from iqa_tui.monitor.scored_images import ScoredImages
from iqa_tui.widgets.canvas import Canvas, Line, fit
from iqa_tui.widgets.palette import series_style
from iqa_tui.widgets.scatter import Scatter

OPINION, PREDICTION, PLACES = ("MOS", 6), ("pred", 7), ("place → its", 11)
COLUMNS = ((OPINION, PREDICTION, PLACES), (OPINION, PLACES), (PLACES,))
"""Heading and width of each; those beside the places give way to names that would be cut."""
LONGEST_NAME = 16
"""Cells of a name that the numbers give way to; its end tells images apart."""
MOST = 100


class PredictionPlot(Scatter):
    """One point an image."""

    def __init__(self, *, ascii_mode: bool) -> None:
        super().__init__(id="predictions", classes="panel", ascii_mode=ascii_mode)
        self.set_title("Prediction against MOS")

    def show_images(self, scored: ScoredImages, colour: int) -> None:
        """Args:
        colour: the run's.
        """
        scale = f" · {scored.scale.words}" if scored.scale.words else ""
        sets = " · sets on 0 to 1" if scored.ends else ""
        count = f" · {scored.split} · {len(scored.images)} images" if scored.images else ""
        short = f"{len(scored.images)} {scored.split} images" if scored.images else "Predictions"
        self.set_title(
            f"Prediction against MOS{count}{scale}{sets}", f"{short}{scale}{sets}", f"{short}{sets or scale}"
        )
        points = scored.points
        empty = scored.problem or "no scores yet: they are written after each epoch"
        self.show(points, ("MOS", "pred"), style=series_style(colour), empty=empty)


class WorstImages(Canvas):
    """By places: what people put 12th and the network 180th."""

    def __init__(self) -> None:
        super().__init__(id="worst-images", classes="panel")
        self.set_title("Most wrong about")
        self._scored = ScoredImages()

    def show_images(self, scored: ScoredImages) -> None:
        self._scored = scored
        self.redraw()

    def draw(self, width: int, height: int) -> list[Line]:
        if not self._scored.images:
            return [[(self._scored.problem or "no scores yet", "dim")]]
        worst = self._scored.worst(MOST)
        longest = min(LONGEST_NAME, max(len(image.name) for image in worst))
        rooms = [width - sum(cells for _, cells in columns) - len(columns) for columns in COLUMNS]
        columns, room = next(
            ((columns, room) for columns, room in zip(COLUMNS, rooms, strict=True) if room >= longest),
            (COLUMNS[-1], max(8, rooms[-1])),
        )
        lines: list[Line] = [[(_row(fit("image", room), [heading for heading, _ in columns], columns), "heading")]]
        for image in worst[: height - 1]:
            pred = f"{image.pred:.4g}" if self._scored.scale.has_numbers else "–"
            told = {OPINION: f"{image.mos:.4g}", PREDICTION: pred, PLACES: f"{image.mos_place} → {image.pred_place}"}
            numbers = [told[column] for column in columns]
            style = "warning" if image.error > 0 else ""
            lines.append([(_row(_end_of(image.name, room), numbers, columns), style)])
        return lines


def _row(name: str, numbers: Sequence[str], columns: Sequence[tuple[str, int]]) -> str:
    shown = zip(numbers, columns, strict=True)
    return " ".join([name, *(fit(text, width, "right") for text, (_, width) in shown)])


def _end_of(name: str, width: int) -> str:
    """A long path keeps its end, which tells images apart."""
    return fit(name, width) if len(name) <= width else "…" + name[-(width - 1) :]
