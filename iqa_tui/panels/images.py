"""The images of a run: predictions against opinion scores, and those that the network is most wrong about."""

from __future__ import annotations

from collections.abc import Sequence

from iqa_tui.monitor.scored_images import ScoredImages
from iqa_tui.widgets.canvas import Canvas, Line, fit
from iqa_tui.widgets.palette import series_style
from iqa_tui.widgets.scatter import Scatter

WIDTHS = (6, 7, 11)
"""Of opinion score, prediction, and places."""
ROOMY_WIDTH = 36
"""A narrower panel has no room for more than the places."""
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
        count = f" · {scored.split} · {len(scored.images)} images{scale}" if scored.images else ""
        self.set_title(f"Prediction against MOS{count}")
        points = [(image.mos, image.pred) for image in scored.images]
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
        widths = WIDTHS if width >= ROOMY_WIDTH else WIDTHS[-1:]
        room = max(8, width - sum(widths) - len(widths))
        lines: list[Line] = [[(_row(fit("image", room), ("MOS", "pred", "place → its"), widths), "heading")]]
        for image in self._scored.worst(MOST)[: height - 1]:
            pred = f"{image.pred:.4g}" if self._scored.scale.has_numbers else "–"
            numbers = (f"{image.mos:.4g}", pred, f"{image.mos_place} → {image.pred_place}")
            style = "warning" if image.error > 0 else ""
            lines.append([(_row(_end_of(image.name, room), numbers, widths), style)])
        return lines


def _row(name: str, numbers: Sequence[str], widths: Sequence[int]) -> str:
    """As many of the numbers, the last ones, as there are widths."""
    shown = zip(numbers[-len(widths) :], widths, strict=True)
    return " ".join([name, *(fit(text, width, "right") for text, width in shown)])


def _end_of(name: str, width: int) -> str:
    """A long path keeps its end, which tells images apart."""
    return fit(name, width) if len(name) <= width else "…" + name[-(width - 1) :]
