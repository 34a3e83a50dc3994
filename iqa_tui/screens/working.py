"""Whether a screen still works on what the user asked for before."""

from __future__ import annotations

from typing import Any

from textual.screen import Screen


def is_working(screen: Screen[Any], group: str) -> bool:
    """True while a thread of this screen and group works, until what it shows at its end is on screen.

    A second key in one burst would else start the same work again, and ask its question twice.
    """
    return any(worker.node is screen and worker.group == group and not worker.is_finished for worker in screen.workers)
