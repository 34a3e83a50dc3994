"""Reads what a user wants to see of the images of a table."""

from __future__ import annotations

from collections.abc import Sequence

from iqa_tui.monitor.listing import ListedRun
from iqa_tui.results.images.places import data_folders, place_of
from iqa_tui.results.images.views import Found, Wanted
from iqa_tui.results.intervals.row_images import disagreements, images_of, runs_of
from iqa_tui.results.intervals.score_files import table_scores
from iqa_tui.results.row import Row
from training.runfolder.mixed import dataset_names, is_mixed


def look_at_images(table: Sequence[Row], entries: Sequence[ListedRun], wanted: Wanted) -> Found:
    """Never raises for what a file of scores holds.

    Args:
        table: all rows of it.
        entries: of its group.
    """
    rows = table_scores(table, entries)  # files are kept until they change
    row, other = rows[wanted.row], rows[wanted.other] if wanted.other is not None else None
    images = images_of(row, wanted.run)
    run = wanted.run if other is not None and wanted.run in runs_of(other) else None
    others = images_of(other, run) if other is not None else None
    own = [entry for entry in entries if entry.run_id in table[wanted.row].run_ids]
    dataset = "demo" if row.is_demo and not is_mixed(row.dataset) else row.dataset
    told = [(_data_path(entry), entry.spec.cwd or "") for entry in own]
    return Found(
        wanted=wanted,
        images=images,
        other=others,
        pairs=tuple(disagreements(images, others)) if others is not None else (),
        runs=runs_of(row),
        dataset=dataset,
        folders={
            name: data_folders(
                name, [(place_of(name, path, is_one_of_several=is_mixed(dataset)), cwd) for path, cwd in told]
            )
            for name in dataset_names(dataset)
        },
    )


def _data_path(entry: ListedRun) -> str:
    config = entry.result.config if entry.result else {}
    path = config.get("data_path") or entry.spec.overrides.get("data_path")
    return path if isinstance(path, str) else ""
