"""T7: two hosts and one folder. Only a quick look at each; the long game is played elsewhere."""

from __future__ import annotations

import uuid
from pathlib import Path

from tests.trust.ground import Ground, started
from tests.trust.outcome import Outcome
from tests.trust.processes import wait_until

WATCH_SECONDS = 6.0
"""How long a second host is given to do what it must not do."""


def unshared(ground: Ground, *runs: Path) -> str:
    """A script that gives a host lock files of its own for these runs, as on a network disk with local locks."""
    lines = []
    for run in runs:
        for path in (*run.glob("*.lock"), *run.parent.glob("*.lock")):
            lines += [f"touch $1/{path.name}", f"chmod a+rw $1/{path.name}", f"mount --bind $1/{path.name} {path}"]
    return "\n".join(dict.fromkeys(lines))


def leases_of(ground: Ground, name: str) -> dict[str, str]:
    """Devices of a host's own."""
    return {"IQA_TUI_LEASES": str(ground.make(f"leases-{name}", mode=0o1777))}


def t07_another_host_calls_a_live_run_lost_and_starts_its_queue(ground: Ground) -> Outcome:
    runs = ground.make("runs", ground.ann)
    first, waiting, _ = ground.queue_behind(ground.ann, runs)
    host = ground.host("second", machine=uuid.uuid4().hex, boot=str(uuid.uuid4()), script=unshared(ground, first))
    besides = ground.launchers()
    there = leases_of(ground, "second")
    said = ground.status(ground.ann, runs, host=host, **there)
    outcome = Outcome()
    row = said.line(first.name)
    outcome.add("the live run", "lost" in row or "rebooted" in row, row)
    was_started = ground.comes_true(lambda: started(waiting), besides=besides, seconds=WATCH_SECONDS)
    outcome.add("its queue", was_started, "started there" if was_started else said.line(waiting.name))
    return outcome


def t07_a_host_of_the_same_name_resumes_a_live_run(ground: Ground) -> Outcome:
    """Cloned images: name and machine id are the same, the boot is another."""
    runs = ground.make("runs", ground.ann)
    flags = {"TRUST_TRAINER": f"{ground.tools / 'stub_trainer.py'} --until {ground.public / 'never'}"}
    (run,) = ground.queue(ground.ann, runs, ground.plan({"id": "F1"}, command=()), **flags)
    ground.until(lambda: started(run), "the trainer to start")
    ground.until((run / "attempts" / "1" / "process.json").exists, "its record")
    host = ground.host(_our_name(), boot=str(uuid.uuid4()), script=unshared(ground, run))
    besides = ground.launchers()
    there = {**leases_of(ground, "clone"), **flags}
    said = ground.status(ground.ann, runs, host=host, **there)
    ground.comes_true(lambda: len(ground.trainers(run)) > 1, besides=besides, seconds=WATCH_SECONDS)
    writers = ground.trainers(run)
    return Outcome.of(len(writers) != 1, f"{len(writers)} trainers write in one folder; {said.line(run.name)}")


def t07_free_devices_of_a_second_host_stay_unused(ground: Ground) -> Outcome:
    """Locks are shared here, and the one dispatcher of this folder is the first host's."""
    runs = ground.make("runs", ground.ann)
    _, waiting, _ = ground.queue_behind(ground.ann, runs)
    host = ground.host("second", machine=uuid.uuid4().hex, boot=str(uuid.uuid4()))
    there = leases_of(ground, "second")
    (run,) = ground.queue(ground.ann, runs, ground.plan({"id": "S1"}, name="second"), host=host, **there)
    was_started = wait_until(lambda: started(run), WATCH_SECONDS)
    said = ground.status(ground.ann, runs, host=host, **there)
    words = f"there: {said.line(run.name)}; {said.line(waiting.name)}"
    return Outcome.of(not was_started, words)


def _our_name() -> str:
    return Path("/proc/sys/kernel/hostname").read_text().strip()
