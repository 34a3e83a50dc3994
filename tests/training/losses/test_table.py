"""From flags to the loss: both protocols, and what is added to any loss."""

import pytest
import torch

from training.flags import parse
from training.loss_parts import LOSS_TYPES, RANKING
from training.losses import LOSSES, MORE_OUTPUTS, PUBLISHED, build_criterion
from training.losses.emd import emd_loss
from training.losses.ranking import ranking_term
from training.losses.thurstone import thurstone_loss
from training.readout import Reading, build_readout

PUBLISHED_FLAGS = ["--dataset", "demo", "--protocol", "published"]
CLEAN_FLAGS = ["--dataset", "demo"]


@pytest.mark.parametrize("name", ["l1", "l2", "plcc", "nin", "monotonicity"])
def test_losses_that_the_published_code_does_not_change_are_the_same_by_both_protocols(name):
    pred, mos = torch.tensor([52.0, 61.5, 40.0]), torch.tensor([55.0, 60.0, 62.0])
    values = {
        build_criterion(parse([*protocol, "--loss_type", name]))(pred, mos).item()
        for protocol in (CLEAN_FLAGS, PUBLISHED_FLAGS)
    }
    assert len(values) == 1


@pytest.mark.parametrize("name", ["srcc", "rank", "pairwise"])
def test_the_clean_protocol_trains_with_the_losses_as_defined(name):
    pred, mos = torch.tensor([0.52, 0.615, 0.4]), torch.tensor([0.55, 0.6, 0.62])
    value = build_criterion(parse([*CLEAN_FLAGS, "--loss_type", name, "--ranking_loss_alpha", "0"]))(pred, mos)
    assert value.item() == LOSSES[name](pred, mos).item()


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_published_protocol_trains_with_the_published_losses(name):
    flags = ["--dataset", "demo", "--loss_type", name, "--ranking_loss_alpha", "0"]
    pred, mos = torch.tensor([52.0, 61.5, 40.0]), torch.tensor([55.0, 60.0, 62.0])
    published = build_criterion(parse([*flags, "--protocol", "published"]))(pred, mos)
    assert published.item() == pytest.approx(PUBLISHED[name](pred, mos).item())
    assert published.item() != pytest.approx(build_criterion(parse(flags))(pred, mos).item())


def test_the_criterion_adds_the_ranking_term_to_any_loss_in_float32():
    config = parse(
        ["--dataset", "demo", "--loss_type", "l2", "--ranking_loss_alpha", "2", "--ranking_loss_margin", "0.3"]
    )
    pred, mos = torch.tensor([0.5, 0.4, 0.9]), torch.tensor([0.1, 0.2, 0.8])
    value = build_criterion(config)(pred.bfloat16(), mos)
    rounded = pred.bfloat16().float()
    assert value.dtype == torch.float32
    assert value.item() == pytest.approx(
        (LOSSES["l2"](rounded, mos) + 2 * ranking_term(rounded, mos, margin=0.3)).item()
    )


def test_the_experiments_simplification_ignores_each_images_own_spread():
    pred, mos, sd = torch.tensor([0.5, 0.4, 0.9]), torch.tensor([0.1, 0.2, 0.8]), torch.tensor([0.01, 0.02, 0.01])
    flags = ["--dataset", "demo", "--loss_type", "pairwise", "--ranking_loss_alpha", "0"]
    own = build_criterion(parse(flags))(pred, mos, sd)
    uniform = build_criterion(parse([*flags, "--pairwise_sd", "uniform"]))(pred, mos, sd)
    assert own.item() != pytest.approx(uniform.item())
    assert uniform.item() == pytest.approx(LOSSES["pairwise"](pred, mos).item())


BATCH = (torch.tensor([0.52, 0.615, 0.4]), torch.tensor([0.55, 0.6, 0.62]))


def test_a_sum_is_that_of_its_parts_with_their_weights_and_keeps_their_own_values():
    criterion = build_criterion(parse([*CLEAN_FLAGS, "--loss_type", "l1+0.5*srcc"]))
    l1, srcc = (LOSSES[name](*BATCH).item() for name in ("l1", "srcc"))
    assert [value.item() for value in criterion.values(*BATCH)] == [l1, srcc]
    assert criterion(*BATCH).item() == pytest.approx(l1 + 0.5 * srcc)
    assert criterion.reported == ("l1", "srcc")


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_alone_is_bit_for_bit_itself_and_has_no_parts(name):
    criterion = build_criterion(parse([*CLEAN_FLAGS, "--loss_type", name, "--ranking_loss_alpha", "0"]))
    own, alone = (batch_pred.clone().requires_grad_() for batch_pred in (BATCH[0], BATCH[0]))
    LOSSES[name](own, BATCH[1]).backward()
    value = criterion(alone, BATCH[1])
    value.backward()
    assert value.item() == LOSSES[name](*BATCH).item()
    assert torch.equal(own.grad, alone.grad)
    assert criterion.reported == ()


def test_the_ranking_term_is_a_part_by_either_flag():
    margin = ["--ranking_loss_margin", "0.3"]
    by_name = build_criterion(parse([*CLEAN_FLAGS, *margin, "--loss_type", "l1+0.7*ranking"]))
    by_alpha = build_criterion(parse([*CLEAN_FLAGS, *margin, "--ranking_loss_alpha", "0.7"]))
    term = ranking_term(*BATCH, margin=0.3)
    expected = LOSSES["l1"](*BATCH) + 0.7 * term
    assert by_name(*BATCH).item() == by_alpha(*BATCH).item() == expected.item()
    assert by_name.reported == by_alpha.reported == ("l1", "ranking")
    assert build_criterion(parse([*CLEAN_FLAGS, *margin, "--loss_type", "ranking"]))(*BATCH).item() == term.item()


def test_a_weight_on_a_single_loss_counts_and_its_own_value_is_reported():
    criterion = build_criterion(parse([*CLEAN_FLAGS, "--loss_type", "4*l2", "--ranking_loss_alpha", "0"]))
    assert criterion(*BATCH).item() == 4 * LOSSES["l2"](*BATCH).item()
    assert criterion.reported == ("l2",)


@pytest.mark.parametrize("name", ["smooth_l1", "ranknet"])
def test_a_width_on_the_scale_of_labels_follows_the_published_scale(name):
    """Labels and predictions a hundred times as far apart mean the same."""
    flags = ["--loss_type", name, "--ranking_loss_alpha", "0"]
    clean, published = (build_criterion(parse([*protocol, *flags])) for protocol in (CLEAN_FLAGS, PUBLISHED_FLAGS))
    unit = 100 if name == "smooth_l1" else 1  # the one is an error on the scale, the other a measure of probabilities
    scaled = published(100 * BATCH[0], 100 * BATCH[1])
    assert scaled.item() == pytest.approx(unit * clean(*BATCH).item(), rel=1e-5)


MEAN, SPREAD = torch.tensor([0.52, 0.615, 0.4]), torch.tensor([0.1, 0.2, 0.3])
OPINIONS, OPINION_SD = torch.tensor([0.55, 0.6, 0.62]), torch.tensor([0.2, 0.1, 0.15])


def test_a_network_that_learns_a_spread_gives_it_to_the_loss_and_its_mean_to_the_other_parts():
    criterion = build_criterion(parse([*CLEAN_FLAGS, "--loss_type", "thurstone+0.5*l1"]))
    thurstone, l1 = criterion.values(Reading(MEAN, sd=SPREAD), OPINIONS, OPINION_SD)
    expected = thurstone_loss(MEAN, OPINIONS, pred_sd=SPREAD, mos_sd=OPINION_SD)
    assert thurstone.item() == expected.item()
    assert l1.item() == LOSSES["l1"](MEAN, OPINIONS).item()


def test_one_spread_for_all_takes_the_order_of_spreads_from_it():
    criterion = build_criterion(parse([*CLEAN_FLAGS, "--loss_type", "thurstone", "--pairwise_sd", "uniform"]))
    value = criterion(Reading(MEAN, sd=SPREAD), OPINIONS, OPINION_SD)
    assert value.item() == thurstone_loss(MEAN, OPINIONS, pred_sd=SPREAD).item()


def test_a_learnt_spread_means_the_same_on_the_published_scale():
    flags = ["--loss_type", "thurstone"]
    clean, published = (build_criterion(parse([*protocol, *flags])) for protocol in (CLEAN_FLAGS, PUBLISHED_FLAGS))
    scaled = published(Reading(100 * MEAN, sd=100 * SPREAD), 100 * OPINIONS)
    assert scaled.item() == pytest.approx(clean(Reading(MEAN, sd=SPREAD), OPINIONS).item(), rel=1e-5)


@pytest.mark.parametrize("protocol", ["clean", "published"])
def test_a_network_that_learns_a_histogram_gives_it_to_the_loss_and_its_mean_answer_to_the_other_parts(protocol):
    flags = ["--dataset", "csv", "--data_path", "x", "--protocol", protocol]
    criterion = build_criterion(parse([*flags, "--loss_type", "emd+2*ranking", "--answers", "3"]))
    logits, histogram = torch.randn(3, 3, generator=torch.Generator().manual_seed(0)), torch.eye(3)
    emd, ranking = criterion.values(Reading(MEAN, logits=logits), OPINIONS, None, histogram)
    assert emd.item() == emd_loss(logits, histogram).item()
    assert ranking.item() == ranking_term(MEAN, OPINIONS, margin=0.1).item()


def test_what_a_loss_needs_and_a_network_does_not_give_is_refused():
    emd = build_criterion(parse(["--dataset", "csv", "--data_path", "x", "--loss_type", "emd"]))
    with pytest.raises(ValueError, match="needs the histogram of opinions"):
        emd(Reading(MEAN, logits=torch.zeros(3, 5)), OPINIONS)
    with pytest.raises(ValueError, match="needs logits"):
        emd(MEAN, OPINIONS)
    with pytest.raises(ValueError, match="needs a predicted spread"):
        build_criterion(parse([*CLEAN_FLAGS, "--loss_type", "thurstone"]))(MEAN, OPINIONS)


@pytest.mark.parametrize("loss", ["emd+0.5*srcc", "thurstone+0.5*srcc"])
def test_no_loss_of_a_network_with_more_outputs_fetches_a_number_from_the_device(loss, monkeypatch):
    """Each fetch would wait for a GPU, once a step."""

    def fetch(*_):
        raise AssertionError("a loss asked the device")

    criterion = build_criterion(parse(["--dataset", "csv", "--data_path", "x", "--loss_type", loss, "--answers", "5"]))
    readout = build_readout(loss, 5)
    outputs = torch.randn(3, readout.outputs, generator=torch.Generator().manual_seed(0)).requires_grad_()
    with monkeypatch.context() as patched:
        for fetching in ("__bool__", "__float__", "__int__", "item", "tolist", "cpu", "numpy"):
            patched.setattr(torch.Tensor, fetching, fetch)
        value = criterion(readout(outputs), OPINIONS, OPINION_SD, torch.eye(5)[:3])
        value.backward()
    assert torch.isfinite(value)
    assert outputs.grad.any()


def test_every_loss_that_a_flag_can_name_is_there():
    assert {*LOSSES, *MORE_OUTPUTS, RANKING} == set(LOSS_TYPES)
