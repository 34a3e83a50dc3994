"""What the launch that is chosen can show: looked up in a thread, again if seeds, settings or finished runs change."""

from __future__ import annotations

from collections.abc import Hashable
from functools import partial

from textual.message import Message

from iqa_tui.errors import LaunchError
from iqa_tui.panels.experiment_list import ExperimentList
from iqa_tui.plans.choice import LaunchChoice
from iqa_tui.plans.request import LaunchRequest
from iqa_tui.plans.scoring import ONE_SEED, ONE_SEED_SHORT, scoring_of, words_at_once
from iqa_tui.screens.room import Room, Session
from training.runfolder.phase import Phase
from training.runfolder.text import plain


class PowerTold(Message, bubble=False):
    """Which differences a launch can show."""

    def __init__(self, asked: Hashable, texts: tuple[str, ...]) -> None:
        super().__init__()
        self.asked = asked
        """What was looked up."""
        self.texts = texts


class PowerRoom(Room):
    """A screen that says below its experiments which differences a launch of them can show."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._asked: Hashable = None
        self._texts: tuple[str, ...] = ()

    def look_up_power(self, choice: LaunchChoice) -> None:
        """Say it now, or once finished runs are read; the words on the launch before stay until then."""
        try:
            request = choice.request()
            known = words_at_once(request) if request.experiments else ""
        except (LaunchError, ValueError):  # which is said where a launch is asked for
            self._tell(None, ())
            return
        if known is not None:
            self._tell(None, (known, ONE_SEED_SHORT) if known == ONE_SEED else ())
            return
        finished = sum(state.phase is Phase.FINISHED for state in self.runs)
        asked = (scoring_of(request), frozenset(request.repetitions()), finished)
        if asked != self._asked:
            self._asked = asked
            self.run_worker(partial(self._look_up, request, asked), thread=True, group="power")

    def _look_up(self, request: LaunchRequest, asked: Hashable) -> None:
        """In a thread: scores are read and resampled."""
        self.post_message(PowerTold(asked, power_texts(request)))

    def on_power_told(self, message: PowerTold) -> None:
        if message.asked == self._asked and self.can_draw:
            self._tell(message.asked, message.texts)

    def _tell(self, asked: Hashable, texts: tuple[str, ...]) -> None:
        self._asked, self._texts = asked, texts
        self.draw_power()

    def draw_power(self) -> None:
        """The first of its texts that there is room for, else the last one."""
        for experiments in self.query(ExperimentList):
            fitting = (text for text in self._texts if experiments.has_room_for_note(text))
            experiments.set_note(next(fitting, self._texts[-1] if self._texts else ""))


def power_texts(request: LaunchRequest) -> tuple[str, ...]:
    """In a thread: what the launch can show, at length and in short; () if there is nothing to say."""
    try:
        if (known := words_at_once(request)) is not None:
            return (known,) if known else ()
        from iqa_tui.results.power import power_of  # noqa: PLC0415  it loads scipy, which a launch of one seed needs not

        power = power_of(request)
    except (OSError, ValueError):
        return ()
    return (plain(power.words), power.short) if power.words else ()
