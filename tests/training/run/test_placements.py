"""A run that a resume brought to another device says so, once as a warning and once in its result."""

from types import SimpleNamespace

import torch

from training.device import Placement
from training.progress import Progress
from training.run.placements import note_placement, placement_notes


def attempt(progress, name, precision):
    """Begin an attempt there; returns its warnings."""
    warnings = []
    placement = Placement(torch.device("cpu"), name, precision)
    note_placement(SimpleNamespace(placement=placement, recorder=SimpleNamespace(warning=warnings.append)), progress)
    return warnings


def test_a_resume_on_an_older_card_is_said():
    progress = Progress()
    assert attempt(progress, "H100", "bf16") == []
    progress.step = 1200
    assert attempt(progress, "H100", "bf16") == []
    assert attempt(progress, "V100", "fp32") == [
        "this attempt trains on V100, fp32; the one before trained on H100, bf16"
    ]
    progress.step = 2000
    attempt(progress, "H100", "bf16")
    progress.step = 2400
    assert placement_notes(progress) == [
        "trained on H100, bf16, from step 1,201 on V100, fp32, from step 2,001 on H100, bf16"
    ]


def test_one_device_is_no_news():
    progress = Progress()
    attempt(progress, "H100", "bf16")
    assert placement_notes(progress) == []


def test_a_checkpoint_of_an_earlier_version_names_no_device():
    progress = Progress(step=9)
    assert attempt(progress, "H100", "bf16") == []
    assert progress.placements == [(9, "H100, bf16")]


def test_an_attempt_that_trained_no_step_is_not_said_to_have_trained():
    progress = Progress()
    attempt(progress, "H100", "bf16")
    progress.step = 1200
    assert attempt(progress, "V100", "fp32") != []
    assert attempt(progress, "H100", "bf16") != []
    progress.step = 2000
    assert placement_notes(progress) == []


def test_a_last_attempt_that_only_scored_is_named_as_such():
    progress = Progress()
    attempt(progress, "H100", "bf16")
    progress.step = 2000
    attempt(progress, "V100", "fp32")
    assert placement_notes(progress) == ["the last attempt, on V100, fp32, trained no step: before it, H100, bf16 did"]
