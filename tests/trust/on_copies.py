"""T3: what a copy of a folder of runs starts, and what an adopted copy may."""

from __future__ import annotations

from pathlib import Path

from tests.trust.ground import Ground, started
from tests.trust.look_at import FREE_SLOTS, look_at
from tests.trust.outcome import Outcome
from tests.trust.proc import is_alive
from tests.trust.processes import wait_until


def t03_a_copied_folder_is_executed(ground: Ground) -> Outcome:
    """Ways in which a queued run of ann's, signed by her own launch, comes to stand in a second folder of hers."""
    runs = ground.make("runs", ground.ann)
    _, waiting, _ = ground.queue_behind(ground.ann, runs)
    ground.kill(*ground.dispatchers())
    outcome = Outcome()

    def copy(name: str) -> Path:
        target = ground.make(f"{name}-runs", ground.ann)
        ground.must(ground.ann, "cp", "-r", waiting, target)
        return target / waiting.name

    def unpack(name: str) -> Path:
        target = ground.make(f"{name}-runs", ground.ann)
        archive = ground.public / f"{name}.tar"
        ground.must(ground.ann, "tar", "-cf", archive, "-C", runs, waiting.name)
        ground.must(ground.ann, "tar", "-xpf", archive, "-C", target)
        return target / waiting.name

    def keep_everything(name: str) -> Path:
        target = ground.make(f"{name}-runs", ground.ann)
        ground.must(ground.ann, "cp", "-a", waiting, target)
        return target / waiting.name

    def rename_aside(name: str) -> Path:
        """The copy takes the very path of the run."""
        ground.must(ground.ann, "mv", waiting, ground.make(f"{name}-aside", ground.ann))
        ground.must(ground.ann, "cp", "-a", ground.folder / f"{name}-aside" / waiting.name, waiting)
        return waiting

    ways = {"cp -r": (copy, "status"), "tar": (unpack, "export"), "cp -a": (keep_everything, "app")}
    for name, (make, command) in ways.items():
        outcome.add(f"{name}, then {command}", *look_at(ground, make(command), command))
    outcome.add("cp -a in its own place, then status", *look_at(ground, rename_aside("place"), "status"))
    return outcome


def t03_running_rows_of_a_copied_live_folder_are_trained_a_second_time(ground: Ground) -> Outcome:
    runs = ground.make("runs", ground.ann)
    copied = ground.make("copied", ground.ann)
    flags = f"{ground.tools / 'stub_trainer.py'} --until {ground.public / 'never'}"
    plan = ground.plan({"id": "F1"}, command=())
    (run,) = ground.queue(ground.ann, runs, plan, TRUST_TRAINER=flags)
    ground.until(lambda: started(run), "the trainer to start")
    ground.until((run / "attempts" / "1" / "process.json").exists, "its record")
    ground.must(ground.ann, "cp", "-r", run, copied)
    besides = ground.launchers()
    said = ground.status(ground.ann, copied, **FREE_SLOTS, TRUST_TRAINER=flags)
    is_doubled = ground.comes_true(lambda: ground.trainers(copied), besides=besides)
    if is_doubled:
        return Outcome.of(True, f"two trainers live, pids {ground.trainers(runs)} and {ground.trainers(copied)}")
    return Outcome.of(False, said.line(run.name))


def check_that_a_renamed_folder_of_runs_keeps_its_queue(ground: Ground) -> Outcome:
    runs, moved = ground.make("runs", ground.ann), ground.folder / "moved"
    _, waiting, end = ground.queue_behind(ground.ann, runs)
    ground.kill(*ground.dispatchers())
    end.touch()
    ground.until(lambda: not ground.trainers(runs), "the first run to end")
    runs.rename(moved)
    was_executed, words = look_at(ground, moved / waiting.name, "status")
    return Outcome.of(not was_executed, words)


def check_that_an_adopted_copy_is_executed(ground: Ground) -> Outcome:
    runs, copied = ground.make("runs", ground.ann), ground.make("copied", ground.ann)
    _, waiting, _ = ground.queue_behind(ground.ann, runs)
    ground.kill(*ground.dispatchers())
    ground.must(ground.ann, "cp", "-r", waiting, copied)
    besides = ground.launchers()
    said = ground.iqa(ground.ann, "--runs-dir", copied, "adopt", waiting.name, "--yes", **FREE_SLOTS)
    ground.status(ground.ann, copied, **FREE_SLOTS)
    was_executed = ground.comes_true(lambda: list(copied.glob("*/stub.json")), besides=besides)
    return Outcome.of(said.code != 0 or not was_executed, said.line("error", "adopt"))


KEEPER_SECONDS = 5.0
"""A dispatcher looks for what outlived its run every two seconds."""


def check_that_a_copy_of_a_live_folder_ends_nothing_of_its_original(ground: Ground) -> Outcome:
    """The copy has every record and mark of the original, and no lock. A dispatcher works on its folder of runs."""
    runs, copied = ground.make("runs", ground.ann), ground.make("copied", ground.ann)
    flags = {"TRUST_TRAINER": f"{ground.tools / 'stub_trainer.py'} --until {ground.public / 'never'}"}
    (run,) = ground.queue(ground.ann, runs, ground.plan({"id": "F1"}, command=()), **flags)
    ground.until((run / "attempts" / "1" / "process.json").exists, "its record")
    ground.until(lambda: started(run), "the trainer to start")
    (trainer,) = ground.trainers(run)
    ground.must(ground.ann, "cp", "-a", run, copied)
    plan = ground.plan({"id": "E1", "until": str(ground.public / "never")}, name="beside")
    ground.queue(ground.ann, copied, plan, **FREE_SLOTS)
    said = ground.iqa(ground.ann, "--runs-dir", copied, "stop", run.name, **FREE_SLOTS)
    is_gone = wait_until(lambda: not is_alive(trainer), KEEPER_SECONDS)
    return Outcome.of(is_gone, f"the original's trainer is {'gone' if is_gone else 'alive'}; {said.line('error')}")
