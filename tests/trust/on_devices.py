"""T6, T10, T11 and T16: what a driver, or a run, does to the devices of all users."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from tests.fakes.nvml import DRIVER_NOT_LOADED, NOT_SUPPORTED, FakeGpus
from tests.trust.ground import Ground, started, stub
from tests.trust.outcome import Outcome
from tests.trust.processes import wait_until

NO_PERMISSION = 4
SETTLED = {"IQA_TUI_GPU_SETTLE_SECONDS": "0"}
START_SECONDS = 5.0
"""A free device is given away well within this."""
OWN_BUG = "RuntimeError: CUDA error: unspecified launch failure"
HARDWARE = "RuntimeError: CUDA error: uncorrectable ECC error encountered"
NO_START = "RuntimeError: CUDA unknown error - this may be due to an incorrectly set up environment"
EXCLUSIVE_PROCESS = 3


def gpus_of(ground: Ground, **settings: Any) -> tuple[FakeGpus, dict[str, str]]:
    """Made-up GPUs, and the environment of a user who sees them."""
    number = len(list(ground.folder.iterdir()))
    gpus = FakeGpus(ground.folder / f"driver-{number}", **settings)
    return gpus, {**gpus.env, **SETTLED, "IQA_TUI_LEASES": str(ground.make(f"leases-{number}", mode=0o1777))}


# T6


def t06_a_run_that_waits_for_a_gpu_goes_to_the_cpu_when_the_driver_vanishes(ground: Ground) -> Outcome:
    outcome = Outcome()
    for name in ("under a dispatcher", "before the next look", "its library cannot be loaded"):
        gpus, env = gpus_of(ground, count=1, used_mib={0: 40_000})
        runs = ground.make(f"runs-{gpus.folder.name}", ground.ann)
        (run,) = ground.queue(ground.ann, runs, ground.plan({"id": "E1"}), **env)
        if name != "under a dispatcher":
            ground.kill(*ground.dispatchers())
        if name == "its library cannot be loaded":
            library = gpus.folder / "libnvidia-ml.so.1"
            library.unlink()
            library.write_text("no library")
        else:
            gpus.init, gpus.failures = DRIVER_NOT_LOADED, [(-1, "count", DRIVER_NOT_LOADED)]
            gpus.write()
        said = ground.status(ground.ann, runs, **env)
        was_started = wait_until(lambda run=run: started(run), START_SECONDS)
        device = stub(run)["env"]["IQA_TUI_DEVICE"] if was_started else ""
        outcome.add(name, device == "cpu", f"it trains on the {device}" if was_started else said.line(run.name))
        ground.kill(*ground.dispatchers())
    return outcome


def check_that_a_gpu_whose_hardware_fails_under_two_runs_is_withdrawn(ground: Ground) -> Outcome:
    _, env = gpus_of(ground, count=1)
    runs, others = ground.make("runs", ground.ann), ground.make("others", ground.mallory)
    plan = ground.plan(*({"id": f"E{number}", "exit": 1, "say": HARDWARE} for number in (1, 2)))
    faulty = ground.queue(ground.ann, runs, plan, **env)
    ground.until(lambda: all((run / "attempts/1/exit.json").exists() for run in faulty), "both runs to fail")
    (run,) = ground.queue(ground.mallory, others, ground.plan({"id": "M1"}), **env)
    was_started = wait_until(lambda: started(run), 2.0)
    words = "mallory's run has it" if was_started else ground.status(ground.mallory, others, **env).line(run.name)
    return Outcome.of(was_started, words)


def check_that_a_run_for_a_gpu_starts_on_one_that_is_free(ground: Ground) -> Outcome:
    gpus, env = gpus_of(ground, count=1, used_mib={0: 40_000})
    runs = ground.make("runs", ground.ann)
    (run,) = ground.queue(ground.ann, runs, ground.plan({"id": "E1"}), **env)
    gpus.used_mib = {}
    gpus.write()
    was_started = wait_until(lambda: started(run), START_SECONDS)
    device = stub(run)["env"]["IQA_TUI_DEVICE"] if was_started else "nothing"
    return Outcome.of(device != "cuda", f"it trains on {device}")


# T10, T11


def t10_a_bug_in_code_of_ann_withdraws_a_healthy_gpu_for_all(ground: Ground) -> Outcome:
    _, env = gpus_of(ground, count=1)
    runs, others = ground.make("runs", ground.ann), ground.make("others", ground.mallory)
    plan = ground.plan(*({"id": f"E{number}", "exit": 1, "say": OWN_BUG} for number in (1, 2)))
    faulty = ground.queue(ground.ann, runs, plan, **env)
    ground.until(lambda: all((run / "attempts/1/exit.json").exists() for run in faulty), "both runs to fail")
    (run,) = ground.queue(ground.mallory, others, ground.plan({"id": "M1"}), **env)
    was_started = wait_until(lambda: started(run), START_SECONDS)
    if was_started:
        return Outcome.of(False, f"mallory's run has the GPU: {stub(run)['env']['IQA_TUI_DEVICE']}")
    return Outcome.of(True, ground.status(ground.mallory, others, **env).line(run.name))


def t11_every_queued_run_is_burnt_by_a_start_that_fails_at_once(ground: Ground) -> Outcome:
    runs = ground.make("runs", ground.ann)
    count = 8
    plan = ground.plan(*({"id": f"E{number}", "exit": 1, "say": NO_START} for number in range(count)))
    queued = ground.queue(ground.ann, runs, plan)

    def burnt() -> list[Path]:
        return [run for run in queued if started(run)]

    ground.comes_true(lambda: len(burnt()) == count, besides=set(), seconds=15.0)
    outcome = Outcome()
    outcome.add("burnt", len(burnt()) > 4, f"{len(burnt())} of {count} were started")
    rows = ground.rows(ground.ann, runs).values()
    queued_rows = [f"{row['cause']}; {row['waits_for']}" for row in rows if row["state"] == "queued"]
    says_why = bool(queued_rows) and all("CUDA unknown error" in words for words in queued_rows)
    words = queued_rows[0] if queued_rows else "none is queued any more"
    outcome.add("the reason", not says_why, words)
    return outcome


# T16


def t16_a_gpu_is_never_free_and_no_way_out_is_named(ground: Ground) -> Outcome:
    """A desktop's graphics, an MPS server that idles, memory that the driver does not tell of."""
    server = ground.tools / "nvidia-cuda-mps-server"
    shutil.copy(shutil.which("sleep") or "/bin/sleep", server)
    idle = ground.start(ground.root, server, "120")
    drawing = ground.start(ground.root, "sleep", "120")
    card = "gpu GPU-card-{0} GeForce {1} {2} 0 00000000:01:00.0"
    name = ground.folder.name
    kinds: dict[str, dict[str, Any]] = {
        "620 MiB of graphics memory": {
            "says": [card.format(name, 620, 8192), f"graphics 0 {drawing.pid} 600"],
            "count": 0,
        },
        "an idle MPS server": {"count": 1, "processes": [(0, idle.pid, 30)], "used_mib": {0: 40}},
        "unified memory": {
            "count": 1,
            "failures": [(0, field, NOT_SUPPORTED) for field in ("memory", "memory_v2", "utilisation")],
        },
    }
    outcome = Outcome()
    for kind, settings in kinds.items():
        gpus, env = gpus_of(ground, **settings)
        runs = ground.make(f"runs-{gpus.folder.name}", ground.ann)
        (run,) = ground.queue(ground.ann, runs, ground.plan({"id": "E1"}), **env)
        said = ground.status(ground.ann, runs, **env)
        is_stuck = "vram" not in said.text and not wait_until(lambda run=run: started(run), 4.0)
        words = "it was started" if started(run) else said.line(run.name)
        outcome.add(kind, is_stuck, words)
        ground.kill(*ground.dispatchers())
    return outcome


def t16_two_runs_share_a_gpu_that_only_one_process_may_have(ground: Ground) -> Outcome:
    """Exclusive compute mode: the second run that shares it would fail at once, whatever memory is left."""
    _, env = gpus_of(ground, count=1, says=[f"mode 0 {EXCLUSIVE_PROCESS}"])
    runs = ground.make("runs", ground.ann)
    end = str(ground.public / "end")
    plan = ground.plan(*({"id": f"E{number}", "until": end} for number in (1, 2)), base={"vram": "1 GiB"})
    both = ground.queue(ground.ann, runs, plan, **env)
    ground.until(lambda: any(map(started, both)), "the first run to start")
    is_shared = wait_until(lambda: all(map(started, both)), 3.0)
    (waiting,) = [run for run in both if not started(run)] or [both[1]]
    words = "both have it" if is_shared else ground.status(ground.ann, runs, **env).line(waiting.name)
    return Outcome.of(is_shared, words)


def t16_a_gpu_that_a_cgroup_forbids_is_said_to_need_a_reset(ground: Ground) -> Outcome:
    _, env = gpus_of(ground, count=2, failures=[(1, "handle", NO_PERMISSION)])
    said = ground.status(ground.ann, ground.make("runs", ground.ann), **env)
    return Outcome.of("reset it or reboot" in said.text or "GPU 0" not in said.text, said.line("GPU 1"))


def t16_a_driver_that_wakes_for_12_seconds_leaves_every_look_blind(ground: Ground) -> Outcome:
    """Each look asks a process of its own, so that the driver has fallen asleep again before the next."""
    _, env = gpus_of(ground, count=1, says=["hang -1 init 12"])
    runs = ground.make("runs", ground.ann)
    said = ground.status(ground.ann, runs, seconds=30.0, **env)
    return Outcome.of("H100" not in said.text, f"after {said.seconds:.0f} s: {said.line('GPU 0', 'driver')}")
