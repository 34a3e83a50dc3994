"""The files beside the locks of devices, which any user may write: one that is damaged spoils its own device alone.

python -m tests.trust.lease_fuzz --cases 2000 --seed 1
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any

from iqa_tui.devices.lease import Holder, lease_holders, take_lease
from iqa_tui.devices.lease_folder import lease_file
from iqa_tui.devices.withdrawn import driver_failures, record_driver_loss, restore, withdraw, withdrawn_reason
from iqa_tui.errors import LaunchError
from tests.trust import damage
from tests.trust.fuzz import Figures
from tests.trust.watchdog import Hang, Watchdog
from training.runfolder.errors import RunFolderError
from training.runfolder.layout import RunFolder

VICTIM, GOOD = "GPU-victim", "GPU-good"
SUFFIXES = (".lock", ".gate", ".share-0.lock", ".share-1.lock", ".journal")
RUN = RunFolder(Path("/nowhere/runs/r"))
ANN = Holder("ann", "r", 4711, "F2 L2", "/nowhere/runs")
WORDS = (LaunchError, RunFolderError)
"""What a reader may raise: it says what is wrong."""
WORDS_OF_WRITERS = (*WORDS, OSError)
JOURNAL = b'{"t": 1.0, "by": "ann", "what": "withdrawn", "why": "a fan"}\n{"what": "driver lost", "run": "r"}\n'


def fuzz_leases(cases: int, seed: int) -> Figures:
    """Run these cases of a seed. `IQA_TUI_LEASES` is another folder meanwhile."""
    figures, before = Figures(), os.environ.get("IQA_TUI_LEASES")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["IQA_TUI_LEASES"] = folder
        watchdog = Watchdog()
        try:
            expected = _look(GOOD)
            _clean()
            for number in range(cases):
                _try(random.Random(f"{seed} {number}"), number, expected, watchdog, figures)
        finally:
            figures.slowest_seconds = watchdog.slowest_seconds
            watchdog.close()
            if before is None:
                del os.environ["IQA_TUI_LEASES"]
            else:
                os.environ["IQA_TUI_LEASES"] = before
    return figures


def _try(rng: random.Random, number: int, expected: list[Any], watchdog: Watchdog, figures: Figures) -> None:
    figures.cases += 1
    suffix = rng.choice(SUFFIXES)
    path = lease_file(VICTIM).with_suffix(suffix)
    draw = rng.choice((damage.draw_kind, damage.draw_content, damage.draw_value))
    words, act = draw(rng)
    told = f"case {number}: {path.name}: {words}"
    held = []
    if rng.random() < 0.5 and suffix != ".gate":  # a process holds it while its text is spoilt
        reserved = 1 << 30 if "share" in suffix else None
        held = [take_lease(VICTIM, Holder("ann", "r", reserved_bytes=reserved), room_bytes=8 << 30)]
    if suffix == ".journal":
        path.write_bytes(JOURNAL)
    try:
        act(path)
        with watchdog.watching():
            _look(VICTIM)
        with watchdog.watching():
            found = _look(GOOD)
        if found != expected:
            figures.rows_changed += 1
            figures.faults.append(f"{told}: another device changed: {expected} {found}")
    except Hang:
        figures.hangs += 1
        figures.faults.append(f"{told}: hangs\n{traceback.format_exc()}")
    except Exception:  # noqa: BLE001  whatever a reader may raise is what is looked for
        figures.tracebacks += 1
        figures.faults.append(f"{told}\n{traceback.format_exc()}")
    finally:
        for descriptor in held:
            os.close(descriptor)
        _clean()


def _clean() -> None:
    for left in Path(os.environ["IQA_TUI_LEASES"]).iterdir():
        damage.remove(left)


def _look(key: str) -> list[Any]:
    """All that is asked of a device, and done to it."""
    return [
        _said(lease_holders, key),
        _said(withdrawn_reason, key),
        _said(driver_failures, key),
        _taken(key, ANN),
        _taken(key, Holder("ann", "r", reserved_bytes=1 << 30)),
        _said(withdraw, key, "why", words=WORDS_OF_WRITERS),
        _said(record_driver_loss, [key], RUN, "cause", words=WORDS_OF_WRITERS),
        _said(restore, key, words=WORDS_OF_WRITERS),
        _said(withdrawn_reason, key),
    ]


def _said(ask: Any, *arguments: Any, words: tuple[type[Exception], ...] = WORDS) -> Any:
    try:
        return ask(*arguments)
    except words as error:
        return type(error).__name__


def _taken(key: str, holder: Holder) -> Any:
    try:
        os.close(take_lease(key, holder, room_bytes=8 << 30))
    except WORDS as error:
        return type(error).__name__
    return "taken"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    figures = fuzz_leases(options.cases, options.seed)
    for fault in figures.faults:
        print(fault, file=sys.stderr)
    print(figures.as_json)
    return 1 if figures.faults else 0


if __name__ == "__main__":
    sys.exit(main())
