"""A data set is judged by the trainer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from iqa_tui.doctor.data import check_dataset
from iqa_tui.doctor.plan_needs import DatasetNeed
from tests.fakes.doctor import sign, trainer_that


def test_a_data_set_is_judged_by_the_trainer_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = {
        "name": "koniq-10k",
        "images": {"train": 7058, "test": 2015},
        "tested_on": [{"name": "spaq", "images": {"test": 11_125}}],
    }
    trainer_that(monkeypatch, f"import sys; assert sys.argv[1:] == ['--x', '1']; print({json.dumps(answer)!r})")
    finding, images = check_dataset(DatasetNeed("koniq-10k", tmp_path, ["--x", "1"]))
    assert sign(finding) == "ok"
    assert "complete: 7,058 train, 2,015 test images" in finding.words
    assert finding.words.endswith("also tested on spaq (11,125)")
    assert images == {"koniq-10k": 9073, "spaq": 11_125}


@pytest.mark.parametrize(
    ("code", "words", "seconds"),
    [
        (
            "import sys; sys.exit('error: 1.jpg: no such image (3 of 8 images are missing)')",
            "1.jpg: no such image (3",
            60,
        ),
        ("import sys; sys.exit(1)", "the trainer cannot read it", 60),
        ("import time; time.sleep(30)", "cannot be read within 0.3 s", 0.3),
    ],
)
def test_a_data_set_that_cannot_be_used_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, words: str, seconds: float
) -> None:
    monkeypatch.setattr("iqa_tui.doctor.data.DATASET_SECONDS", seconds)
    trainer_that(monkeypatch, code)
    finding, images = check_dataset(DatasetNeed("koniq-10k", tmp_path, []))
    assert (sign(finding), images) == ("blocked", {})
    assert words in finding.words
    assert finding.remedy


def test_a_data_set_that_is_not_there_is_not_even_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trainer_that(monkeypatch, "raise SystemExit('asked')")
    finding, _ = check_dataset(DatasetNeed("spaq", tmp_path / "spaq", []))
    assert (sign(finding), finding.words) == ("blocked", f"spaq: there is no {tmp_path}/spaq")
    assert "data_path=FOLDER" in finding.remedy


def test_of_several_data_sets_each_is_named_with_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sets = [
        {"name": "live", "images": {"train": 5, "test": 2}, "folder": "/data/live"},
        {"name": "demo", "images": {"train": 9}, "folder": "data/demo"},
    ]
    answer = {"name": "live+demo", "images": {"train": 14, "test": 2}, "sets": sets, "tested_on": []}
    trainer_that(monkeypatch, f"print({json.dumps(answer)!r})")
    finding, images = check_dataset(DatasetNeed("live+demo", tmp_path, []))
    sources = "live (/data/live, 7 images), demo (made from scikit-image's photographs, 9 images)"
    assert finding.words.startswith(f"live+demo: {sources}, complete: 14 train, 2 test images")
    assert images == {"live+demo": 16}
