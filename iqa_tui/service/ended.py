"""What our trainer said of its own end: the last event of the attempt."""

from __future__ import annotations

from dataclasses import dataclass

from iqa_tui.service.last_words import tail
from training.runfolder.events import parse_event
from training.runfolder.exits import ExitKind
from training.runfolder.layout import RunFolder


@dataclass(frozen=True, slots=True)
class Ended:
    """An event of the kind `ended`."""

    how: ExitKind
    epoch: int | None = None
    step: int | None = None
    """None: it ended before training began."""
    saved: bool = False
    """A resume goes on from this very step."""

    @property
    def where(self) -> str:
        """`at step 310 of epoch 2`; empty if training had not begun."""
        if self.step is None:
            return ""
        without = "" if self.saved else " without a checkpoint of it (see the warnings in its log)"
        return f"at step {self.step:,} of epoch {self.epoch}{without}"


def read_ended(run: RunFolder, attempt: int) -> Ended | None:
    """The last event of this attempt, if it says how it ended. Never raises."""
    for line in reversed(tail(run.events).split(b"\n")):
        event = parse_event(line) if line.strip() else None
        if event is None:
            continue
        if event.kind != "ended" or event.attempt != attempt:
            return None
        try:
            how = ExitKind(str(event.fields.get("how")))
        except ValueError:  # of a later version
            return None
        saved = event.fields.get("saved") is True
        return Ended(how, _number(event.fields.get("epoch")), _number(event.fields.get("step")), saved)
    return None


def _number(value: object) -> int | None:
    return value if isinstance(value, int) else None
