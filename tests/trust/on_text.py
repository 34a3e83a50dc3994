"""T14: text from files that a terminal, a spreadsheet or LaTeX would obey."""

from __future__ import annotations

import csv
import io
import os
import pty
import select
import subprocess
import time
from pathlib import Path

from tests.trust.ground import Ground, started
from tests.trust.on_files import RESULT
from tests.trust.outcome import Outcome

CLIPBOARD = "\x1b]52;c;cm0gLXJmIH4K\x07"
COLOUR = "\x1b[31m"
FORMULA = "=cmd|' /C calc'!A0"
BARE_LINE = r"\input{evil}"
RAW = (b"\x1b]52", b"\x1b[31m")
SCREEN_SECONDS = 4.0


def t14_escapes_from_files_reach_the_terminal(ground: Ground) -> Outcome:
    """Written by mallory in a folder that ann looks at, or beside a lease of mallory's."""
    outcome = Outcome()
    text = f"nice{CLIPBOARD}{COLOUR}run"
    for name, fields in {
        "a label": {"label": text},
        "a folder's name": {"name": f"2026-11-23_17-05-01_{text}"},
    }.items():
        runs = ground.shared(f"runs-{len(outcome.cases)}")
        ground.plant_run(runs, ground.mallory, ["/bin/true"], **fields)
        outcome.add(name, *_shows_raw(ground, runs))

    runs = ground.shared("causes")
    run = ground.plant_run(runs, ground.mallory, ["/bin/true"])
    ended = {"kind": "failed", "cause": text, "ended": 1.8e9, "elapsed_seconds": 1.0, "format": 1}
    ground.plant(run / "attempts" / "1" / "exit.json", ended, ground.mallory)
    outcome.add("a cause", *_shows_raw(ground, runs))

    others = ground.make("others", ground.mallory)
    row = {"id": "E1", "label": text, "until": str(ground.public / "never")}
    (run,) = ground.queue(ground.mallory, others, ground.plan(row))
    ground.until(lambda: started(run), "mallory's run to have the device")
    outcome.add("a holder of a lease", *_shows_raw(ground, ground.make("of-ann", ground.ann)))
    return outcome


def _shows_raw(ground: Ground, runs: Path) -> tuple[bool, str]:
    """Whether `status` shows the text raw, or not at all."""
    said = ground.status(ground.ann, runs)
    lines = [b" ".join(line.split()) for line in said.output.splitlines() if b"nice" in line]
    if not lines:
        return True, f"it is not shown at all: {said.line()}"
    is_raw = any(raw in said.output for raw in RAW)
    return is_raw, f"{'raw' if is_raw else 'as text'}: {lines[0].decode(errors='replace')!r}"


def t14_the_app_hands_escapes_of_a_run_to_the_terminal(ground: Ground) -> Outcome:
    runs = ground.shared()
    ground.plant_run(runs, ground.mallory, ["/bin/true"], label=f"nice{CLIPBOARD}run")
    received = _received_from_the_app(ground, runs)
    place = received.find(b"\x1b]52")
    words = repr(received[place : place + 24]) if place >= 0 else f"none in {len(received):,} bytes"
    if b"nice" not in received:
        words = f"the app shows no row: {words}"
    return Outcome.of(place >= 0 or b"nice" not in received, words)


def _received_from_the_app(ground: Ground, runs: Path) -> bytes:
    """Every byte that the app sends to its terminal in the first seconds, the second screen too."""
    controller, terminal = pty.openpty()
    process = subprocess.Popen(
        ground.command(ground.ann, ground.python, "-m", "iqa_tui", "--runs-dir", runs),
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        env=ground.env(ground.ann, TERM="xterm-256color", COLUMNS="140", LINES="40"),
        cwd=ground.folder,
        start_new_session=True,
    )
    os.close(terminal)
    received = b""
    try:
        for keys in (b"", b"3", b"2"):
            deadline = time.monotonic() + SCREEN_SECONDS / 2
            os.write(controller, keys)
            while time.monotonic() < deadline:
                if select.select([controller], [], [], 0.1)[0]:
                    received += os.read(controller, 65536)
    finally:
        process.kill()
        process.wait()
        os.close(controller)
    return received


def t14_exported_cells_are_formulas(ground: Ground) -> Outcome:
    outcome = Outcome()
    for name, fields in {"label": {"label": FORMULA}, "protocol": {"protocol": FORMULA}}.items():
        runs = ground.make(f"runs-{name}", ground.mallory)
        run = ground.plant_run(runs, ground.mallory, ["/bin/true"], **_planned(**fields))
        result = {**RESULT, "run_id": run.name, **{key: text for key, text in fields.items() if key == "protocol"}}
        ground.plant(run / "result.json", result, ground.mallory)
        said = ground.iqa(ground.ann, "--runs-dir", runs, "export", "--format", "csv")
        cells = [cell for row in csv.reader(io.StringIO(said.text)) for cell in row]
        formulas = [cell for cell in cells if cell.startswith(("=", "@", "+cmd", "-cmd"))]
        kept = [cell for cell in cells if "cmd|" in cell]
        words = f"a cell begins with {formulas[0]!r}" if formulas else f"the cell is {(kept or ['not there'])[0]!r}"
        outcome.add(name, formulas or not kept, words)
    return outcome


def t14_a_folders_name_makes_a_line_of_latex(ground: Ground) -> Outcome:
    runs = ground.make("runs", ground.mallory)
    name = f"2026-11-23_17-05-01_x\n{BARE_LINE}\n_s1"
    run = ground.plant_run(runs, ground.mallory, ["/bin/true"], name=name, **_planned())
    ground.plant(run / "result.json", {**RESULT, "run_id": name}, ground.mallory)
    said = ground.iqa(ground.ann, "--runs-dir", runs, "export", "--format", "latex")
    bare = [line for line in said.text.splitlines() if line.strip().startswith(BARE_LINE)]
    is_a_table = r"\begin{tabular}" in said.text
    words = f"a line of its own: {bare[0]}" if bare else said.line("evil", "error")
    return Outcome.of(bare or not is_a_table, words)


def _planned(**row: str) -> dict[str, object]:
    """Fields of a run that has a row in its plan's table."""
    label = row.get("label", "a row")
    plan = {"name": "by-hand", "command": ["/bin/true"], "experiment": [{"id": "H1", "label": label}]}
    return {"label": label, "plan": plan, "protocol": row.get("protocol", "clean")}
