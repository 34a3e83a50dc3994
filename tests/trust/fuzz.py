"""One bad file is one unreadable row: a run is damaged in every way one can think of, and all readers look at it.

    python -m tests.trust.fuzz --cases 10000 --seed 1

Prints one JSON line of figures, and each fault as it is found. Every case is a folder with several good runs and one
that is damaged; the rows of the good ones must be what they are beside an undamaged one, no look may take two seconds,
and none may raise.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import traceback
from dataclasses import dataclass, field
from pathlib import Path

from tests.trust.fuzz_cases import NAMES, Case, draw_case
from tests.trust.fuzz_ground import Ground, as_nobody
from tests.trust.looks import Rows, look
from tests.trust.watchdog import Hang, Watchdog


@dataclass
class Figures:
    """What came of all cases."""

    cases: int = 0
    hangs: int = 0
    tracebacks: int = 0
    rows_changed: int = 0
    """Cases after which a row of another run was not what it is beside an undamaged run."""
    rows_missing: int = 0
    """Cases in which the damaged run had no row though it has a spec."""
    slowest_seconds: float = 0.0
    faults: list[str] = field(default_factory=list)

    @property
    def as_json(self) -> str:
        numbers = {name: value for name, value in vars(self).items() if name != "faults"}
        return json.dumps(numbers | {"slowest_seconds": round(self.slowest_seconds, 3)})


def fuzz(cases: int, seed: int, first: int = 0) -> Figures:
    """Run these cases of a seed, one after the other."""
    figures = Figures()
    with tempfile.TemporaryDirectory() as folder:
        ground, watchdog = Ground(Path(folder)), Watchdog()
        try:
            for number in range(first, first + cases):
                _try(draw_case(seed, number), ground, watchdog, figures)
        finally:
            figures.slowest_seconds = watchdog.slowest_seconds
            watchdog.close()
            ground.close()
    return figures


def _try(case: Case, ground: Ground, watchdog: Watchdog, figures: Figures) -> None:
    figures.cases += 1
    for is_last in (False, True):
        try:
            with ground.damaged(case) as victim:
                has_spec = os.path.lexists(victim.spec)
                with as_nobody(really=case.words == "closed"):
                    rows = look(ground.runs_dir, victim.path, watchdog.watching)
        except Hang:
            if is_last:  # twice: it was not only that the machine was busy
                figures.hangs += 1
                figures.faults.append(f"{case}: hangs\n{traceback.format_exc()}")
            continue
        except Exception:  # noqa: BLE001  whatever a reader may raise is what is looked for
            figures.tracebacks += 1
            figures.faults.append(f"{case}:\n{traceback.format_exc()}")
        else:
            expected = ground.rows_for_nobody if case.words == "closed" else ground.rows
            _judge(case, has_spec, rows, expected, figures)
        return


def _judge(case: Case, has_spec: bool, rows: Rows, expected: Rows, figures: Figures) -> None:
    changed = [name for name in expected.others if rows.others.get(name) != expected.others[name]]
    if changed:
        figures.rows_changed += 1
        told = "\n".join(f"  {name}\n    {expected.others[name]!r}\n    {rows.others.get(name)!r}" for name in changed)
        figures.faults.append(f"{case}: other rows changed\n{told[:3000]}")
    is_closed = case.words == "closed" and case.target == "" and case.name != NAMES[0]
    if has_spec and not rows.has_victim and not is_closed:
        figures.rows_missing += 1
        figures.faults.append(f"{case}: it has no row")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="number of the first case, to see one again")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as state:
        os.environ["IQA_TUI_STATE"] = state
        figures = fuzz(options.cases, options.seed, options.first)
    for fault in figures.faults:
        print(fault, file=sys.stderr)
    print(figures.as_json)
    return 1 if figures.faults else 0


if __name__ == "__main__":
    sys.exit(main())
