"""From flags to the loss: both protocols, and what is added to any loss."""

import pytest
import torch

from training.flags import parse
from training.losses import LOSSES, PUBLISHED, build_criterion
from training.losses.ranking import ranking_term

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
