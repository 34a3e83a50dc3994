"""The ranking term."""

import pytest
import torch

from tests.fakes.losses import double, value_and_gradient
from training.losses.ranking import ranking_term


def test_the_ranking_term_has_the_reference_value_and_gradient(expected_losses):
    data, expected = expected_losses, expected_losses["published"]["ranking"]
    value, gradient = value_and_gradient(ranking_term, double(*data["pred"]), double(*data["mos"]), margin=0.1)
    assert value == pytest.approx(expected["value"], abs=1e-9)
    torch.testing.assert_close(gradient, double(*expected["grad"]), atol=1e-9, rtol=1e-9)
