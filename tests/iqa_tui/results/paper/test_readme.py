from __future__ import annotations

from pathlib import Path

from iqa_tui.results.paper.readme import datasets, readme_md
from iqa_tui.results.paper.shown import figures_of
from tests.fakes.papers import made_content


def test_it_tells_how_the_folder_is_made_again_by_which_code_and_on_which_data(tmp_path: Path) -> None:
    content = made_content(
        tmp_path,
        srccs={"F1": (0.9, 0.91), "F3": (0.9, 0.91)},
        seeds=(1, 2),
        versions={"torch": "2.4.0", "iqa-tui": "0.1.0"},
        source_digest="abc123",
    )
    text = readme_md(content, figures_of(content), "")
    for words in (
        "iqa-tui launch koniq-losses --only F1,F3 --seeds 1,2",
        "python -m training --loss_type srcc --run_folder FOLDER/run",
        "versions: iqa-tui 0.1.0, torch 2.4.0",
        "digest of the trainer's source: abc123",
        "@article{hosu2020koniq,",
        "`validation.pdf`, `validation.png`",
        r"\IqaImages",
        content.runs[0].scores_sha256,
        "This folder was written by iqa-tui 0.1.0, numpy ",
    ):
        assert words in text
    assert len(content.runs[0].scores_sha256) == 64
    assert str(tmp_path) not in text


def test_runs_of_different_code_are_named(tmp_path: Path) -> None:
    made_content(tmp_path, srccs={"F1": [0.9]}, seeds=(1,), source_digest="abc123")
    content = made_content(tmp_path, srccs={"F3": [0.9]}, seeds=(1,), source_digest="def456")
    assert "abc123 (F1 seed 1); def456 (F3 seed 1)" in readme_md(content, (), "")


def test_a_data_set_that_the_network_was_tested_on_besides_is_cited_too(tmp_path: Path) -> None:
    metrics = {"test": {"srcc": 0.9, "plcc": 0.9}, "val": {"srcc": 0.9}, "spaq": {"srcc": 0.8}}
    content = made_content(tmp_path, srccs={"F1": [0.9]}, seeds=(1,), metrics=metrics)
    assert datasets(content) == ["koniq-10k", "spaq"]
    assert "fang2020perceptual" in readme_md(content, (), "")


def test_why_there_are_no_figures_stands_in_it(tmp_path: Path) -> None:
    content = made_content(tmp_path, srccs={"F1": [0.9]}, seeds=(1,))
    text = readme_md(content, (), "Figures need matplotlib.")
    assert "Figures need matplotlib." in text
    assert ".pdf" not in text
