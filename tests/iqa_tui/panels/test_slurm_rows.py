"""What Slurm says of a run stands in its row: from squeue's answer to the text on the screen."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from iqa_tui.devices.survey import Survey
from iqa_tui.monitor.catalog import Catalog
from iqa_tui.monitor.rows import Row, RowKind
from iqa_tui.panels.run_columns import columns_for
from iqa_tui.panels.run_rows import Context, table_row
from iqa_tui.queue.waits import waits_of_states
from iqa_tui.slurm.look import look
from iqa_tui.slurm.refusals import note_refusal
from iqa_tui.slurm.words import clock_words
from iqa_tui.widgets.table_lines import fitting_columns, row_line
from tests.fakes.run_folders import FakeRun
from tests.fakes.slurm import FakeSlurm, slurm
from training.runfolder.engines import SLURM, SPEC_FORMAT
from training.runfolder.job import JobRecord
from training.runfolder.write import write_record_once

__all__ = ["slurm"]
WIDTH = 170
ASKED = ["--partition=short", "--qos=single", "--gres=gpu:1", "--mem=16G", "--output=/r/slurm.out"]
LATER = time.time() + 3000


@pytest.fixture
def fake(tmp_path: Path, slurm: FakeSlurm) -> FakeRun:  # the state folder, in which the key is, is of `slurm`
    options = {"partition": "short", "qos": "single", "gres": "gpu:1", "mem": "16G", "cluster": "lab"}
    return FakeRun.queue(tmp_path / "runs", "F2", engine=SLURM, slurm=options, format=SPEC_FORMAT)


def row_of(fake: FakeRun) -> str:
    """Its row as text, as a user sees it in a wide terminal."""
    look(at_once=True)
    states = Catalog(fake.run.runs_dir).refresh()
    waits = waits_of_states(list(states), Survey((), "", 0.0))
    (state,) = states
    row = Row(RowKind.RUN, state.run_id, (state,))
    group = Row(RowKind.GROUP, state.group, (state,))
    columns = fitting_columns(columns_for([group, row]), WIDTH)
    return "".join(text for text, _ in row_line(table_row(row, Context(time.time(), waits)), columns, WIDTH))


def submit(fake: FakeRun) -> None:
    write_record_once(fake.run.attempt(1).job, JobRecord("4711", "lab", time.time() - 100, "ann@login", ASKED))


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("Resources", f"waits for a GPU; Slurm expects {clock_words(LATER)}"),
        ("Priority", f"waits for jobs before it; Slurm expects {clock_words(LATER)}"),
        ("QOSMaxJobsPerUserLimit", "QOS single: no more of your jobs at once"),
        ("ReqNodeNotAvail, UnavailableNodes:lab2", "node lab2 is down, reserved or busy"),
        ("PartitionTimeLimit", "will never start: asks 60 min, short allows 2 min"),
        ("QOSMaxWallDurationPerJobLimit", "will never start: asks 60 min, QOS single allows less"),
        ("FrontEndDown", "Slurm: FrontEndDown"),
    ],
)
def test_a_row_says_why_its_job_waits(fake: FakeRun, slurm: FakeSlurm, reason: str, words: str) -> None:
    submit(fake)
    slurm.shows("4711", "PENDING", fake.run.run_id, reason=reason, partition="short", starts=str(int(LATER)))
    row = row_of(fake)
    assert "○ queued" in row
    assert words in row


def test_a_row_says_that_slurm_holds_what_it_could_not_start(fake: FakeRun, slurm: FakeSlurm) -> None:
    submit(fake)
    slurm.shows("4711", "PENDING", fake.run.run_id, reason="launch failed requeued held", partition="short")
    row = row_of(fake)
    assert "⏸ held" in row
    assert "Slurm could not start it; h releases it" in row


@pytest.mark.parametrize(
    ("state", "reason", "words"),
    [
        ("FAILED", "JobLaunchFailure", "lab2 could not open /r/slurm.out: is it mounted there?"),
        ("OUT_OF_MEMORY", "OutOfMemory", "over its memory of 16 GB (mem)"),
        ("NODE_FAIL", "None", "node lab2 failed under it"),
    ],
)
def test_a_row_says_how_its_job_ended(fake: FakeRun, slurm: FakeSlurm, state: str, reason: str, words: str) -> None:
    submit(fake)
    slurm.shows("4711", state, fake.run.run_id, reason=reason, node="lab2")
    assert words in row_of(fake)


def test_a_row_says_that_slurm_has_forgotten_its_job_and_when_it_is_lost(fake: FakeRun, slurm: FakeSlurm) -> None:
    submit(fake)
    row = row_of(fake)
    assert "○ queued" in row
    assert re.search(r"Slurm does not know its job 4711: lost in \d+ s unless it shows it again", row)
    slurm.shows("4711", "PENDING", "another run", submitted=str(int(time.time())))
    assert "Slurm gave the number of its job 4711 to another one, and it never began" in row_of(fake)


def test_a_row_says_what_slurm_refuses_and_stays_queued(fake: FakeRun, slurm: FakeSlurm) -> None:
    note_refusal(fake.run, "Slurm refuses it: invalid partition specified: short (partition = 'short')")
    row = row_of(fake)
    assert "○ queued" in row
    assert "Slurm refuses it: invalid partition specified: short (partition = 'short')" in row


def test_a_row_names_the_job_before_it_begins_and_the_node_after(fake: FakeRun, slurm: FakeSlurm) -> None:
    submit(fake)
    slurm.shows("4711", "CONFIGURING", fake.run.run_id, node="lab1")
    assert "job 4711" in row_of(fake)
    fake.start(gpu=0)
    record = fake.run.attempt(1).process
    record.write_text(record.read_text().replace('"host": "', '"host": "lab1", "was": "', 1))
    slurm.shows("4711", "RUNNING", fake.run.run_id, node="lab1")
    row = row_of(fake)
    assert "lab1 GPU 0" in row
    assert "◔ starting" in row  # not the sign of another host: its user sent it there
