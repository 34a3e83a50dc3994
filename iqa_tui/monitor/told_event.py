"""What the user's own command is told of a run that ended: one JSON object, whose texts are plain."""

from __future__ import annotations

import json
import time
from typing import Any

from iqa_tui.monitor.happenings import TROUBLE, ended_words
from iqa_tui.monitor.run_words import run_name
from iqa_tui.monitor.state import RunState
from training.runfolder.phase import Phase
from training.runfolder.text import plain_copy
from training.runfolder.write import finite

VERSION = 1


def is_wanted(phase: Phase, when: str) -> bool:
    """Args:
    when: as the settings have it: trouble, or always.
    """
    return when == "always" or phase in TROUBLE


def told_event(state: RunState, attempt: int) -> bytes:
    """The end of one attempt."""
    spec, ended, result = state.spec, state.exit, state.result
    event: dict[str, Any] = {
        "version": VERSION,
        "event": state.phase.value,
        "words": ended_words(state, run_name(state)),
        "run": state.run_id,
        "folder": str(state.run.shown),
        "group": state.group,
        "experiment": state.experiment,
        "label": state.label,
        "seed": spec.seed if spec else None,
        "split": spec.split if spec else None,
        "attempt": attempt,
        "cause": state.status.cause,
        "device": state.device_label,
        "when": ended.ended if ended else time.time(),
        "elapsed_seconds": state.elapsed_seconds(time.time()),
        "scores": result.metrics if result else {},
    }
    return json.dumps(finite(plain_copy(event))).encode()


def example_event() -> bytes:
    """What `iqa-tui doctor --notify` tells, in the same form; its `event` is `test`."""
    words = "iqa-tui tells you how runs end: this is a test"
    texts = dict.fromkeys(("run", "folder", "group", "experiment", "label", "cause", "device"), "")
    event = {"version": VERSION, "event": "test", "words": words, **texts, "seed": None, "split": None, "attempt": 0}
    return json.dumps({**event, "when": time.time(), "elapsed_seconds": None, "scores": {}}).encode()
