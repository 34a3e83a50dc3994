from dataclasses import replace

import pytest

from training.runfolder.schema import Result
from training.telling.model_card import model_card

RESULT = Result(
    run_id="one",
    metrics={
        "val": {"srcc": 0.91, "plcc": 0.92, "krcc": 0.7, "rmse": 6.5},
        "test": {"srcc": 0.93, "plcc": None, "krcc": 0.8, "rmse": 6.0},
        "test_oracle": {"srcc": 0.94, "plcc": 0.95, "krcc": 0.81, "rmse": 5.9},
        "spaq": {"srcc": 0.85, "plcc": 0.86, "krcc": 0.65, "rmse": 9.0},
    },
    protocol="clean",
    dataset="koniq-10k",
    loss_type="srcc",
    seed=3,
    network="swin-base",
    finished=0.0,
    elapsed_seconds=5400.0,
    best_epoch=4,
    epochs=5,
    images={"train": 7058, "val": 1000, "test": 2015, "spaq": 11125},
    parameters=89_111_941,
    backbone="swin_base_patch4_window7_224.ms_in22k_ft_in1k",
    notes=["the fit did not converge"],
)


def test_every_score_stands_in_the_card_with_what_it_was_measured_on():
    card = model_card(RESULT, "python -m training --dataset koniq-10k")
    assert "| test, at the chosen epoch | 0.9300 | – | 0.8000 | 6.0000 |" in card
    assert "| spaq, which it was not trained on | 0.8500 |" in card
    assert "test, best of any epoch (chosen with knowledge of it)" in card
    assert "7,058 train, 1,000 val, 2,015 test images" in card
    assert "| Took | 1.50 hours" in card
    assert "- the fit did not converge" in card
    assert "python -m training --dataset koniq-10k" in card
    assert "played no part" in card


def test_the_stars_of_a_sum_are_no_emphasis_in_the_card():
    card = model_card(replace(RESULT, loss_type="l1+0.5*srcc+2*smooth_l1"), "")
    assert r"# swin-base, l1+0.5\*srcc+2\*smooth\_l1 loss, koniq-10k" in card
    assert r"| Loss | l1+0.5\*srcc+2\*smooth\_l1 |" in card


def test_the_published_protocol_is_said_to_flatter():
    assert "so the test score flatters" in model_card(replace(RESULT, protocol="published"), "")


@pytest.mark.parametrize(("change", "words"), [({"demo": True}, "no human opinions"), ({"limited": True}, "only some")])
def test_a_quick_look_or_demo_is_no_result(change, words):
    warning = next(
        line for line in model_card(replace(RESULT, **change), "").splitlines() if "no scientific result" in line
    )
    assert words in warning
    assert "no scientific result" not in model_card(RESULT, "")
