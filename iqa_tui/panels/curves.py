"""The curves of the chosen runs: a grid of small plots, one a metric."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from iqa_tui.monitor.curve_view import CurveView, Signs
from iqa_tui.widgets.curve_grid import CurveGrid
from iqa_tui.widgets.plots.series import Dots, PlotLook, XKind
from training.runfolder.phase import Phase

if TYPE_CHECKING:
    from iqa_tui.monitor.state import RunState
    from iqa_tui.panels.curve_plots import CurvePlots
    from iqa_tui.widgets.plots.series import Plot, Series


class Curves(CurveGrid):
    """Draws what `show_runs` was given last."""

    def __init__(self, *, ascii_mode: bool, has_signs: bool = False) -> None:
        """Args:
        has_signs: curves are told apart by signs, as there are no colours.
        """
        super().__init__(id="curves", classes="panel")
        self._ascii_mode = ascii_mode
        self._has_signs = has_signs
        self._plots_of_runs: CurvePlots | None = None

    def show_runs(
        self, runs: Sequence[tuple[RunState, int]], view: CurveView, front: str | None = None, left_out: int = 0
    ) -> None:
        """Args:
        runs: each with the number of its look.
        front: id of the run whose curve is drawn over the others.
        left_out: how many runs under the cursor are not among them, as they are too many to draw.
        """
        dots = Dots.HALF if view.signs is Signs.HALF_BLOCKS else Dots.BRAILLE
        look = PlotLook(
            dots=Dots.ASCII if self._ascii_mode else dots,
            x_kind=XKind(view.x.value),
            window=view.window,
            cross=view.cross,
            is_banded=view.is_banded,
            front=front or "",
            has_signs=self._has_signs or self._ascii_mode,
        )
        plots, states = self._plots_of(runs, view), [state for state, _ in runs]
        of_many = f"best {len(runs)} of {len(runs) + left_out} runs · " if left_out > 0 else ""
        words = f"Curves · {of_many}{view.words}"
        if view.is_banded and any(_is_repeated(plot.series) for plot in plots):
            words += f" · {repeated_words(states)} as mean ± SD"
        if not all(state.is_whole for state in states):
            words += f" · reading {sum(state.is_whole for state in states)} of {len(states)}"
        self.show(plots, look, page=view.page, words=words, empty=empty_words(states))

    def _plots_of(self, runs: Sequence[tuple[RunState, int]], view: CurveView) -> Sequence[Plot]:
        if not runs:
            return ()
        if self._plots_of_runs is None:
            from iqa_tui.panels.curve_plots import CurvePlots  # noqa: PLC0415  the app's first paint has no runs

            self._plots_of_runs = CurvePlots()
        return self._plots_of_runs.of(runs, view)


def _is_repeated(series: Sequence[Series]) -> bool:
    groups = [each.group for each in series if each.group]
    return len(set(groups)) < len(groups)


def repeated_words(states: Sequence[RunState]) -> str:
    """`seeds`, `splits`, `splits and seeds`: what the runs of an experiment differ in."""
    runs: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for state in states:
        if state.spec is not None:
            runs.setdefault((state.group, state.experiment), []).append((state.spec.split_seed, state.spec.seed))
    several = [any(len({key[place] for key in keys}) > 1 for keys in runs.values()) for place in (0, 1)]
    words = [name for name, is_several in zip(("splits", "seeds"), several, strict=True) if is_several]
    return " and ".join(words) or "seeds"


def empty_words(states: Sequence[RunState]) -> str:
    """Why there is no curve at all."""
    if not states:
        return "no run is chosen"
    names: dict[str, list[str]] = {}
    for state in states:
        names.setdefault(_missing_words(state), []).append(state.experiment or state.label)
    return "; ".join(f"{', '.join(dict.fromkeys(of))}: {words}" for words, of in names.items())


def _missing_words(state: RunState) -> str:
    """Why a run has no curve. An external trainer may write events: whether it does shows when it runs."""
    if state.phase is Phase.QUEUED:
        return "not started yet"
    if not state.is_whole:
        return "its curves are being read"
    if state.spec is not None and state.spec.trainer != "training" and not state.updated:
        return "its own trainer has written no events; what it prints is in the log"
    if not state.is_whole:
        return "its events are being read"
    return "ended before it trained a step" if state.phase.is_over else "not yet trained a step"
