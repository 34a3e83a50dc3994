"""XIDs, which the driver reports to programs that have registered for them. Earlier ones are never reported.

Many drivers report none (no permission, WSL, old GPUs); everything else works then too.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

import pynvml

from iqa_tui.devices.gpus.ask import NO_ANSWER, ask, text

MOST_EVENTS = 64
"""How many one look takes; the driver keeps the others for the next one."""


class XidEvents:
    """One registration for the events of some GPUs."""

    def __init__(self, boards: Sequence[Any]) -> None:
        """Register.

        Args:
            boards: handles of whole GPUs: the driver reports nothing by MIG instance.
        """
        self._events = ask(pynvml.nvmlEventSetCreate)
        for board in boards:
            if self._events is not None:
                self._register(board)

    def _register(self, board: Any) -> None:
        supported = ask(pynvml.nvmlDeviceGetSupportedEventTypes, board) or 0
        if not supported & pynvml.nvmlEventTypeXidCriticalError:
            return
        try:
            pynvml.nvmlDeviceRegisterEvents(board, pynvml.nvmlEventTypeXidCriticalError, self._events)
        except pynvml.NVMLError_Unknown:  # the state of the set is undefined then
            self.close()
        except NO_ANSWER:
            pass

    def take(self) -> list[tuple[Any, int]]:
        """(handle of the GPU, XID) of what happened since the last look; waits for nothing."""
        seen: list[tuple[Any, int]] = []
        while self._events is not None and len(seen) < MOST_EVENTS:
            try:
                event = pynvml.nvmlEventSetWait_v2(self._events, 0)
            except (pynvml.NVMLError_Timeout, pynvml.NVMLError_GpuIsLost):  # none is left; or one GPU has none to tell
                break
            except NO_ANSWER:
                self.close()
                break
            if event.eventType == pynvml.nvmlEventTypeXidCriticalError:
                seen.append((event.device, int(event.eventData)))
        return seen

    def close(self) -> None:
        if self._events is not None:
            ask(pynvml.nvmlEventSetFree, self._events)
        self._events = None


def is_same(one: Any, other: Any) -> bool:
    """Whether two handles mean one GPU: by their address, as a lost GPU forgets its UUID, else by that."""
    if _address(one) == _address(other):
        return True
    uuids = [ask(pynvml.nvmlDeviceGetUUID, handle) for handle in (one, other)]
    return None not in uuids and text(uuids[0] or "") == text(uuids[1] or "")


def _address(handle: Any) -> int | None:
    return ctypes.cast(handle, ctypes.c_void_p).value
