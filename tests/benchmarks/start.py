"""How long a person waits: for the first picture of the app, and for a word at the prompt."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.benchmarks.figure import compiled_once, median_seconds_in_turns, report

BARE_APP = """
from textual.app import App
from textual.widgets import Footer, Header, Static
class Bare(App):
    def compose(self):
        yield Header()
        yield Static("first paint")
        yield Footer()
Bare().run()
"""
PATIENCE_SECONDS = 30.0


def until_it_shows(command: list[str], text: bytes) -> None:
    """Start a command on a pseudo-terminal of 140×40, wait until it draws `text`, end it.

    Raises:
        RuntimeError: it did not within `PATIENCE_SECONDS`; the message holds what it drew.
    """
    controller, terminal = pty.openpty()
    environment = {**compiled_once(), "TERM": "xterm-256color", "COLUMNS": "140", "LINES": "40"}
    process = subprocess.Popen(
        command, stdin=terminal, stdout=terminal, stderr=terminal, env=environment, start_new_session=True
    )
    os.close(terminal)
    drawn, deadline = b"", time.monotonic() + PATIENCE_SECONDS
    try:
        while text not in drawn:
            ready, _, _ = select.select([controller], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                raise RuntimeError(f"{command} never showed {text!r}; it drew {drawn[-500:]!r}")
            drawn += os.read(controller, 65536)
    finally:
        process.kill()
        process.wait()
        os.close(controller)


def first_paint() -> None:
    with tempfile.TemporaryDirectory() as folder:
        app = [sys.executable, "-m", "iqa_tui", "--runs-dir", str(Path(folder) / "runs")]
        bare = [sys.executable, "-c", BARE_APP]
        ours, theirs = median_seconds_in_turns(
            lambda: until_it_shows(app, b"iqa-tui"), lambda: until_it_shows(bare, b"first paint"), rounds=7
        )
    report("first_paint", ours, "s", "nothing")
    report("first_paint_ratio", ours / theirs, "×", f"a bare Textual app, {theirs:.3f} s")


def version() -> None:
    def run(*arguments: str) -> None:
        subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL, env=compiled_once())

    ours, bare = median_seconds_in_turns(
        lambda: run("-m", "iqa_tui", "--version"), lambda: run("-c", "pass"), rounds=15
    )
    report("version", ours, "s", "nothing")
    report("version_ratio", ours / bare, "×", f"python -c pass, {bare:.3f} s")


def main() -> None:
    first_paint()
    version()
