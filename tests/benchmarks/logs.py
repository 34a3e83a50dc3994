"""How long a log of 2 GB keeps its reader waiting, how fast logs become lines, and how fast they are searched."""

from __future__ import annotations

import io
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from tqdm import tqdm

from iqa_tui.monitor.log_pattern import TROUBLES, log_pattern
from iqa_tui.monitor.log_reader import LogReader
from iqa_tui.monitor.log_screen import LogScreen
from iqa_tui.monitor.log_search import LogSearch
from iqa_tui.monitor.log_text import LogWish
from tests.benchmarks.figure import median_seconds_in_turns, report
from tests.benchmarks.terminal import OURS, SIZE
from tests.fakes.run_folders import FakeRun, hold_dispatcher_lock
from tests.fakes.terminal import Terminal

LONG_BYTES, SHORT_BYTES = 2 << 30, 1 << 20
SEARCHED_BYTES = 256 << 20
FED_BYTES = 8 << 20
LAST = "the last line of all"
ROUNDS = 5


def write_log(path: Path, size: int) -> None:
    """A log of about this size, with one traceback before its last line."""
    block = b"".join(
        b"step %7d loss 0.%04d lr 5e-6 gradient 1.23 images/s 412.0\n" % (n, n % 9999) for n in range(20_000)
    )
    with path.open("wb") as file:
        while file.tell() < size:
            file.write(block[: size - file.tell()])
        file.write(f"\nTraceback (most recent call last):\n{LAST}\n".encode())


def seconds_to_the_tail(runs: Path) -> float:
    """From the first paint of the app until the end of the log is on screen."""
    environment = {"IQA_TUI_LEASES": str(runs.parent / "leases"), "IQA_TUI_STATE": str(runs.parent / "state")}
    environment["PYTHONDONTWRITEBYTECODE"] = ""  # modules are compiled once, as those of a user are
    with Terminal([sys.executable, "-c", OURS, str(runs)], *SIZE, environment) as terminal:
        painted = None
        while LAST not in terminal.text:
            terminal.read(0.002)
            if painted is None and "q leave" in terminal.text:
                painted = time.monotonic()
        return time.monotonic() - (painted or time.monotonic())


def tails(folder: Path) -> None:
    taken: dict[int, list[float]] = {LONG_BYTES: [], SHORT_BYTES: []}
    outputs = {}
    for size in taken:
        runs = folder / str(size) / "runs"
        os.environ["IQA_TUI_STATE"] = str(runs.parent / "state")
        fake = FakeRun.queue(runs, "F2").start().train(10)
        outputs[size] = fake.run.attempt(1).output
        write_log(outputs[size], size)
        fake.end()
        held = hold_dispatcher_lock(runs)
        taken[size] = [seconds_to_the_tail(runs) for _ in range(ROUNDS)]
        os.close(held)
    long, short = (statistics.median(taken[size]) for size in (LONG_BYTES, SHORT_BYTES))
    report("log_tail", long, "s", f"2 GB on screen after the first paint; 1 MB: {short:.3f} s", at_most=0.1)
    read_long, read_short = median_seconds_in_turns(
        lambda: LogReader(outputs[LONG_BYTES]).look(), lambda: LogReader(outputs[SHORT_BYTES]).look(), ROUNDS
    )
    report("log_tail_ratio", read_long / read_short, "×", f"reading the end of 1 MB, {read_short:.3f} s", at_most=1.5)
    reader = LogReader(outputs[LONG_BYTES])
    began = time.perf_counter()
    text = reader.look(LogWish(LONG_BYTES // 2))
    report(
        "log_middle", time.perf_counter() - began, "s", f"{len(text.lines)} lines in the middle of 2 GB", at_most=0.1
    )
    search = LogSearch(TROUBLES)
    with outputs[LONG_BYTES].open("rb") as file:
        began = time.perf_counter()
        search.step(file.fileno(), outputs[LONG_BYTES].stat().st_size)
        report("log_first_error", time.perf_counter() - began, "s", "the newest traceback of 2 GB", at_most=0.1)
    searches(outputs[LONG_BYTES])


def searches(output: Path) -> None:
    for name, pattern in (
        ("words", log_pattern("nothing such")),
        ("errors", TROUBLES),
        ("expression", log_pattern("/no.hing/")),
    ):
        search, began = LogSearch(pattern), time.process_time()
        with output.open("rb") as file:
            while search.step(file.fileno(), SEARCHED_BYTES if name != "expression" else SEARCHED_BYTES // 16):
                pass
        size = SEARCHED_BYTES if name != "expression" else SEARCHED_BYTES // 16
        report(f"log_search_{name}", size / 1e6 / (time.process_time() - began), "MB/s", "nothing")


def plain_lines() -> str:
    return "".join(f"step {number} loss 0.{number:05} lr 5e-6 images/s 412.0\n" for number in range(5000))


def coloured_lines() -> str:
    written = io.StringIO()
    console = Console(file=written, force_terminal=True, width=120)
    for number in range(200):
        console.log(f"[green]INFO[/] step [bold]{number}[/] loss [red]0.{number:05}[/] /data/koniq-10k/{number}.jpg")
    return written.getvalue()


def nested_bars() -> str:
    written = io.StringIO()
    for _ in tqdm(range(3), desc="epochs", position=0, file=written, mininterval=0, ncols=90, ascii=False):
        for _ in tqdm(
            range(300), desc="steps", position=1, leave=False, file=written, mininterval=0, ncols=90, ascii=False
        ):
            pass
    return written.getvalue()


def feeds() -> None:
    for name, make in (("plain", plain_lines), ("coloured", coloured_lines), ("bars", nested_bars)):
        report(f"log_feed_{name}", fed_bytes_a_second(make) / 1e6, "MB/s", "nothing", at_least=1.0)


def fed_bytes_a_second(make: Callable[[], str]) -> float:
    part = make().encode()
    raw = part * (FED_BYTES // len(part) + 1)
    screen, began = LogScreen(), time.process_time()
    for start in range(0, len(raw), 1 << 17):
        screen.feed(raw[start : start + (1 << 17)])
    return len(raw) / (time.process_time() - began)


def main() -> None:
    feeds()
    with tempfile.TemporaryDirectory() as folder:
        tails(Path(folder))


if __name__ == "__main__":
    main()
