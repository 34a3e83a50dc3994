"""What the parts of the app share: its screens, the runs as they were read last, what the user wants and did before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iqa_tui.widgets.keys_in_turn import KeysInTurn
from iqa_tui.widgets.painting import PaintsDifferences

if TYPE_CHECKING:
    from iqa_tui.monitor.state import RunState
    from iqa_tui.screens.room import Room, Session
    from iqa_tui.settings.remembered import Remembered
    from iqa_tui.settings.values import Settings

ROOMS = ("launch", "monitor", "results")


def rooms_there(*, read_only: bool) -> tuple[str, ...]:
    """The screens there are: what launches has none if the app is read only."""
    return tuple(name for name in ROOMS if not (read_only and name == "launch"))


class FrontApp(PaintsDifferences, KeysInTurn):
    """The base of the parts of the app, which `IqaApp` puts together."""

    session: Session
    settings: Settings
    remembered: Remembered
    _rooms: dict[str, Room]
    """The screens that the user has been on, by name."""
    _runs: tuple[RunState, ...] = ()

    @property
    def rooms(self) -> tuple[str, ...]:
        return rooms_there(read_only=self.session.read_only)

    def action_room(self, name: str) -> None:
        """Go to a screen; it is as it was left."""
        raise NotImplementedError
