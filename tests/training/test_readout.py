"""What is read from the outputs of a network."""

import math

import pytest
import torch

from training.readout import LOGIT_SCALE, HistogramReadout, Readout, SpreadReadout, build_readout


@pytest.mark.parametrize(
    ("loss", "kind", "outputs"),
    [
        ("l1", Readout, 1),
        ("l1+0.5*srcc", Readout, 1),
        ("thurstone", SpreadReadout, 2),
        ("l1+0.2*thurstone", SpreadReadout, 2),
        ("emd", HistogramReadout, 7),
        ("0.5*emd+srcc", HistogramReadout, 7),
    ],
)
def test_the_loss_says_how_many_outputs_there_are_and_how_they_are_read(loss, kind, outputs):
    readout = build_readout(loss, 7)
    assert type(readout) is kind
    assert readout.outputs == outputs


def test_a_single_output_is_the_score_itself():
    outputs = torch.tensor([0.3, 0.7])
    reading = Readout()(outputs)
    assert reading.score is outputs
    assert reading.sd is None
    assert reading.logits is None


def test_of_two_outputs_the_first_is_the_score_and_the_second_becomes_a_spread_above_0():
    reading = SpreadReadout()(torch.tensor([[0.3, 0.0], [0.7, -5.0]]))
    assert reading.score.tolist() == pytest.approx([0.3, 0.7])
    assert reading.sd.tolist() == pytest.approx([math.log(2), math.log1p(math.exp(-5))])


def test_of_logits_the_score_is_the_mean_answer_where_the_answers_lie():
    readout = HistogramReadout(3)
    readout.place([-0.1, 0.5, 1.1])
    shares = torch.tensor([[0.2, 0.5, 0.3], [0.6, 0.3, 0.1]])
    reading = readout(shares.log() / LOGIT_SCALE)
    assert reading.score.tolist() == pytest.approx([0.56, 0.2])
    torch.testing.assert_close(torch.softmax(reading.logits, dim=1), shares)


def test_answers_lie_evenly_from_0_to_1_until_they_are_placed_and_are_kept_with_the_weights():
    assert HistogramReadout(5).answers.tolist() == [0, 0.25, 0.5, 0.75, 1]
    placed, loaded = HistogramReadout(5), HistogramReadout(5)
    placed.place([0, 0.2, 0.5, 0.8, 1])
    loaded.load_state_dict(placed.state_dict())
    assert loaded.answers.tolist() == placed.answers.tolist()
    assert not Readout().state_dict()
    assert not SpreadReadout().state_dict()


@pytest.mark.parametrize("readout", [SpreadReadout(), HistogramReadout(2)])
def test_scores_are_read_in_float32_in_whatever_precision_the_network_runs(readout):
    outputs = torch.randn(6, 2, generator=torch.Generator().manual_seed(0))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        inside = readout(outputs)
    assert torch.equal(inside.score, readout(outputs).score)
    assert readout(outputs.bfloat16()).score.dtype == torch.float32
