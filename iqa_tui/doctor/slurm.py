"""Can Slurm run the plan's jobs, and does a node have what they need? One job of a minute a kind of job tells it."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from iqa_tui.doctor.file_systems import existing_parent
from iqa_tui.doctor.finding import Finding, blocked, doubtful
from iqa_tui.plans.request import LaunchRequest
from iqa_tui.slurm import try_node
from iqa_tui.slurm.ask import FOLDER_VARIABLE, SlurmError, ask_slurm, has_slurm
from iqa_tui.slurm.here import cluster
from iqa_tui.slurm.options import asks_for_gpu, sbatch_flags
from iqa_tui.slurm.partitions import ask_partitions
from iqa_tui.slurm.starts import refuse_what_slurm_refuses
from iqa_tui.slurm.submit import job_script
from iqa_tui.slurm.words import limit_hours
from iqa_tui.words.durations import hours_words
from training.runfolder.text import plain
from training.runfolder.write import write_json

START_SECONDS = 60.0
ANSWER_SECONDS = 200.0
LATE_SECONDS = 5.0
LOOK_SECONDS = 5.0
OUTPUT = "job.out"
MODULE = "iqa_tui.slurm.try_node"


def check_slurm(request: LaunchRequest, paths: Sequence[Path]) -> Iterator[Finding]:
    """Ask Slurm, then a node.

    Args:
        paths: of data and weights that the runs read.
    """
    if not has_slurm():
        remedy = f"Log in to a login node, load the module that has Slurm, or set {FOLDER_VARIABLE} to its folder"
        yield blocked("slurm", "there is no sbatch in PATH", remedy)
        return
    try:
        yield Finding("slurm", f"sbatch is here, and the controller of {cluster().name} answers")
    except SlurmError as error:
        yield blocked(
            "slurm", f"the controller does not answer: {plain(str(error))}", "Ask the cluster's administrator"
        )
        return
    for options, ids in _kinds(request):
        try:
            refuse_what_slurm_refuses(options, request.cwd or Path.cwd())
        except SlurmError as error:
            yield blocked("slurm", f"{', '.join(ids)}: {plain(str(error))}", "Mend [slurm] of the plan, or --slurm")
            continue
        yield from _limits(request, options, ids)
        yield from _try_node(request, options, paths)


def _kinds(request: LaunchRequest) -> list[tuple[dict[str, Any], list[str]]]:
    """What is asked of Slurm, each once, and the experiments that ask it."""
    kinds: list[tuple[dict[str, Any], list[str]]] = []
    for experiment in request.chosen():
        options = request.slurm_options(experiment)
        same = next((ids for known, ids in kinds if known == options), None)
        if same is None:
            kinds.append((options, same := []))
        same.append(experiment.id)
    return kinds


def _limits(request: LaunchRequest, options: Mapping[str, Any], ids: Sequence[str]) -> Iterator[Finding]:
    """A time limit that is shorter than a run is survived, if the run writes checkpoints."""
    with contextlib.suppress(SlurmError):
        known = {each.name: each for each in ask_partitions()}
        default = next((name for name, each in known.items() if each.is_default), "")
        partition = known.get(str(options.get("partition") or default))
        limit = limit_hours(partition.limit) if partition is not None else None
        longest = max((each.expected_hours or 0.0 for each in request.chosen() if each.id in ids), default=0.0)
        if partition is not None and limit is not None and longest > limit:
            words = f"{partition.name} ends a job after {hours_words(limit)}, and a run takes {hours_words(longest)}"
            remedy = (
                "It goes on from its last checkpoint in the same job, again and again; ask a longer partition if it can"
            )
            yield doubtful("slurm", words, remedy)


def _try_node(request: LaunchRequest, options: Mapping[str, Any], paths: Sequence[Path]) -> Iterator[Finding]:
    parent, cwd = existing_parent(request.runs_dir), request.cwd or Path.cwd()
    try:
        with tempfile.TemporaryDirectory(dir=parent, prefix=".iqa-tui-doctor-", ignore_cleanup_errors=True) as place:
            folder = Path(place).resolve()
            job = _submit(folder, options, cwd, paths, asks_torch=request.plan.command is None)
            try:
                yield from _heard(job, folder, options, cwd)
            finally:
                with contextlib.suppress(SlurmError):
                    ask_slurm(["scancel", "--quiet", job])
    except SlurmError as error:
        yield blocked("node", f"a job of a minute cannot be submitted: {plain(str(error))}", "Mend [slurm] of the plan")
    except OSError as error:
        yield blocked(
            "node", f"{parent}: {error.strerror}", "Choose a folder of runs that you may write, on a shared disk"
        )


def _submit(folder: Path, options: Mapping[str, Any], cwd: Path, paths: Sequence[Path], *, asks_torch: bool) -> str:
    command = [sys.executable, "-m", MODULE, str(folder), "torch" if asks_torch else "alone", *map(str, paths)]
    output = str(folder / OUTPUT).replace("%", "%%")
    line = ["sbatch", "--parsable", "--job-name=iqa-doctor", "--no-requeue", "--export=NIL", f"--output={output}"]
    line += [f"--chdir={cwd}", *sbatch_flags({**options, "time": 1})]
    said = ask_slurm(line, given=job_script("iqa-tui doctor", options, command))
    return said.strip().splitlines()[-1].split(";")[0]


def _heard(job: str, folder: Path, options: Mapping[str, Any], cwd: Path) -> Iterator[Finding]:
    began = time.monotonic()
    hello, why = _wait(folder / try_node.HELLO, job, START_SECONDS)
    if hello is None:
        yield _not_started(job, folder, why)
        return
    seconds, node = time.monotonic() - began, plain(str(hello.get("node") or hello.get("host")))
    lock_is_seen = _is_locked(folder / try_node.LOCK)
    write_json(folder / try_node.REPLY, {})
    answer, why = _wait(folder / try_node.ANSWER, job, ANSWER_SECONDS)
    if answer is None:
        yield blocked(
            "node", f"{node} started job {job} and never answered: {why}", "Is its memory, or its disk, too small?"
        )
        return
    yield from judge_node(node, seconds, answer, options, cwd, lock_is_seen=lock_is_seen)


def _not_started(job: str, folder: Path, why: str) -> Finding:
    lines = []
    with contextlib.suppress(OSError):
        lines = (folder / OUTPUT).read_text(errors="replace").strip().splitlines()
    if lines:
        return blocked(
            "node", f"job {job} failed: {plain(lines[-1])}", "Is all of it on the shared disk? See setup in [slurm]"
        )
    if why.startswith("PENDING"):
        reason = why.partition("|")[2] or "no reason given"
        words = f"not started within {START_SECONDS:g} s: {reason}"
        return doubtful("node", words, "A launch waits for it just so; run the doctor again when the queue is shorter")
    remedy = f"Is {folder.parent} on a disk that the nodes have? Its job left no output there"
    return blocked("node", f"job {job} said nothing: {why or 'Slurm does not show it'}", remedy)


def _wait(path: Path, job: str, seconds: float) -> tuple[dict[str, Any] | None, str]:
    """What a file holds once it is there; None, and the job's state and reason, if it never is."""
    until, looked, state = time.monotonic() + seconds, time.monotonic(), ""
    while time.monotonic() < until:
        with contextlib.suppress(OSError, ValueError):
            found = json.loads(path.read_text())
            return (found if isinstance(found, dict) else {}), ""
        if time.monotonic() - looked > LOOK_SECONDS:
            looked, before = time.monotonic(), state
            state = _state(job)
            if state == before and not state.startswith(("PENDING", "CONFIGURING", "RUNNING", "COMPLETING")):
                break  # it is over, and a file server had one look's time to show what it wrote
        time.sleep(0.1)
    return None, _state(job) or state


def _state(job: str) -> str:
    """`PENDING|Resources`; empty if Slurm does not say."""
    with contextlib.suppress(SlurmError):
        return plain(ask_slurm(["squeue", "-h", "-t", "all", "-j", job, "-o", "%T|%r"]).strip())
    return ""


def _is_locked(path: Path) -> bool:
    """Whether the lock that the node holds is seen here."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def judge_node(
    node: str, seconds: float, answer: Mapping[str, Any], options: Mapping[str, Any], cwd: Path, *, lock_is_seen: bool
) -> Iterator[Finding]:
    """What the answer of a node means for the runs.

    Args:
        seconds: from the submission to its first word.
    """
    yield Finding("node", f"{node} started a job after {seconds:.1f} s, with Python {answer.get('python')}")
    if trouble := plain(str(answer.get("supervisor") or "")):
        yield blocked(
            "node", f"a run's supervisor does not start there: {trouble}", "Install iqa-tui on the shared disk"
        )
    late = answer.get("round_trip_seconds")
    if late is None:
        words = f"{node} does not see what is written here within {try_node.REPLY_SECONDS:g} s"
        yield blocked("folder", words, "Choose a folder of runs on a disk that both share: --runs-dir")
    elif late > LATE_SECONDS:
        yield doubtful("folder", f"seen from both sides, but {late:.0f} s late", "Rows and orders are as late as that")
    else:
        yield Finding("folder", f"seen from both sides within {max(late, 0.1):.1f} s")
    if answer.get("cwd") != str(cwd.resolve()):
        words = f"{cwd} is not on {node}: jobs there run in {plain(str(answer.get('cwd')))}"
        yield blocked("cwd", words, "Launch from a folder on the shared disk")
    else:
        yield Finding("cwd", f"{cwd} is there")
    for path in answer.get("missing", []):
        remedy = "Correct the path, or copy it to a disk of the nodes and set data_path, or weights"
        yield blocked("data", f"{node} cannot read {plain(str(path))}, or it is empty there", remedy)
    for path in answer.get("there", []):
        yield Finding("data", f"{plain(str(path))} is on {node}")
    yield _judge_locks(node, str(answer.get("lock") or ""), is_seen=lock_is_seen)
    yield from _judge_devices(node, answer, options)


def _judge_locks(node: str, trouble: str, *, is_seen: bool) -> Finding:
    if trouble:
        return Finding("locks", f"{node} has none in the folder of runs ({plain(trouble)}): runs of Slurm go without")
    return Finding(
        "locks", f"work on {node}, and are {'' if is_seen else 'not '}seen here: runs of Slurm do not need that"
    )


def _judge_devices(node: str, answer: Mapping[str, Any], options: Mapping[str, Any]) -> Iterator[Finding]:
    wants, devices = asks_for_gpu(options), plain(str(answer.get("devices") or ""))
    if wants and not devices:
        yield blocked("GPU", f"Slurm gave no GPU on {node}", 'Set gres, for example gres = "gpu:1"')
        return
    if trouble := plain(str(answer.get("torch_trouble") or "")):
        remedy = 'Install torch on the shared disk, or load it: setup = ["module load …"]'
        more = f'Ask for more: mem = "8G"; now it is {options.get("mem") or "as much as the cluster gives"}'
        yield blocked("torch", f"{node}: {trouble}", more if trouble == try_node.KILLED else remedy)
    torch = answer.get("torch")
    if not isinstance(torch, dict):
        yield from [Finding("GPU", f"Slurm gave device {devices} on {node}")] if wants else []
        return
    names = [plain(str(name)) for name in torch.get("gpus", [])]
    versions = f"torch {torch.get('torch')}, timm {torch.get('timm')}"
    if wants and not names:
        built = torch.get("built_for")
        words = f"{versions}: built for {f'CUDA {built}' if built else 'the CPU alone'}, sees no GPU on {node}"
        yield blocked("torch", words, "Install a torch that fits the driver of the nodes")
        return
    yield Finding("torch", f"{versions}, on {node}{': ' if names else ''}{', '.join(names)}")
