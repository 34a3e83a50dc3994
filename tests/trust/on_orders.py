"""T1 and T2: an order of root's, or of a run's own user, that is turned against the user who gives it."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

from tests.trust.ground import Ground, started
from tests.trust.outcome import Outcome
from tests.trust.place import User
from tests.trust.proc import is_alive, start_ticks
from tests.trust.processes import BOOT_ID, Host, wait_until

HOLDER = """
import fcntl, os, sys, time
descriptor = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT, 0o644)
fcntl.flock(descriptor, fcntl.LOCK_EX)
open(sys.argv[2], "w").close()
time.sleep(120)
"""
"""Holds a lock, and says so by a file."""


def hold_lock(ground: Ground, user: User, path: Path) -> int:
    """The pid of a process of the user's that has the lock from now on."""
    told = ground.public / f"holds-{time.monotonic_ns()}"
    process = ground.start(user, ground.python, "-c", HOLDER, path, told)
    ground.until(told.exists, f"{user.name} to hold {path.name}")
    return process.pid


# T1


def t01_root_is_led_to_its_own_folder_by_a_link_and_gives_it_away(ground: Ground) -> Outcome:
    outcome = Outcome()
    for name in ("attempts", "attempts/1"):
        for kind, host in (("without an account", None), ("with an account", ground.accounts())):
            key = f"{name} is a link, its owner {kind}"
            outcome.add(key, *_link_in_place_of(ground, name, host))
    return outcome


def _link_in_place_of(ground: Ground, name: str, host: Host | None) -> tuple[bool, str]:
    number = len(list(ground.folder.iterdir()))
    treasure = ground.make(f"treasure-{number}", mode=0o700)
    (treasure / "secret").write_text("of root")
    runs = ground.make(f"runs-{number}", ground.ann)
    run = ground.plant_run(runs, ground.ann, ["/bin/true"])
    stop = {"by": "ann", "when": time.time(), "why": "", "grace_seconds": 60.0, "format": 1}
    ground.plant(run / "stop.json", stop, ground.ann)
    link = run / name
    if link.parent != run:
        link.parent.mkdir()
        os.chown(link.parent, ground.ann.uid, ground.ann.gid)
    link.symlink_to(treasure)
    os.lchown(link, ground.ann.uid, ground.ann.gid)
    said = ground.iqa(ground.root, "--runs-dir", runs, "retry", run.name, host=host)
    owner, names = treasure.stat().st_uid, sorted(path.name for path in treasure.iterdir())
    is_changed = owner != 0 or names != ["secret"]
    change = f"root's folder is user {owner}'s and holds {', '.join(names)}" if is_changed else said.line("error")
    return is_changed, change


# T2


def t02_a_forged_process_record_has_root_kill_a_process_of_its_own(ground: Ground) -> Outcome:
    outcome = Outcome()
    for name, orders in (("stop", 1), ("stop twice, the grace over", 2)):
        for kind, host in (("", None), (" (its owner has an account)", ground.accounts())):
            outcome.add(
                f"{name}{kind}", *_forged_record(ground, ground.root, _sleeper(ground, ground.root), orders, host)
            )
    return outcome


def t02_a_forged_record_in_a_group_writable_folder_has_ann_kill_her_own_process(ground: Ground) -> Outcome:
    """A process that has nothing to do with runs, and the healthy trainer of another run of hers."""
    runs = ground.make("runs", ground.ann)
    (run,) = ground.queue(ground.ann, runs, ground.plan({"until": str(ground.public / "never")}))
    ground.until(lambda: started(run), "her trainer to start")
    (trainer,) = ground.trainers(run)
    outcome = Outcome()
    outcome.add("any process", *_forged_record(ground, ground.ann, _sleeper(ground, ground.ann), 1, None))
    outcome.add("the trainer of another run", *_forged_record(ground, ground.ann, trainer, 1, None))
    return outcome


def _sleeper(ground: Ground, user: User) -> int:
    return ground.start(user, ground.python, "-c", "import time; time.sleep(120)").pid


def _forged_record(ground: Ground, victim: User, pid: int, orders: int, host: Host | None) -> tuple[bool, str]:
    """Whether a victim's order to stop ends a process of the victim's that the record of ann's run names.

    The forger is ann if the victim is root, else mallory, who may write in ann's folder.
    """
    forger = ground.ann if victim is ground.root else ground.mallory
    runs = ground.shared(f"runs-{pid}")
    run = ground.plant_run(runs, ground.ann, ["/bin/true"])
    if forger is ground.mallory:
        for path in (run, run / "spec.json"):
            path.chmod(path.stat().st_mode | 0o2020)
    record = {
        "boot_id": Path(BOOT_ID).read_text().strip(),
        "pid": pid,
        "start_ticks": ground.until(lambda: start_ticks(pid), "its start ticks"),
        "host": os.uname().nodename,
        "started": time.time(),
        "devices": [],
        "user": "ann",
        "format": 1,
    }
    plant = f"mkdir -p {run}/attempts/1 && cat > {run}/attempts/1/process.json <<'END'\n{json.dumps(record)}\nEND"
    ground.must(forger, "sh", "-c", plant)
    hold_lock(ground, forger, run / "alive.lock")
    if orders == 2:
        stop = {"by": "ann", "when": time.time() - 3600, "why": "", "grace_seconds": 1.0, "format": 1}
        ground.plant(run / "stop.json", stop, ground.ann)
    said = ground.iqa(victim, "--runs-dir", runs, "stop", run.name, host=host)
    was_killed = wait_until(lambda: not is_alive(pid), 1.5)
    return was_killed, f"{victim.name}'s process is gone: {said.line()}" if was_killed else said.line("error")


# What must work all the same


def check_that_root_retries_a_run_of_ann_or_says_how(ground: Ground) -> Outcome:
    """`succeeded` is the fault here: the order was neither carried out nor refused with a command that would do."""
    outcome = Outcome()
    for kind, host in (("without an account", None), ("with an account", ground.accounts())):
        runs = ground.make(f"runs-{kind.split()[0]}", ground.ann)
        run, *_ = ground.queue(ground.ann, runs, ground.plan({"exit": 1}))
        ground.until(lambda run=run: list(run.glob("attempts/1/exit.json")), "the run to fail")
        said = ground.iqa(ground.root, "--runs-dir", runs, "retry", run.name, host=host)
        second = run / "attempts" / "2"
        was_done = said.code == 0 and bool(wait_until(second.exists, 5.0))
        owners = {path.lstat().st_uid for path in (run, *run.rglob("*"))}
        is_told = any(way in said.text for way in ("sudo -u", "setpriv"))
        is_well = owners == {ground.ann.uid} and (was_done or is_told)
        outcome.add(kind, not is_well, f"{said.line('error', 'queued')}; owners {owners}")
    return outcome


def check_that_ann_stops_her_own_runs(ground: Ground) -> Outcome:
    """With its supervisor, and without one. `succeeded` is the fault here."""
    outcome = Outcome()
    for name in ("supervised", "unsupervised"):
        runs = ground.make(f"runs-{name}", ground.ann)
        plan = ground.plan({"until": str(ground.public / "never")})
        run, *_ = ground.queue(ground.ann, runs, plan)
        ground.until(lambda run=run: started(run), "the run to start")
        (trainer,) = ground.trainers(run)
        record = run / "attempts" / "1" / "process.json"
        ground.until(record.exists, "its record")
        if name == "unsupervised":
            ground.kill(json.loads(record.read_bytes())["supervisor_pid"])
        said = ground.iqa(ground.ann, "--runs-dir", runs, "stop", "--grace", "1", run.name)
        has_ended = wait_until(lambda pid=trainer: not is_alive(pid), 10.0)
        outcome.add(name, not has_ended, f"{said.line()}")
    return outcome
