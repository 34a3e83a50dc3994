"""What is said of one run, and of two beside each other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from iqa_tui.monitor.catalog import Catalog
from iqa_tui.monitor.curves import NO_CURVE
from iqa_tui.monitor.run_details import read_details
from iqa_tui.monitor.run_facts import Section, comparison_sections, page_sections
from tests.fakes.run_folders import FakeRun
from training.runfolder.exits import ExitKind


def by_title(sections: list[Section]) -> dict[str, dict[str, tuple[str, ...]]]:
    return {section.title: {fact.name: fact.values for fact in section.facts} for section in sections}


def test_a_page_tells_scores_attempts_settings_versions_and_files(tmp_path: Path) -> None:
    fake = FakeRun.queue(tmp_path, "F2").start(at=1000.0).end(ExitKind.FAILED, "exit 1: no data")
    fake.start(at=5000.0, attempt=2).train(100)
    fake.finish(srcc=0.9342, config={"lr": 1e-4, "loss_type": "l2"}, versions={"torch": "2.14.1"})
    (state,) = Catalog(tmp_path).refresh()
    page = by_title(page_sections(state, read_details(state)))
    assert page["Scores"]["test SRCC"] == ("0.9342",)
    assert state.result is not None
    fitted = replace(state, result=replace(state.result, metrics={"val": {"plcc_fitted": 0.95, "my_own": None}}))
    assert by_title(page_sections(fitted, read_details(fitted)))["Scores"] == {
        "val PLCC fitted": ("0.9500",),
        "val MY_OWN": ("–",),
        **{name: value for name, value in page["Scores"].items() if name == "expected SRCC"},
    }
    assert page["Run"]["state"] == ("✓ finished",)
    assert "exit 1: no data after 10 min" in page["Attempts"]["1"][0]
    assert page["Settings"]["loss_type"] == ("l2",)
    assert page["Settings"]["lr"] == ("0.0001 (the plan: 5e-6)",), "as it was not in the plan"
    assert page["Versions"]["torch"] == ("2.14.1",)
    assert ("spec.json",) in page["Files"].values()


def test_two_runs_differ_in_what_differs_alone_or_everything_is_shown(tmp_path: Path) -> None:
    shared = {"batch_size": 32, "amp": True}
    FakeRun.queue(tmp_path, "F2").start().finish(srcc=0.93, config={**shared, "loss_type": "l2"})
    FakeRun.queue(tmp_path, "F3").start().finish(srcc=0.94, config={**shared, "loss_type": "srcc", "margin": 1})
    first, second = Catalog(tmp_path).refresh()
    short = by_title(comparison_sections(first, second, everything=False))
    assert short["Settings"] == {"loss_type": ("l2", "srcc"), "margin": ("–", "1")}
    assert short["Scores"]["test SRCC"] == ("0.9300", "0.9400")
    whole = by_title(comparison_sections(first, second, everything=True))
    assert whole["Settings"]["batch_size"] == ("32", "32")


def test_runs_that_are_set_alike_say_so(tmp_path: Path) -> None:
    for seed in (1, 2):
        FakeRun.queue(tmp_path, "F2", seed=seed).start().finish(config={"lr": 1e-5})
    first, second = Catalog(tmp_path).refresh()
    assert by_title(comparison_sections(first, second, everything=False))["Settings"] == {"": ("the same in both",)}


def test_a_page_says_why_there_are_no_curves_of_a_gpu(tmp_path: Path) -> None:
    FakeRun.queue(tmp_path, "F2").start()
    (state,) = Catalog(tmp_path).refresh()
    details = read_details(state)
    sampled = replace(state, metrics={"machine/memory_bytes": NO_CURVE})
    assert "GPU curves" not in by_title(page_sections(state, details))["Run"]  # nothing was sampled yet
    assert by_title(page_sections(sampled, details))["Run"]["GPU curves"] == ("none: the driver told nothing of them",)
    unknown = replace(sampled, gpus_unknown="CUDA_VISIBLE_DEVICES is 7, and …")
    assert by_title(page_sections(unknown, details))["Run"]["GPU curves"] == ("none: CUDA_VISIBLE_DEVICES is 7, and …",)
    known = replace(unknown, metrics={**sampled.metrics, "machine/gpu_memory_bytes": NO_CURVE})
    assert "GPU curves" not in by_title(page_sections(known, details))["Run"]
