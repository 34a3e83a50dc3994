"""Makes a recorded run of what `python -m training.evaluate --output FOLDER` left: a row with scores by image.

So any network that the trainer can load stands in a table beside the runs, with an interval.
"""

from __future__ import annotations

import shlex
import socket
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from iqa_tui.errors import LaunchError
from iqa_tui.importing.aside import built_aside
from iqa_tui.importing.evaluation import Evaluation, EvaluationRow, Joining
from iqa_tui.importing.pieces import BadLog
from iqa_tui.importing.tested_alike import refuse_other
from iqa_tui.monitor.listing import read_runs
from iqa_tui.settings.read_only import order
from iqa_tui.words.people import user_name
from training.runfolder.engines import RECORDED, SPEC_FORMAT
from training.runfolder.evaluation import EvaluationRecord, log_of
from training.runfolder.folders import run_name
from training.runfolder.layout import RunFolder
from training.runfolder.schema import Result
from training.runfolder.spec import Spec
from training.runfolder.text import plain
from training.runfolder.write import EventWriter, make_folder, write_atomic, write_record

DIGEST_DIGITS = 12


@order("imports nothing")
def import_evaluation(found: Evaluation, row: EvaluationRow, joining: Joining) -> tuple[RunFolder, str]:
    """Make a recorded run of it.

    Returns:
        The run, and what was measured, in words.

    Raises:
        BadLog: it is of another data set, split or other images than the runs of the table, or was imported before.
        LaunchError: the folder of runs cannot be written.
    """
    runs = read_runs(joining.runs_dir, joining.group)
    refuse_other(found, joining, [run for run in runs if not (run.is_recorded or run.is_trial)])
    seed = _seed(found, row, joining, [run.spec for run in runs if run.is_recorded])
    runs_dir, now = joining.runs_dir.absolute(), datetime.now().astimezone()
    record = found.record
    name = run_name(now, record.dataset, record.backbone or "network", "evaluated", seed)
    try:
        with built_aside(runs_dir, name) as (run_id, aside):
            make_folder(aside.scores)
            write_atomic(aside.score_file(plain(record.dataset).replace("/", "_"), "test"), found.scores)
            _write_events(aside, record)
            write_record(aside.result, _result(found, run_id, seed))
            write_record(aside.spec, _spec(found, row, joining, run_id, seed, now.timestamp()))
    except OSError as error:
        raise LaunchError(
            f"{runs_dir}: cannot be written ({error.strerror}). Name another folder by --runs-dir."
        ) from error
    return RunFolder(runs_dir / run_id), _words(record)


def _words(record: EvaluationRecord) -> str:
    scores = [
        f"{name.upper()} {value:.4f}" for name in ("srcc", "plcc") if (value := record.metrics.get(name)) is not None
    ]
    return f"test {' and '.join(scores) or 'scores'} on {record.images:,} images"


def _seed(found: Evaluation, row: EvaluationRow, joining: Joining, recorded: Iterable[Spec]) -> int:
    """As asked; else the network's own, or the next that no other network of the row has.

    Raises:
        BadLog: this very evaluation is there already.
    """
    taken = set()
    for spec in recorded:
        if spec.log.get("sha256") == found.record_sha256 and not joining.again:
            raise BadLog(
                f"{found.folder}: was imported already, as {spec.experiment} in {spec.run_id}. --again does it again."
            )
        if spec.experiment == row.id:
            taken.add(spec.seed)
    if joining.seed is not None:
        return joining.seed
    seed = found.record.seed
    while seed in taken:
        seed += 1
    return seed


def _notes(found: Evaluation) -> list[str]:
    """What a reader of the numbers must know; the first says whose they are."""
    record = found.record
    trained = f", trained on {plain(record.trained_on)}" if record.trained_on else ""
    whose = f"run {record.run_id}" if record.run_id else Path(record.network).name
    digest = plain(record.weights_sha256[:DIGEST_DIGITS])
    return [f"tested here, {plain(whose)} (weights {digest}){trained}", *map(plain, record.notes)]


def _result(found: Evaluation, run_id: str, seed: int) -> Result:
    record = found.record
    return Result(
        run_id=run_id,
        metrics={"test": record.metrics},
        protocol=record.protocol,
        dataset=record.dataset,
        loss_type=record.loss_type,
        seed=seed,
        network=record.backbone,
        finished=record.finished,
        elapsed_seconds=0.0,  # of training, which is not known
        images={"test": record.images},
        limited=record.limited,
        demo=record.demo,
        device=record.device,
        precision=record.precision,
        parameters=record.parameters,
        backbone=record.backbone,
        calibration=record.calibration,
        config=record.config | {"seed": seed},
        versions=record.versions,
        source_digest=record.source_digest,
        notes=_notes(found),
    )


def _spec(found: Evaluation, row: EvaluationRow, joining: Joining, run_id: str, seed: int, now: float) -> Spec:
    record, path = found.record, plain(str(found.folder.absolute()))
    split = ["--split_seed", str(record.split_seed)] if record.split_seed else []
    return Spec(
        run_id=run_id,
        group=joining.group,
        label=row.label,
        argv=["iqa-tui", "import", path, "--as", row.id, "--group", joining.group, *split],
        created=now,
        experiment=row.id,
        plan=dict(joining.plan),
        trainer="command",
        order=row.order,
        loss_type=record.loss_type,
        dataset=record.dataset,
        network=record.backbone,
        seed=seed,
        protocol=record.protocol,
        notes=f"imported from {shlex.quote(path)}",
        created_by=f"{user_name()}@{socket.gethostname()}",
        engine=RECORDED,
        log=log_of(plain(found.folder.absolute().name), found.record_sha256),
        format=SPEC_FORMAT,
    )


def _write_events(run: RunFolder, record: EvaluationRecord) -> None:
    writer = EventWriter(run.events, 1, lambda: record.finished)
    writer.write("started", test_images=record.images, parameters=record.parameters, device=record.device)
    writer.write("finished", srcc=record.metrics.get("srcc"), plcc=record.metrics.get("plcc"))
    writer.close()
    if writer.trouble:
        raise OSError(0, writer.trouble)
