"""What can be asked of a run by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from iqa_tui.monitor.catalog import Catalog
from iqa_tui.monitor.fields import FIELDS, flags_of, number, number_of, reported_names, texts
from iqa_tui.monitor.state import RunState
from tests.fakes.run_folders import FakeRun


def only(runs_dir: Path, **spec: object) -> RunState:
    FakeRun.queue(runs_dir, "F2", seed=7, **spec).start(at=0.0).train(240).finish(hours=1.5, config={"batch_size": 96})
    (state,) = Catalog(runs_dir).refresh()
    return state


def test_a_finished_run_has_its_numbers(tmp_path: Path) -> None:
    state = only(tmp_path)
    numbers = {name: number(state, name, 0.0) for name in FIELDS}
    known = {name: value for name, value in numbers.items() if value is not None}
    assert known.pop("loss") > 0
    assert known == {
        "srcc": 0.9362,
        "plcc": 0.9431,
        "lr": 5e-6,
        "batch": 96.0,
        "seed": 7,
        "epoch": 2,
        "step": 240,
        "progress": pytest.approx(0.24),
        "attempt": 1,
        "speed": 412.0,
        "took": 1.5,
    }


def test_its_texts(tmp_path: Path) -> None:
    state = only(tmp_path)
    assert texts(state, "state") == ("finished",)
    assert texts(state, "loss") == ("L2 (MSE)", "l2")
    assert texts(state, "id") == ("F2",)
    assert texts(state, "srcc") == texts(state, "cause") == texts(state, "foo") == ()


def test_flags_and_what_the_events_report_are_fields_too(tmp_path: Path) -> None:
    state = only(tmp_path, argv=["python", "t.py", "--lr", "1e-4", "--clip-norm=2", "--resume", "--name", "a b"])
    assert flags_of(state) == {"lr": "1e-4", "clip_norm": "2", "resume": "", "name": "a b"}
    assert number(state, "lr", 0.0) == 1e-4
    assert number(state, "clip_norm", 0.0) == 2.0
    assert number(state, "images_per_second", 0.0) == 412.0
    assert texts(state, "name") == ("a b",)
    assert {"clip_norm", "name", "images_per_second"} <= reported_names([state])


@pytest.mark.parametrize(("text", "value"), [("5e-6", 5e-6), ("3", 3.0), ("x", None), ("", None), ("nan", None)])
def test_a_number_is_written_like_one(text: str, value: float | None) -> None:
    assert number_of(text) == value
