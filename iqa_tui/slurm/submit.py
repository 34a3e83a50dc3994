"""Submits a run as one job of Slurm: the exact command line, script and environment, and which job is the run's.

Only what its owner signed is submitted, and the script, which Slurm keeps, names the digests of those bytes: whatever
becomes of the files meanwhile, the node executes these or nothing.
"""

from __future__ import annotations

import re
import shlex
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from iqa_tui.errors import LaunchError
from iqa_tui.processes.start import package_folder
from iqa_tui.slurm.answers import comment_of
from iqa_tui.slurm.ask import SlurmError, SlurmRefused, SlurmSilent, ask_slurm, folder_of_programs
from iqa_tui.slurm.here import Cluster, cluster
from iqa_tui.slurm.look import look
from iqa_tui.slurm.options import CLUSTER, sbatch_flags
from iqa_tui.slurm.refusals import note_refusal
from iqa_tui.slurm.words import refused_words
from iqa_tui.trust.signature import verify
from iqa_tui.trust.state_folder import state_path
from iqa_tui.words.people import user_name
from training.runfolder.engines import SLURM
from training.runfolder.errors import RunFolderError
from training.runfolder.folders import list_runs
from training.runfolder.host import host_name
from training.runfolder.job import JOB_OUTPUT, JobRecord
from training.runfolder.layout import AttemptFolder, RunFolder
from training.runfolder.read import read_record, read_spec
from training.runfolder.schema import ExitRecord, Place, RetryRecord
from training.runfolder.slurm_status import BY_SLURM
from training.runfolder.spec import Spec
from training.runfolder.tuned import trials_of
from training.runfolder.write import write_record_once

NICE = {"high": 0, "medium": 100, "low": 200}
"""Of sbatch: a user's jobs of a greater number start later. Less than 0 is for administrators alone."""
SUPERVISOR = "iqa_tui.service.supervisor"


def is_slurm(run: RunFolder) -> bool:
    """Whether Slurm starts it; False if that cannot be read."""
    try:
        return read_spec(run).engine == SLURM
    except RunFolderError:
        return False


def job_name(group: str) -> str:
    """Runs of one group have one name, by which `singleton` lets them run one at a time."""
    return "iqa-" + re.sub(r"[^A-Za-z0-9._+=-]+", "_", group)


def sbatch_line(run: RunFolder, spec: Spec, after: Sequence[str] = ()) -> list[str]:
    """The command that submits a run, whose script it reads from its standard input.

    Args:
        after: numbers of the jobs that must end first.
    """
    output = str(run.shown / JOB_OUTPUT).replace("%", "%%")
    line = [
        *("sbatch", "--parsable", f"--job-name={job_name(spec.group)}", f"--comment={comment_of(run.run_id)}"),
        *("--requeue", "--open-mode=append", f"--output={output}", "--export=NIL"),
        *(f"--signal=B:USR1@{spec.slurm.get('lead', 120)}", f"--chdir={spec.cwd or Path.cwd()}"),
        f"--nice={NICE.get(spec.priority, 100)}",
        *sbatch_flags(spec.slurm),
    ]
    dependencies = ["singleton"] if spec.strategy == "sequential" else []
    dependencies += [f"afterany:{':'.join(after)}"] if after else []
    return [*line, *([f"--dependency={','.join(dependencies)}"] if dependencies else [])]


def script_of(run: RunFolder, options: Mapping[str, Any], spec_sha256: str, environment_sha256: str) -> str:
    """The script of a run's job."""
    command = [sys.executable, "-m", SUPERVISOR, str(run.shown), "--slurm"]
    command += ["--spec-sha256", spec_sha256, "--environment-sha256", environment_sha256]
    return job_script(f"iqa-tui: {run.run_id}", options, command)


def job_script(title: str, options: Mapping[str, Any], command: Sequence[str]) -> str:
    """A job's script. Everything in it is a whole path: a node has another working folder and another PATH."""
    programs = folder_of_programs() or "/usr/bin"
    lines = ["#!/bin/bash", f"# {title}", f'export PATH="$PATH":{shlex.quote(programs)}']
    lines.append(f"export IQA_TUI_STATE={shlex.quote(str(state_path()))}")
    if packages := package_folder():
        lines.append(f'export PYTHONPATH={shlex.quote(packages)}"${{PYTHONPATH:+:$PYTHONPATH}}"')
    lines += options.get("setup", [])
    return "\n".join([*lines, f"exec {shlex.join(command)}", ""])


def submit(run: RunFolder, *, is_new: bool = False) -> str:
    """As `_submit`, which it remembers a failure of for the run's row."""
    try:
        words = _submit(run, is_new=is_new)
    except (LaunchError, RunFolderError, OSError) as error:
        note_refusal(run, str(error))
        raise
    note_refusal(run, "")
    return words


def _submit(run: RunFolder, *, is_new: bool) -> str:
    """Submit a queued run, unless a job of it is there already.

    Args:
        is_new: it has just been queued, so no job of it can be there.

    Returns:
        What was done, in words; empty if there was nothing to do.

    Raises:
        NotSigned: this user did not queue it here as it is now.
        SlurmError: Slurm refuses it, in words that name the key; or it cannot be asked, so the run stays queued.
        LaunchError: it is for another cluster.
        RunFolderError, OSError: a record cannot be read or written.
    """
    signed = verify(run)
    spec, here = signed.spec, cluster()
    wanted = str(spec.slurm.get(CLUSTER, ""))
    if wanted.lower() != here.name.lower():
        raise LaunchError(f"{run.run_id} was queued for the cluster {wanted or '?'}, and this one is {here.name}.")
    attempt = run.latest_attempt() or run.attempt(1)
    if not _waits_for_a_job(run, attempt):
        return ""
    if not is_new and (found := _job_that_is_there(run, attempt)):
        write_record_once(attempt.job, _record(found, here, sbatch_line(run, spec)))
        return f"{run.run_id}: its job {found} was there already."
    place = read_record(run.place, Place)
    if place is not None and place.held:
        return ""
    if place is not None and place.priority:
        spec = replace(spec, priority=place.priority)
    line = sbatch_line(run, spec, _jobs_before(run, spec))
    try:
        said = ask_slurm(line, given=script_of(run, spec.slurm, signed.spec_sha256, signed.environment_sha256))
    except SlurmRefused as refusal:
        raise SlurmRefused(refused_words(str(refusal), spec.slurm)) from None
    job = said.strip().splitlines()[-1].split(";")[0].strip() if said.strip() else ""
    if not job.isdecimal():
        raise SlurmError(f"sbatch said {said.strip()!r} instead of the number of a job.")
    if not write_record_once(attempt.job, _record(job, here, line)):
        return _given_up(run, attempt, job)
    return f"{run.run_id} is job {job}."


def _record(job: str, here: Cluster, line: Sequence[str]) -> JobRecord:
    by = f"{user_name()}@{host_name()}"
    return JobRecord(job, here.name, time.time(), by, list(line[1:]), here.kill_wait_seconds)


def _given_up(run: RunFolder, attempt: AttemptFolder, job: str) -> str:
    """Another program, or a job itself, was faster: one run has one job."""
    other = read_record(attempt.job, JobRecord)
    if other is None or other.job == job:  # it has started by now, and wrote it
        return f"{run.run_id} is job {job}."
    ask_slurm(["scancel", job])
    return f"{run.run_id} is job {other.job}; job {job}, submitted at the same moment, is cancelled."


def _waits_for_a_job(run: RunFolder, attempt: AttemptFolder) -> bool:
    begun = (attempt.job, attempt.process, attempt.exit, run.result, run.stop)
    return not any(path.exists() for path in begun)


def _job_that_is_there(run: RunFolder, attempt: AttemptFolder) -> str:
    """The number of a living job of this run that no record names; empty if there is none.

    Raises:
        SlurmSilent: that is not known, so nothing may be submitted.
    """
    answers = look(at_once=True)
    if answers.failures or time.time() - answers.answered > 5:
        raise SlurmSilent(answers.trouble or "Slurm does not answer")
    retry = read_record(attempt.retry, RetryRecord)
    followed = retry is not None and retry.by == BY_SLURM  # the next attempt of the same job
    known = (
        set() if followed else {record.job for each in run.attempts() if (record := read_record(each.job, JobRecord))}
    )
    living = [line for line in answers.jobs_of(run.run_id) if not line.is_over and line.job not in known]
    return living[-1].job if living else ""


def _jobs_before(run: RunFolder, spec: Spec) -> list[str]:
    """Jobs that are not over of its tuning runs, and, if its strategy wants that, of higher priority in its group."""
    trials = set(trials_of(spec.tune))
    if spec.strategy != "priority" and not trials:
        return []
    jobs = []
    for other in list_runs(run.shown.parent):
        try:
            its = read_spec(other)
            attempt = other.latest_attempt()
            is_before = spec.strategy == "priority" and its.group == spec.group
            is_before = is_before and _nice_of(other, its) < NICE.get(spec.priority, 100)
            is_before = is_before or other.run_id in trials
            if attempt is None or not is_before or other.result.exists() or _is_over(attempt) or other.stop.exists():
                continue
            record = read_record(attempt.job, JobRecord)
        except (RunFolderError, OSError):
            continue
        jobs += [record.job] if record is not None else []
    return jobs


def _is_over(attempt: AttemptFolder) -> bool:
    ended = read_record(attempt.exit, ExitRecord)
    return ended is not None and not ended.comes_back


def _nice_of(run: RunFolder, spec: Spec) -> int:
    place = read_record(run.place, Place)
    return NICE.get((place.priority if place else None) or spec.priority, 100)
