"""A recording of the real program: launching the demo and watching it. `python -m tests.recording docs/watching.cast`.

It runs `iqa-tui` on a pseudo-terminal, presses the keys of `SCENES`, and writes what the program drew as an asciicast
(version 2: a header, then one JSON line a piece of output), which `asciinema play docs/watching.cast` shows. Waiting is cut
short. The runs are real: they train on this machine, so this takes as long as one of them.
"""

from __future__ import annotations

import codecs
import json
import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.fakes.terminal import Terminal

SIZE = (120, 34)
LONGEST_PAUSE = 1.2
"""Seconds: what takes longer in truth is shown as this."""
LOOK_SECONDS = 1.5
"""After each scene."""
PATIENCE_SECONDS = 900.0


@dataclass(frozen=True)
class Scene:
    """Wait for words, then press keys, one after the other."""

    words: str
    keys: tuple[str, ...]


SCENES = (
    Scene("No runs in", ("1",)),
    Scene("Command", ("\r",)),
    Scene("Launch demo\\?", ("\r",)),
    Scene("● running +CPU 0 +▇", ("j", "j", "j", "k")),
    Scene("F1.* 0\\.[0-9]{4}", ("j",)),
    Scene("★|•", ("c", "\x1b[D", "\x1b[D", "\x1b[D", "c")),
    Scene("● running", ("z", "l", "l", "+", "\x1b")),
    Scene("● running", ("\t", "\t", "z")),
    Scene("loss", ("\x1b",)),
    Scene("● running", ("\r",)),
    Scene("Settings", ("\x1b", "3")),
    Scene("SRCC", ("q",)),
    Scene("Leave them running", ("\r",)),
)


class Recorder(Terminal):
    """Keeps every piece of output with its time."""

    def __init__(self, command: list[str], env: dict[str, str]) -> None:
        self.pieces: list[tuple[float, bytes]] = []
        super().__init__(command, *SIZE, env)

    def took(self, chunk: bytes) -> None:
        self.pieces.append((time.monotonic(), chunk))


def record(target: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            "COLORTERM": "truecolor",
            "IQA_TUI_STATE": f"{folder}/state",
            "IQA_TUI_LEASES": f"{folder}/leases",
            "IQA_TUI_SETTINGS": f"{folder}/none.toml",
        }
        with Recorder([sys.executable, "-m", "iqa_tui", "--runs-dir", f"{folder}/runs"], environment) as terminal:
            for scene in SCENES:
                print(f"waits for {scene.words!r}", file=sys.stderr, flush=True)
                terminal.wait_for(scene.words, PATIENCE_SECONDS)
                terminal.read(LOOK_SECONDS)
                for key in scene.keys:
                    terminal.press(key)
                    terminal.read(LOOK_SECONDS / 2)
            terminal.read(LOOK_SECONDS)
            pieces = [(moment, chunk.replace(folder.encode(), _place(folder))) for moment, chunk in terminal.pieces]
        stop = [sys.executable, "-m", "iqa_tui", "--runs-dir", f"{folder}/runs", "stop", "--all"]
        os.spawnve(os.P_WAIT, sys.executable, stop, {**os.environ, **environment})
    target.write_text(cast(pieces), encoding="utf-8")


def _place(folder: str) -> bytes:
    """What stands in the recording for the folder in which it was made, as many characters long."""
    return f"/home/ann/{'study':_<{max(1, len(folder) - 10)}}"[: len(folder)].encode()


def cast(pieces: list[tuple[float, bytes]]) -> str:
    """Asciicast version 2, without long pauses."""
    lines = [json.dumps({"version": 2, "width": SIZE[0], "height": SIZE[1], "title": "iqa-tui"})]
    decode = codecs.getincrementaldecoder("utf-8")("replace").decode
    shown, before = 0.0, pieces[0][0] if pieces else 0.0
    for moment, chunk in pieces:
        shown += min(LONGEST_PAUSE, moment - before)
        before = moment
        lines.append(json.dumps([round(shown, 3), "o", decode(chunk)], ensure_ascii=False))
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    record(Path(sys.argv[1]))
