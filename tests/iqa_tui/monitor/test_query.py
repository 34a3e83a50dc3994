"""The language of the filter."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iqa_tui.monitor.curves import Evaluation
from iqa_tui.monitor.query import Asked, parse
from iqa_tui.monitor.state import RunState
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase, Status
from training.runfolder.schema import RunNotes
from training.runfolder.spec import Spec


def run(experiment: str, label: str, phase: Phase, *, seed: int = 1, srcc: float | None = None) -> RunState:
    spec = Spec(
        run_id=f"run-{experiment}",
        argv=[
            "python",
            "-m",
            "training",
            "--lr",
            f"{experiment[1]}e-6",
            "--epochs=5",
            "--resume",
            "--backbone",
            "swin",
        ],
        group="koniq losses",
        experiment=experiment,
        label=label,
        created=float(experiment[1]),
        loss_type=label.lower(),
        seed=seed,
    )
    scores = (Evaluation(1, 1, 1.0, "val", {"srcc": srcc}),) if srcc is not None else ()
    return RunState(
        RunFolder(Path(f"run-{experiment}")), Status(phase, attempt=seed), spec, evaluations=scores, loss=0.05
    )


RUNS = (
    run("F1", "MAE", Phase.FAILED),
    run("F2", "MSE", Phase.RUNNING, seed=2, srcc=0.93),
    run("F3", "Rank", Phase.QUEUED, seed=3, srcc=0.94),
)
KNOWN = frozenset({"lr", "epochs", "backbone", "resume"})


def found(text: str) -> str:
    """The experiments that fit."""
    query = parse(text, KNOWN)
    return " ".join(state.experiment for state in RUNS if query.fits(state, Asked(0.0, {"run-F3"})))


ALL = "F1 F2 F3"


@pytest.mark.parametrize(
    ("text", "experiments"),
    [
        ("", ALL),
        ("  ", ALL),
        ("rank", "F3"),
        ("RUN-f2", "F2"),
        ("losses m", "F1 F2"),
        ("losses failed", "F1"),
        ("state:failed", "F1"),
        ("state:run|queued", "F2 F3"),
        ("state:run | state:que", "F2 F3"),
        ("state=runn", ""),
        ("state=running", "F2"),
        ("seed:3", "F3"),
        ("seed!=3", "F1 F2"),
        ("seed>=2 seed<3", "F2"),
        ("srcc>0.93", "F3"),
        ("srcc>=0.93", "F2 F3"),
        ("!srcc>0", "F1"),
        ("lr=2e-6", "F2"),
        ("lr=2.0e-06", "F2"),
        ("lr<3e-6", "F1 F2"),
        ("loss<0.1", ALL),
        ("loss:rank", "F3"),
        ("epochs=5", ALL),
        ("epochs>5", ""),
        ("backbone:SWI", ALL),
        ("group:demo", ""),
        ('group:"koniq losses"', ALL),
        ('"koniq losses"', ALL),
        ('"losses koniq"', ""),
        ("!rank", "F1 F2"),
        ("!rank !mae", "F2"),
        ("mae|rank", "F1 F3"),
        ("mae|rank !failed", "F3"),
        ("/^f[12]/", "F1 F2"),
        ("!/F[12]/", "F3"),
        ("/mae|rank/", "F1 F3"),
        ("id:F1|F2", "F1 F2"),
        ("attempt:2", "F2"),
        ("hidden", "F3"),
        ("!hidden", "F1 F2"),
    ],
)
def test_a_run_passes_that_fits_every_part(text: str, experiments: str) -> None:
    assert parse(text, KNOWN).problem == ""
    assert found(text) == experiments


@pytest.mark.parametrize(
    ("text", "problem", "experiments"),
    [
        ("rank foo>3", 'no run has “foo”; to look for the text, quote it: "foo>3"', "F3"),
        ("srcc>abc rank", "srcc>abc compares numbers, and abc is none: srcc>0.9", "F3"),
        ("state:", "state: what?", ALL),
        ('rank "two wor', "a quote is not closed", "F3"),
        ("rank /[/", "/[/ is no pattern: missing ]: [", "F3"),
        ("rank /abc", "a pattern ends with a slash, too: /abc/", "F3"),
        ("rank !", "! stands before what must not fit: !failed", "F3"),
        (
            "/(?=F)/ rank",
            "/(?=F)/ is no pattern: invalid perl operator: (?=; look-around and references to a group are not known here",
            "F3",
        ),
        ("mae|seed>x", "seed>x compares numbers, and x is none: seed>0.9", "F1"),
    ],
)
def test_a_mistake_is_said_and_the_part_that_is_right_filters(text: str, problem: str, experiments: str) -> None:
    assert parse(text, KNOWN).problem == problem
    assert found(text) == experiments


def test_a_pattern_that_repeats_repetitions_is_answered_however_long_a_note_is() -> None:
    """With the standard library's `re` this test does not return before the machine is scrap."""
    noted = replace(RUNS[0], noted=RunNotes(note="a" * 500 + "!"))
    for word in ("/(a+)+$/", "/(a|a)*b$/", "/(.*)*xyz/", "/^(a|aa)+$/"):
        query = parse(word)
        assert query.problem == ""
        assert not query.fits(noted, Asked()), word
    assert parse("/(a+)+!/").fits(noted, Asked())


def test_a_length_of_time_has_a_unit_or_is_in_hours() -> None:
    at = Asked(3 * 3600.0)
    from training.runfolder.schema import ProcessRecord

    state = RunState(
        RunFolder(Path("r")),
        Status(Phase.RUNNING, attempt=1),
        process=ProcessRecord("b", 1, 1, host="h", started=3600.0),
    )
    fitting = [
        text
        for text in ("took>1.9", "took>1.9h", "took<121min", "took>2.1h", "took>3 h")
        if parse(text).fits(state, at)
    ]
    assert fitting == ["took>1.9", "took>1.9h", "took<121min"]


@given(st.text(st.sampled_from('af1 |!/"\\:><=.*+([{)]}')))
def test_whatever_is_typed_means_something_or_is_a_mistake_in_words(text: str) -> None:
    query = parse(text, KNOWN)
    assert all(query.fits(state, Asked()) in (True, False) for state in RUNS)
    assert "\n" not in query.problem
