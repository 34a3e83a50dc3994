"""Each of T1 to T16 as an attack by made-up users, run against any checkout of the program; only for root.

    python -m tests.trust.attacks --program DIR [--only T3,T5] [--jobs 2]

A line an attack says whether it succeeded; the exit code is how many did. An attack that could not even be tried is
BROKEN and says why: nothing is learnt from it.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.trust import on_copies, on_devices, on_files, on_folders, on_hosts, on_orders, on_queues, on_starts, on_text
from tests.trust.ground import Ground
from tests.trust.interpreter import Program, usable, why_not_here
from tests.trust.outcome import Outcome
from tests.trust.place import GroundError

Attack = Callable[[Ground], Outcome]
ROOMS = (on_orders, on_copies, on_queues, on_folders, on_devices, on_hosts, on_files, on_starts, on_text)
ATTACKS: dict[str, Attack] = {
    name: attack
    for name, attack in sorted((pair for room in ROOMS for pair in vars(room).items()), key=lambda pair: pair[0][:3])
    if name.startswith("t") and name[1:3].isdecimal()
}
"""By name, in the order of the facts."""
CHECKS: dict[str, Attack] = {
    name: check for room in ROOMS for name, check in vars(room).items() if name.startswith("check_that_")
}
"""What must work all the same; here an outcome that `succeeded` is a fault of the program."""


def fact(name: str) -> str:
    """`T3` of `t03_a_copied_folder_is_executed`."""
    return f"T{int(name[1:3])}" if name in ATTACKS else "check"


def sentence(name: str) -> str:
    return name.removeprefix("check_that_").replace("_", " ") if name in CHECKS else name[4:].replace("_", " ")


def attempt(attack: Attack, program: Program) -> tuple[Outcome | str, float]:
    """What came of it, or why it could not be tried; and the seconds that it took."""
    began = time.monotonic()
    result: Outcome | str
    try:
        with Ground(program) as ground:
            result = attack(ground).without(f"{ground.folder}/")
    except GroundError as error:
        result = str(error)
    except Exception:  # noqa: BLE001  one broken attack must not hide the others
        result = traceback.format_exc()
    return result, time.monotonic() - began


def verdict_on(name: str, succeeded: bool) -> str:
    if name in CHECKS:
        return "FAULT" if succeeded else "works"
    return "SUCCEEDED" if succeeded else "refused"


def line(name: str, result: Outcome | str, seconds: float) -> str:
    if isinstance(result, str):
        verdict, words = "BROKEN", result
    else:
        verdict = f"{verdict_on(name, result.succeeded)}{result.share}"
        words = result.words
    return f"{fact(name):5} {verdict:19} {sentence(name)}: {words} ({seconds:.0f} s)"


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.trust.attacks", description=__doc__.partition("\n")[0])
    parser.add_argument("--program", type=Path, default=Path.cwd(), help="the checkout that is attacked")
    parser.add_argument("--only", default="", help="these facts, or attacks by a part of their names: T3,T5,link")
    parser.add_argument("--jobs", type=int, default=2, help="attacks at a time")
    parser.add_argument("--cases", action="store_true", help="a further line for each way that was tried")
    options = parser.parse_args(argv)
    program = options.program.absolute()
    if reason := why_not_here(program):
        sys.exit(f"error: {reason}")
    wanted = [word for word in options.only.split(",") if word]
    chosen = {
        name: attack
        for name, attack in {**ATTACKS, **CHECKS}.items()
        if not wanted or any(word == fact(name) or word in name for word in wanted)
    }
    succeeded = 0
    with usable(program) as place, ThreadPoolExecutor(options.jobs) as pool:
        futures = {name: pool.submit(attempt, attack, place) for name, attack in chosen.items()}
        for name, future in futures.items():
            result, seconds = future.result()
            print(line(name, result, seconds), flush=True)
            if options.cases and isinstance(result, Outcome):
                for case in result.cases if len(result.cases) > 1 else []:
                    print(f"        {verdict_on(name, case.succeeded)}  {case.name}: {case.words}")
            succeeded += isinstance(result, Outcome) and result.succeeded and name in ATTACKS
    return succeeded


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
