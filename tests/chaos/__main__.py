"""`make chaos`: a launcher under everything that may go wrong, and the figures that must be 0.

    python -m tests.chaos [--seconds 240] [--seed N] [--break results,states,leases,processes,events] [--verbose]

Prints one line a figure, and the seed. Exits with 1 if a figure that must be 0 is not. Kills only what it started, by
id; mounts a small disk of its own if it may (as root); steps a clock of its own, never the machine's.
"""

from __future__ import annotations

import argparse
import random
import signal
import sys
import time

from tests.chaos import judge
from tests.chaos.ground import Ground
from tests.chaos.saboteur import Saboteur

CALM_SECONDS = 60.0
"""Time for every run to finish once nothing more goes wrong; with a promise broken on purpose, no time is enough."""
CALM_WHEN_BROKEN_SECONDS = 6.0
MOST_NAMED = 10
FIGURES = ("results lost", "runs wrong or unexplained", "leases granted twice", "processes left", "events lost")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=240.0, help="how long things go wrong")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--slots", type=int, default=4, help="runs at a time")
    parser.add_argument("--break", dest="breaks", default="", help="promises that are broken on purpose")
    parser.add_argument("--verbose", action="store_true", help="every act")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that nothing of the ground is left
    print(f"seed: {options.seed}", flush=True)
    began = time.monotonic()

    def say(words: str) -> None:
        if options.verbose:
            print(f"{time.monotonic() - began:7.2f}  {words}", file=sys.stderr, flush=True)

    with Ground(options.slots, options.breaks) as ground:
        watch = judge.Watch(ground.runs_dir)
        saboteur = Saboteur(ground, watch, random.Random(options.seed), say)
        watch.start()
        found = (
            lambda: judge.results_lost(ground),
            lambda: judge.states_wrong_so_far(watch),
            lambda: judge.doubles(ground),
            lambda: judge.events_lost(ground),
        )
        # What is broken on purpose need not be seen more than once.
        saboteur.rage(options.seconds, lambda: bool(options.breaks) and all(breaches() for breaches in found))
        saboteur.calm(CALM_WHEN_BROKEN_SECONDS if options.breaks else CALM_SECONDS)
        watch.stop()
        breaches_of = (
            judge.results_lost(ground),
            judge.states_wrong(ground, watch),
            judge.doubles(ground),
            [f"{role} {pid}" for pid, role in ground.processes().items()],
            judge.events_lost(ground),
        )
        results, events = (len(judge.told(ground, what)) for what in ("results", "events"))
        disk = "a small disk" if ground.has_small_disk else "no small disk (only root may mount one)"
    print(f"kills: {saboteur.kills.total()} ({_counts(saboteur.kills)})")
    print(f"other faults: {_counts(saboteur.faults)}; {disk}")
    print(f"seen: {results} results, {events} events, {watch.looks} looks at runs, {time.monotonic() - began:.0f} s")
    for name, breaches in zip(FIGURES, breaches_of, strict=True):
        print(f"{name}: {len(breaches)}")
        for breach in breaches[:MOST_NAMED]:
            print(f"  {breach}")
    return 1 if any(breaches_of) else 0


def _counts(counter: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counter.items()))


if __name__ == "__main__":
    sys.exit(main())
