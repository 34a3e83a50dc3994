"""Run folders as an ablation leaves them, with numbers that a test chooses."""

from __future__ import annotations

from pathlib import Path

from iqa_tui.plans.plan import load_plan
from iqa_tui.trust.signature import write_signed
from tests.golden.make import START, a_spec
from training.runfolder.exits import ExitKind
from training.runfolder.folders import create_run_folder
from training.runfolder.layout import RunFolder
from training.runfolder.schema import ExitRecord, Result
from training.runfolder.write import write_record


def queue_run(
    runs_dir: Path, experiment: str, *, seed: int = 42, group: str = "koniq-losses", day: int = 0
) -> RunFolder:
    """A queued run of the KonIQ-10k preset; `day` sets when it was asked for."""
    plan = load_plan("koniq-losses")
    row = next(row for row in plan.experiments if row.id == experiment)
    loss_type = str(row.flags["loss_type"])
    run = create_run_folder(runs_dir, f"2026-11-{23 + day}_17-05-01_koniq-10k_swin-base_{loss_type}_s{seed}")
    spec = a_spec(
        run.run_id,
        group=group,
        experiment=experiment,
        label=row.label,
        loss_type=loss_type,
        seed=seed,
        plan=plan.content,
        created=START + 86_400 * day,
        expected_srcc=list(row.expected_srcc) if row.expected_srcc else None,
    )
    write_signed(run, spec, {})
    return run


def finish_run(
    run: RunFolder, srcc: float | None, plcc: float | None, *, hours: float = 1.5, **changes: object
) -> RunFolder:
    seed = int(run.run_id.rpartition("_s")[2].partition("-")[0])
    values: dict[str, object] = {
        "run_id": run.run_id,
        "metrics": {"test": {"srcc": srcc, "plcc": plcc}, "val": {"srcc": 0.9}},
        "protocol": "clean",
        "dataset": "koniq-10k",
        "loss_type": run.run_id.split("_")[4],
        "seed": seed,
        "network": "swin-base",
        "finished": START + 9_000,
        "elapsed_seconds": hours * 3600,
        "images": {"train": 7058, "val": 1000, "test": 2015},
    }
    write_record(run.result, Result(**(values | changes)))  # type: ignore[arg-type]
    return run


def fail_run(run: RunFolder, cause: str) -> RunFolder:
    write_record(run.attempt(1).exit, ExitRecord(ExitKind.FAILED, cause, START + 60, 58.0, returncode=1))
    return run
