"""T13 and T15: a program that cannot be started any more, or not just now."""

from __future__ import annotations

import json
import time
from pathlib import Path

from tests.trust.ground import Ground, started
from tests.trust.interpreter import make_environment
from tests.trust.outcome import Outcome
from tests.trust.place import GroundError
from tests.trust.processes import wait_until

TRIED_SECONDS = 5.0
"""The dispatcher has tried several times by then."""
FORK_FAILS_SECONDS = 1.5


# T13


def t13_a_moved_environment_leaves_a_queue_standing_without_a_word(ground: Ground) -> Outcome:
    runs, environment = ground.make("runs", ground.ann), ground.make("of-ann", ground.ann) / "environment"
    python = make_environment(environment, Path(ground.python).resolve())
    _, waiting, end = ground.queue_behind(ground.ann, runs, program=(str(python),))
    ground.must(ground.root, "mv", environment, environment.with_name("moved"))
    end.touch()
    wait_until(lambda: started(waiting), TRIED_SECONDS)
    row = ground.rows(ground.ann, runs).get(waiting.name, {})
    words = "; ".join(text for text in (row.get("state"), row.get("cause"), row.get("waits_for")) if text)
    says_why = any(sign in words for sign in (str(environment), "python", "cannot"))
    return Outcome.of(not started(waiting) and not says_why, "it was started" if started(waiting) else words)


# T15


def t15_a_launch_that_may_start_no_process_is_told_to_name_another_folder(ground: Ground) -> Outcome:
    runs = ground.make("runs", ground.ann)
    launched = ground.launch(ground.ann, runs, ground.plan({"id": "E1"}), program=("prlimit", "--nproc=1", "--",
                             ground.python))  # fmt: skip
    return Outcome.of("another folder" in launched.said.text, launched.said.line("error", "queued"))


def t15_a_fork_that_fails_once_leaves_a_run_not_started_for_good(ground: Ground) -> Outcome:
    """The first supervisor of the run may start no process for a while; then it may again."""
    waiting = _run_whose_supervisor_could_not_fork(ground)
    exit_record = waiting / "attempts" / "1" / "exit.json"
    wait_until(lambda: started(waiting) or exit_record.exists(), 12.0)
    if started(waiting):
        return Outcome.of(False, "it was started as soon as a process could be")
    ended = json.loads(exit_record.read_bytes()) if exit_record.exists() else {}
    words = f"{ended.get('kind', 'no record')}: {ended.get('cause', ground.status(ground.ann, waiting.parent).line(waiting.name))}"
    return Outcome.of(True, words)


def _run_whose_supervisor_could_not_fork(ground: Ground) -> Path:
    """It takes a few tries: the supervisor may be faster than we are."""
    for number in range(3):
        runs = ground.make(f"runs-{number}", ground.ann)
        _, waiting, end = ground.queue_behind(ground.ann, runs)
        before = set(ground.commands("iqa_tui.service.supervisor"))
        end.touch()
        new = ground.until(lambda known=before: set(ground.commands("iqa_tui.service.supervisor")) - known, "it", 5.0)
        supervisor = str(min(new))
        ground.run(ground.ann, "prlimit", "--nproc=1:", "--pid", supervisor)
        if not started(waiting) and not ground.trainers(waiting):
            time.sleep(FORK_FAILS_SECONDS)  # no answer is waited for: it is how long no process can be started
            ground.run(ground.ann, "prlimit", "--nproc=4096:", "--pid", supervisor)
            return waiting
    raise GroundError("every supervisor had started its trainer before it could be kept from it")
