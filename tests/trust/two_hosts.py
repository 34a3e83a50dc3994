"""Two hosts that share one folder of runs and no locks, played by namespaces on one machine.

    python -m tests.trust.two_hosts [--minutes 5] [--seed N] [--clone] [--shared-state] [--code DIR] [--verbose]

Each host has its own mounts, processes, name, machine id and boot id, and sees the folder through a FUSE mount of its
own (`bindfs`), whose locks end at that mount as they do with `local_lock` on NFS. `--clone`: the two have one name and
one machine id. Everything that runs there is killed, hosts are rebooted, and three figures must be 0: two writers in
one run, a living run that is called lost, a result that is lost. Only root can do this. `--code` plays another version
of the program. Exits with 1 if a figure is not 0.
"""

from __future__ import annotations

import argparse
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tests.trust.two_hosts_figures import false_losses, fenced, results_lost, two_writers
from tests.trust.two_hosts_ground import ROOT, Ground, Host, why_not
from training.runfolder.layout import RunFolder

MOST_OPEN_RUNS = 6
CALM_SECONDS = 120.0
MOST_NAMED = 8


class Night:
    """Kills, reboots and looks on both hosts, by a seed."""

    def __init__(self, ground: Ground, rng: random.Random, say: Callable[[str], None]) -> None:
        self._ground, self._random, self._say = ground, rng, say
        self.acts: Counter[str] = Counter()

    def rage(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        acts: dict[Callable[[Host], None], int] = {
            self._kill_dispatcher: 3,
            self._kill_supervisor: 4,
            self._kill_trainer: 4,
            self._cut_a_run: 3,
            self._look: 6,
            self._take_over: 4,
            self._reboot: 1,
        }
        while time.monotonic() < deadline:
            for host in self._ground.hosts:
                if len(self._open()) < MOST_OPEN_RUNS:
                    host.queue()
            (act,) = self._random.choices(list(acts), list(acts.values()))
            host = self._random.choice(self._ground.hosts)
            act(host)
            self.acts[act.__name__.strip("_").replace("_", " ")] += 1
            self._say(f"{act.__name__} {host.key}")
            time.sleep(self._random.uniform(0.2, 2.0))

    def calm(self) -> None:
        """Nothing more happens; both hosts look, and try again what is over without a result."""
        deadline = time.monotonic() + CALM_SECONDS
        while time.monotonic() < deadline and self._open():
            for host in self._ground.hosts:
                for run in self._open():
                    host.iqa_tui("retry", run.run_id)
                host.iqa_tui("status")
            time.sleep(2.0)

    def _open(self) -> list[RunFolder]:
        return [run for run in self._ground.runs() if not run.result.exists()]

    def _kill_one(self, host: Host, role: str) -> None:
        pids = host.pids(role)
        if pids:
            self._ground.signal(self._random.choice(pids), signal.SIGKILL)

    def _kill_dispatcher(self, host: Host) -> None:
        self._kill_one(host, "dispatcher")

    def _kill_supervisor(self, host: Host) -> None:
        self._kill_one(host, "supervisor")

    def _kill_trainer(self, host: Host) -> None:
        self._kill_one(host, "trainer")

    def _cut_a_run(self, host: Host) -> None:
        self._kill_one(host, "supervisor")
        self._kill_one(host, "trainer")

    def _look(self, host: Host) -> None:
        host.iqa_tui("status")

    def _take_over(self, host: Host) -> None:
        """A person believes that the other host is gone, and is wrong."""
        if runs := self._open():
            host.iqa_tui("retry", "--from-elsewhere", "--yes", self._random.choice(runs).run_id)

    def _reboot(self, host: Host) -> None:
        host.power_off()
        time.sleep(self._random.uniform(0.0, 3.0))
        host.boot()
        host.iqa_tui("status")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=5.0, help="how long things go wrong")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--clone", action="store_true", help="one name and one machine id for both")
    parser.add_argument("--shared-state", action="store_true", help="one state folder, as in a home on the network")
    parser.add_argument("--code", type=Path, default=ROOT, help="the program that both run")
    parser.add_argument("--verbose", action="store_true", help="every act")
    options = parser.parse_args()
    if reason := why_not():
        sys.exit(f"error: {reason}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that nothing of the ground is left
    print(f"seed: {options.seed}", flush=True)
    began = time.monotonic()

    def say(words: str) -> None:
        if options.verbose:
            print(f"{time.monotonic() - began:7.2f}  {words}", file=sys.stderr, flush=True)

    with Ground(clone=options.clone, shares_state=options.shared_state, code=options.code) as ground:
        night = Night(ground, random.Random(options.seed), say)
        night.rage(options.minutes * 60)
        night.calm()
        breaches = {
            "two writers at once": two_writers(ground),
            "false losses": false_losses(ground),
            "results lost": results_lost(ground),
        }
        also = {
            "trainers that gave way": fenced(ground),
            "runs without a result": [run.run_id for run in ground.runs() if not run.result.exists()],
        }
        print("acts:", ", ".join(f"{count} {name}" for name, count in sorted(night.acts.items())))
        counts = Counter(line["what"] for line in ground.told())
        print(
            f"seen: {len(ground.runs())} runs, {counts['start']} trainers, {counts['write']} writes, "
            f"{counts['result']} results, {len(ground.told('look'))} looks that said lost, "
            f"{time.monotonic() - began:.0f} s"
        )
    for name, found in (breaches | also).items():
        print(f"{name}: {len(found)}")
        for words in found[:MOST_NAMED]:
            print(f"  {words}")
    return 1 if any(breaches.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
