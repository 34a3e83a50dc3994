"""The messages that a watching thread posts."""

from __future__ import annotations

import time
from collections.abc import Callable

from textual.message import Message


class Posted(list[Message]):
    """Give its `append` to a watcher as the app's `post_message`."""

    def wait_for(self, wanted: Callable[[Message], bool], seconds: float = 10.0) -> Message:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for message in list(self):
                if wanted(message):
                    return message
            time.sleep(0.01)
        raise AssertionError(f"not posted; there is {list(self)}")
