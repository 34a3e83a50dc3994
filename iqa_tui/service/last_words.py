"""What a trainer said last: the line of its output that says most."""

from __future__ import annotations

import os
import re
from pathlib import Path

from training.runfolder.errors import UnreadableFile
from training.runfolder.opening import open_regular

TAIL_BYTES = 64 << 10
"""How much of the output's end is searched for a cause; a traceback fits many times."""
LONGEST_CAUSE = 300
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")
TRACEBACK = "Traceback (most recent call last):"
"""What such a line ends in: before it may stand `Original `, `Exception Group `, or a progress bar that was cut off."""
ASIDES = ("Exception ignored", "Exception in thread", "Error in atexit")
"""Before a traceback that did not end the program, but may be the last one that it printed."""
OF_A_LAUNCHER = re.compile(
    r"(\w+\.)*(ChildFailedError|ProcessRaisedException|ProcessExitedException)\b"  # torchrun, torch.multiprocessing
    r"|subprocess\.CalledProcessError: Command "  # accelerate launch, deepspeed
    r"|SystemExit\b"
)
"""What the launcher of a trainer raises because its child failed: the child's own traceback stands before it."""
RULER = re.compile(r"[=\-_*#]{3,}")
BOX_TITLE, BOX_END = "Traceback (most recent call last) ─", "╰─"
"""Of the box that rich draws round the frames of a traceback."""
FRAME = re.compile(r"\s|> File ")
"""Begins a line of a traceback's frames; loguru marks the one in which it caught the exception."""
GROUP_BAR = re.compile(r"^\s*\| ")
"""Before each line of an exception group."""


def last_words(output: bytes) -> str:
    """The line that says most: the last `error: …` or exception of a traceback, else the last line."""
    lines = [line.rstrip() for line in re.split(r"[\r\n]+", plain_text(output)) if line.strip()]
    aside, is_boxed = "", any(BOX_TITLE in line for line in lines)
    for number in reversed(range(len(lines))):
        if lines[number].startswith("error: "):
            return shortened(lines[number].removeprefix("error: "))
        exception = ""
        if lines[number].endswith(TRACEBACK):
            exception = _exception(lines[number + 1 :])
        elif is_boxed and lines[number].startswith(BOX_END):  # what follows the box is the exception
            exception = "".join(lines[number + 1 : number + 2])
        is_aside = number > 0 and lines[number - 1].startswith(ASIDES)
        if exception and (is_aside or OF_A_LAUNCHER.match(exception)):
            aside = aside or exception
        elif exception:
            return shortened(exception)
    return shortened(aside or lines[-1]) if lines else ""


def _exception(lines: list[str]) -> str:
    """What follows the frames of a traceback; with the next line too if it is a name alone."""
    for number, line in enumerate(lines):
        words = GROUP_BAR.sub("", line)
        if not FRAME.match(words):  # frames are indented; the exception is not
            following = (more.strip() for more in lines[number + 1 : number + 2] if words.endswith(":"))
            return " ".join([words, *(more for more in following if not RULER.fullmatch(more))])
    return ""


def plain_text(output: bytes) -> str:
    return ESCAPES.sub("", output.decode(errors="replace"))


def shortened(line: str, longest: int = LONGEST_CAUSE) -> str:
    """One printable line of at most so many characters."""
    line = "".join(character if character.isprintable() else " " for character in line).strip()
    return line if len(line) <= longest else line[: longest - 1] + "…"


def tail(path: Path) -> bytes:
    """The end of a file; empty if it cannot be read."""
    try:
        descriptor = open_regular(path)
    except (OSError, UnreadableFile):
        return b""
    try:
        return os.pread(descriptor, TAIL_BYTES, max(0, os.fstat(descriptor).st_size - TAIL_BYTES))
    except OSError:
        return b""
    finally:
        os.close(descriptor)
