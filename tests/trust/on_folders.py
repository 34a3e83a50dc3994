"""T5: a folder of runs is moved while they train."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

from tests.trust.ground import Ground, started
from tests.trust.outcome import Outcome
from tests.trust.place import GroundError
from tests.trust.proc import is_alive
from tests.trust.processes import wait_until

TRAINER = """
import json, os, sys, time
folder, end = sys.argv[1:]
with open(folder + "/stub.json", "w") as file:
    json.dump({"pid": os.getpid()}, file)
while not os.path.exists(end):
    os.makedirs(folder + "/checkpoints", exist_ok=True)
    with open(folder + "/checkpoints/last.pt", "w") as file:
        file.write("weights")
    time.sleep(0.2)
"""
"""A trainer that is not ours: it keeps its checkpoints at the path it was given and knows nothing of moved folders."""
SMALL = (
    "--dataset csv --backbone test_efficientnet --weights none --patch_size 64 --batch_size 3 --train_patch_num 1 "
    "--test_patch_num 1 --train_test_num 1 --lr 1e-3 --epochs 3000 --checkpoint_minutes 0.01"
)
KEEPER_SECONDS = 8.0
"""The dispatcher looks for what outlived its run every two seconds."""
SAVE_SECONDS = 8.0
"""A checkpoint is written every 0.6 s."""
TRAINING_SECONDS = 40.0
"""For torch to be loaded and the first checkpoint to be written on a busy machine."""


def t05_a_healthy_trainer_is_ended_because_its_folder_was_moved(ground: Ground) -> Outcome:
    runs, old, end = *_folder_and_new_place(ground), ground.public / "end"
    script = ground.plant(ground.tools / "trainer.py", TRAINER, ground.root)
    plan = ground.plan({"id": "E1"}, command=[ground.python, str(script), "{run_folder}", str(end)])
    (run,) = ground.queue(ground.ann, runs, plan)
    ground.until(lambda: started(run), "the trainer to start")
    ground.until((run / "attempts" / "1" / "process.json").exists, "its record")
    trainer = json.loads((run / "stub.json").read_bytes())["pid"]
    ground.must(ground.ann, "mv", runs, old)
    was_ended = wait_until(lambda: not is_alive(trainer), KEEPER_SECONDS)
    outcome = Outcome()
    outcome.add("the trainer is ended", was_ended, f"the healthy trainer is {'gone' if was_ended else 'alive'}")
    end.touch()
    exit_record = old / run.name / "attempts" / "1" / "exit.json"
    wait_until(lambda: exit_record.exists() or not ground.launchers(), 5.0)
    kind = json.loads(exit_record.read_bytes())["kind"] if exit_record.exists() else "nowhere"
    outcome.add("its end is lost", kind != "finished", f"in the moved folder its end is recorded: {kind}")
    return outcome


def t05_a_checkpoint_of_our_trainer_makes_the_old_folder_anew(ground: Ground) -> Outcome:
    runs, old = _folder_and_new_place(ground)
    data = _write_data(ground)
    words = shlex.split(SMALL)
    base = {flag.removeprefix("--"): _value(text) for flag, text in zip(words[::2], words[1::2], strict=True)}
    plan = ground.plan({"id": "E1"}, command=(), base={"data_path": str(data), **base})
    said = ground.folder / "said"
    words = (ground.python, "-m", "iqa_tui", "--runs-dir", runs, "launch", plan, "--headless")
    launch = ground.start(ground.ann, *words, output=said)

    def checkpoints() -> list[Path]:
        return list(runs.glob("*/checkpoints/last.pt"))

    wait_until(lambda: checkpoints() or launch.poll() is not None, TRAINING_SECONDS)
    ground.kill(launch.pid)
    if not checkpoints():
        raise GroundError(f"no checkpoint was written: {said.read_text()[-300:]}")
    (before,) = checkpoints()
    moved = old / before.relative_to(runs)
    written_ns = before.stat().st_mtime_ns
    runs.rename(old)
    wait_until(lambda: runs.exists() or moved.stat().st_mtime_ns > written_ns, SAVE_SECONDS)
    wait_until(runs.exists, 2.0)
    goes_on = moved.stat().st_mtime_ns > written_ns
    made = ", ".join(sorted(str(path.relative_to(runs)) for path in runs.rglob("*"))) if runs.exists() else ""
    outcome = Outcome()
    outcome.add("the old folder", runs.exists(), f"made anew: {made}" if runs.exists() else "is not made anew")
    outcome.add("the run", not goes_on, "goes on in its new place" if goes_on else "writes no checkpoint any more")
    return outcome


def _folder_and_new_place(ground: Ground) -> tuple[Path, Path]:
    """In a folder where ann may make others."""
    parent = ground.make("projects", ground.ann)
    return parent / "runs", parent / "old"


def _value(text: str) -> str | int | float:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _write_data(ground: Ground) -> Path:
    from tests.fakes.photographs import write_csv_dataset

    labels = write_csv_dataset(ground.make("data"), train=12, val=3, test=3)
    for path in (labels.parent, *labels.parent.rglob("*")):
        path.chmod(0o755)
    return labels
