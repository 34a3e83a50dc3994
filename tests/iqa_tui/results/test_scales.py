"""A loss may leave the scale of predictions free: wherever an error or a prediction is shown, it is calibrated and says
so, or it is not shown.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from iqa_tui.monitor.catalog import Catalog
from iqa_tui.monitor.run_details import RunDetails
from iqa_tui.monitor.run_facts import page_sections
from iqa_tui.monitor.scored_images import read_scored_images
from iqa_tui.panels.images import PredictionPlot, WorstImages
from iqa_tui.panels.result_table import Context, result_row
from iqa_tui.results.export import render
from iqa_tui.results.paper.content import Content
from iqa_tui.results.paper.numbers_tex import macros
from iqa_tui.results.paper.report import report_html
from iqa_tui.results.paper.shown import Panel, figures_of
from iqa_tui.results.table import Table, build_table
from tests.fakes.papers import made_content, read_content
from training.calibration import calibrate
from training.metrics import rmse, without_scale
from training.runfolder.folders import list_runs
from training.runfolder.layout import RunFolder
from training.runfolder.read import read_record, read_spec
from training.runfolder.schema import Result
from training.runfolder.write import write_record

NOTE = "--loss_type rank leaves the scale of predictions free: for RMSE a linear map, fitted on the validation split"
FREE = "F3"
"""Ranks alone: its predictions lie around −460, and it has no calibration."""
CALIBRATED = "F4"
FIXED = "F1"


@pytest.fixture(scope="module", params=["of this version", "of an earlier version"])
def version(request: pytest.FixtureRequest) -> str:
    """Which one wrote the result of `FREE`: an earlier one gave the error of raw predictions."""
    return str(request.param)


@pytest.fixture(scope="module")
def runs_dir(tmp_path_factory: pytest.TempPathFactory, version: str) -> Path:
    assert version
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def content(runs_dir: Path, version: str) -> Content:
    made_content(runs_dir, srccs=dict.fromkeys((FIXED, FREE, CALIBRATED), (0.93,)), seeds=(1,))
    for run in list_runs(runs_dir):
        experiment = read_spec(run).experiment
        if experiment != FIXED:
            _set_free(run, is_calibrated=experiment == CALIBRATED)
        if experiment == FREE and version == "of an earlier version":
            _give_raw_error(run)
    return read_content(runs_dir)


def _set_free(run: RunFolder, *, is_calibrated: bool) -> None:
    """Its predictions as a network of a loss without a scale gives them."""
    path = run.score_file("koniq-10k", "test")
    with path.open() as file:
        rows = list(csv.reader(file))
    mos, pred = (np.array([float(row[place]) for row in rows[1:]]) for place in (1, 2))
    free = 30 * pred - 560
    lines = [rows[0], *([row[0], row[1], repr(value)] for row, value in zip(rows[1:], free.tolist(), strict=True))]
    path.write_text("".join(",".join(line) + "\n" for line in lines))
    result = read_record(run.result, Result)
    assert result is not None
    test = without_scale(result.metrics["test"], [])
    found = calibrate(free, mos) if is_calibrated else None
    if found is not None:
        test["rmse"] = rmse(found(free), mos)
    calibration = None if found is None else found.as_dict()
    notes = [NOTE] if is_calibrated else []
    metrics = {**result.metrics, "test": test}
    write_record(run.result, replace(result, metrics=metrics, calibration=calibration, notes=notes))


def _give_raw_error(run: RunFolder) -> None:
    result = read_record(run.result, Result)
    assert result is not None
    metrics = {split: {**own, "rmse": 560.5} for split, own in result.metrics.items()}
    write_record(run.result, replace(result, metrics=metrics, config={"loss_type": result.loss_type}))


@pytest.fixture(scope="module")
def table(content: Content, runs_dir: Path) -> Table:
    return build_table(runs_dir)


def test_tables_and_exports_have_no_error_of_predictions_without_a_scale(table: Table) -> None:
    launched = {row.id: place for place, row in enumerate(table.rows) if row.run_ids}
    context = Context(table, {}, (None,) * len(table.rows))
    shown = {row: result_row(context, place).cells["rmse"] for row, place in launched.items()}
    assert str(shown[FREE]).strip() == "–"
    assert all(float(str(shown[row]).split()[0]) < 3 for row in (FIXED, CALIBRATED))
    rows = {row["id"]: row for row in json.loads(render(table, "json"))["rows"] if row["run_ids"]}
    assert (rows[FREE]["rmse"], rows[FREE]["rmse_sd"]) == (None, None)
    assert rows[CALIBRATED]["rmse"] is not None
    cells = {row["id"]: row for row in csv.DictReader(io.StringIO(render(table, "csv"))) if row["run_ids"]}
    assert cells[FREE]["rmse"] == ""
    for kind in ("markdown", "latex"):
        text = render(table, kind, ("rmse", "notes"))
        assert "for RMSE a linear map" in text
        assert "560" not in text


def test_findings_and_paper_say_why_there_is_no_error_and_what_was_calibrated(content: Content) -> None:
    free = content.findings.estimate(FREE, "rmse")
    assert free is not None
    assert (free.value, free.note) == (None, "its loss fixes no scale")
    names = {each.name for each in macros(content)}
    assert "IqaFthreeRmse" not in names
    assert {"IqaFfourRmse", "IqaFoneRmse"} <= names
    predictions = next(figure for figure in figures_of(content) if figure.name == "predictions")
    scales = {panel.run: panel.has_scale for panel in predictions.parts if isinstance(panel, Panel)}
    assert scales == {"F1 seed 1": True, "F3 seed 1": False, "F4 seed 1": False}
    page = report_html(content, figures_of(content), {}, "no figures")
    assert "Prediction (no scale)" in page
    assert "Prediction (calibrated)" in page
    assert NOTE in page
    assert "−4" not in page.partition("Images")[2]


def test_the_page_of_a_run_shows_no_prediction_without_a_scale_and_says_which_are_calibrated(
    content: Content, runs_dir: Path
) -> None:
    states = {state.experiment: state for state in Catalog(runs_dir).refresh()}
    told = {}
    for row, state in states.items():
        panel, plot = WorstImages(), PredictionPlot(ascii_mode=False)
        panel._scored = read_scored_images(state)
        plot.show_images(panel._scored, 0)
        told[row] = str(plot.border_title)
        numbers = ["".join(text for text, _ in line).split()[-4] for line in panel.draw(60, 20)[1:]]
        assert (set(numbers) == {"–"}) is (row == FREE)
        assert row == FREE or all(0 < float(number) < 10 for number in numbers)
    assert "no scale" in told[FREE]
    assert "calibrated" in told[CALIBRATED]
    assert "scale" not in told[FIXED]
    facts = {row: {fact.name: fact.values[0] for section in page_sections(state, RunDetails()) for fact in section.facts}
             for row, state in states.items()}  # fmt: skip
    assert facts[FREE]["test RMSE"] == "–"
    assert float(facts[CALIBRATED]["test RMSE"]) < 3
