"""Folders of runs that are queued or have ended, made without a process: the one place that makes them."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path
from typing import Any

from iqa_tui.plans.plan import load_plan
from iqa_tui.trust.signature import write_signed
from tests.golden.make import START
from training.runfolder.exits import ExitKind
from training.runfolder.folders import create_run_folder
from training.runfolder.host import boot_id
from training.runfolder.layout import RunFolder
from training.runfolder.read import read_spec
from training.runfolder.schema import ExitRecord, ProcessRecord, Result
from training.runfolder.spec import Spec
from training.runfolder.write import make_folder, write_record

PLAN: dict[str, Any] = load_plan("koniq-losses").content


def make_run(runs_dir: Path, name: str, *, signed: bool = False, **fields: Any) -> RunFolder:
    """A queued run of which a test needs no more than that it is there.

    Args:
        signed: queued by this user on this host; otherwise as if it came from another host.
        fields: of its spec.
    """
    run = create_run_folder(runs_dir, name)
    return write_spec(run, {"label": name, "argv": ["true"], "created": 0.0, "group": "g", **fields}, signed=signed)


def queue_run(runs_dir: Path, name: str, **fields: Any) -> RunFolder:
    return make_run(runs_dir, name, signed=True, **fields)


def queue_experiment(
    runs_dir: Path,
    experiment: str,
    /,
    *,
    seed: int = 42,
    day: int = 0,
    created: float | None = None,
    signed: bool = True,
    **fields: Any,
) -> RunFolder:
    """A queued run of the KonIQ-10k preset; `day` sets when it was asked for."""
    row = next(row for row in PLAN["experiment"] if row["id"] == experiment)
    loss_type, number = row["flags"]["loss_type"], int(experiment[1:])
    name = f"2026-11-{23 + day}_17-05-01_koniq-10k_swin-base_{loss_type}_s{seed}"
    values = {
        "group": PLAN["name"],
        "label": row["label"],
        "argv": ["python", "-m", "training", "--loss_type", loss_type, "--run_folder", "{run_folder}"],
        "created": START + 86_400 * day if created is None else created,
        "experiment": experiment,
        "plan": PLAN,
        "priority": row["priority"],
        "order": number,
        "loss_type": loss_type,
        "dataset": "koniq-10k",
        "network": "swin-base",
        "seed": seed,
        "expected_srcc": row.get("expected_srcc"),
        "expected_hours": row["expected_hours"],
    }
    return write_spec(create_run_folder(runs_dir, name), values | fields, signed=signed)


def write_spec(run: RunFolder, fields: dict[str, Any], *, signed: bool) -> RunFolder:
    spec = Spec(run_id=run.run_id, **fields)
    if signed:
        write_signed(run, spec, {})
    else:
        write_record(run.spec, spec)
    return run


def end_run(run: RunFolder, kind: ExitKind | None, *, boot: str | None = None, **more: object) -> RunFolder:
    """Write down how the newest attempt ended; None: there is no record."""
    attempt = run.latest_attempt() or run.attempt(1)
    if boot is not None:  # its last sign of life is older than a beat may be
        make_folder(run.attempts_dir)
        make_folder(attempt.path)
        attempt.beat.touch()
        os.utime(attempt.beat, (time.time() - 1000, time.time() - 1000))
    values = {"host": socket.gethostname(), "supervisor_pid": 2, **more}
    write_record(attempt.process, ProcessRecord(boot or boot_id(), 1, 1, started=time.time(), **values))  # type: ignore[arg-type]
    if kind is not None:
        write_record(attempt.exit, ExitRecord(kind, "so it was", time.time(), 1.0))
    return run


def finish_run(
    run: RunFolder, srcc: float | None, plcc: float | None, *, hours: float = 1.5, **changes: object
) -> RunFolder:
    spec = read_spec(run)
    values: dict[str, object] = {
        "run_id": run.run_id,
        "metrics": {"test": {"srcc": srcc, "plcc": plcc}, "val": {"srcc": 0.9}},
        "protocol": "clean",
        "dataset": "koniq-10k",
        "loss_type": spec.loss_type,
        "seed": spec.seed,
        "network": "swin-base",
        "finished": START + 9_000,
        "elapsed_seconds": hours * 3600,
        "images": {"train": 7058, "val": 1000, "test": 2015},
    }
    write_record(run.result, Result(**(values | changes)))  # type: ignore[arg-type]
    return run


def fail_run(run: RunFolder, cause: str, *, ended: float = START + 60, elapsed_seconds: float = 58.0) -> RunFolder:
    write_record(run.attempt(1).exit, ExitRecord(ExitKind.FAILED, cause, ended, elapsed_seconds, returncode=1))
    return run


def files_in(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, and what stands in it: a test asks that nothing has changed."""
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
