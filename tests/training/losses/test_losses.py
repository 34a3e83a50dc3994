import math
from functools import partial

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from training.flags import parse
from training.losses import LOSSES, PUBLISHED, build_criterion
from training.losses.base import correlation
from training.losses.ranking import ranking_term
from training.losses.srcc import average_ranks, srcc_loss

CORRELATIONS = ("srcc", "plcc")
FREE_SCALE = (*CORRELATIONS, "nin")
PAIRS = ("rank", "srcc", "plcc", "nin")
EVERY_LOSS = {
    **LOSSES,
    **{f"published {name}": loss for name, loss in PUBLISHED.items()},
    "ranking term": partial(ranking_term, margin=0.1),
}


def double(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def value_and_gradient(loss, pred: Tensor, *args, **kwargs) -> tuple[float, Tensor]:
    pred = pred.clone().requires_grad_()
    value = loss(pred, *args, **kwargs)
    assert value.shape == ()
    value.backward()
    return value.item(), pred.grad


def distinct(count: int = 6):
    """Vectors whose values differ enough to have an order."""
    return st.lists(st.integers(-1000, 1000), min_size=count, max_size=count, unique=True).map(
        lambda values: double(*values) / 37
    )


@pytest.mark.parametrize(
    ("table", "name"), [("published", "l1"), ("published", "l2"), *(("clean", n) for n in ("plcc", "rank", "pairwise"))]
)
def test_a_loss_has_the_reference_value_and_gradient(expected_losses, table, name):
    data, expected = expected_losses, expected_losses[table][name]
    more = {"mos_sd": double(*data["mos_sd"]), "pred_sd": data["pred_sd"]} if name == "pairwise" else {}
    value, gradient = value_and_gradient(LOSSES[name], double(*data["pred"]), double(*data["mos"]), **more)
    assert value == pytest.approx(expected["value"], abs=1e-9)
    torch.testing.assert_close(gradient, double(*expected["grad"]), atol=1e-9, rtol=1e-9)


def test_the_ranking_term_has_the_reference_value_and_gradient(expected_losses):
    data, expected = expected_losses, expected_losses["published"]["ranking"]
    value, gradient = value_and_gradient(ranking_term, double(*data["pred"]), double(*data["mos"]), margin=0.1)
    assert value == pytest.approx(expected["value"], abs=1e-9)
    torch.testing.assert_close(gradient, double(*expected["grad"]), atol=1e-9, rtol=1e-9)


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_loss_has_the_reference_value_and_gradient(expected_losses, name):
    data, expected = expected_losses, expected_losses["published"][name]
    value, gradient = value_and_gradient(PUBLISHED[name], double(*data["pred"]), double(*data["mos"]))
    assert value == pytest.approx(expected["value"], abs=1e-9)
    torch.testing.assert_close(gradient, double(*expected["grad"]), atol=1e-9, rtol=1e-9)


@pytest.mark.parametrize("name", EVERY_LOSS)
@pytest.mark.parametrize(
    ("pred", "mos"), [((3, 1), (3,)), ((3,), (3, 1)), ((3,), (2,)), ((), ()), ((0,), (0,)), ((1,), (3,))]
)
def test_other_shapes_are_refused_and_named(name, pred, mos):
    with pytest.raises(ValueError, match=r"one shape \(N,\)"):
        EVERY_LOSS[name](torch.zeros(pred), torch.zeros(mos))


@pytest.mark.parametrize("name", EVERY_LOSS)
@pytest.mark.parametrize(
    ("pred", "mos"),
    [
        ((0.3,), (0.5,)),
        ((0.3, 0.4), (0.5, 0.2)),
        ((0.3, 0.3, 0.3), (0.5, 0.2, 0.1)),
        ((0.0, 0.0, 0.0), (0.5, 0.2, 0.1)),
        ((0.3, 0.4, 0.3), (0.5, 0.5, 0.1)),
        ((0.1, 0.2, 0.3), (0.5, 0.5, 0.5)),
        ((1e6, -1e6, 0.0), (0.0, 1.0, 0.5)),
    ],
)
def test_value_and_gradient_are_finite_for_ties_constants_and_small_batches(name, pred, mos):
    value, gradient = value_and_gradient(EVERY_LOSS[name], torch.tensor(pred), torch.tensor(mos))
    assert math.isfinite(value)
    assert torch.isfinite(gradient).all()


@settings(max_examples=30)
@given(st.lists(st.tuples(st.sampled_from([0.0, 0.3, 0.7, 1.0]), st.sampled_from([0.0, 0.5, 1.0])), min_size=1))
@pytest.mark.parametrize("name", EVERY_LOSS)
def test_value_and_gradient_are_finite_whatever_is_tied(name, images):
    pred, mos = (torch.tensor(values) for values in zip(*images, strict=True))
    value, gradient = value_and_gradient(EVERY_LOSS[name], pred, mos)
    assert math.isfinite(value)
    assert torch.isfinite(gradient).all()


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("mos", [(0.5,), (0.5, 0.5, 0.5)])
def test_a_batch_without_an_ordered_pair_says_nothing(name, mos):
    value, gradient = value_and_gradient(LOSSES[name], torch.linspace(0, 1, len(mos)), torch.tensor(mos))
    assert value == 0
    assert not gradient.any()


def test_one_image_has_no_pair_to_compare():
    value, gradient = value_and_gradient(LOSSES["pairwise"], torch.tensor([0.3]), torch.tensor([0.5]))
    assert value == 0
    assert not gradient.any()


@pytest.mark.parametrize("name", CORRELATIONS)
def test_constant_predictions_are_uncorrelated_and_pulled_into_order(name):
    value, gradient = value_and_gradient(LOSSES[name], torch.full((4,), 0.7), torch.tensor([0.1, 0.9, 0.5, 0.3]))
    assert value == pytest.approx(1)
    assert gradient.argsort(descending=True).tolist() == [0, 3, 2, 1]


@settings(max_examples=40)
@given(distinct(), distinct(), st.floats(0.01, 100), st.floats(-100, 100))
@pytest.mark.parametrize("name", FREE_SCALE)
def test_correlations_and_norm_in_norm_do_not_see_shift_and_scale_of_predictions(name, pred, mos, scale, shift):
    loss = LOSSES[name]
    assert loss(pred * scale + shift, mos).item() == pytest.approx(loss(pred, mos).item(), abs=1e-6)


@settings(max_examples=40)
@given(distinct(), distinct())
def test_srcc_leaves_shift_and_scale_of_predictions_where_they_are(pred, mos):
    _, gradient = value_and_gradient(srcc_loss, pred, mos)
    assert gradient.sum().item() == pytest.approx(0, abs=1e-9)
    assert (gradient * (pred - pred.mean())).sum().item() == pytest.approx(0, abs=1e-9)


@settings(max_examples=40)
@given(distinct())
def test_srcc_vanishes_in_the_sharp_limit_for_any_rising_predictions(values):
    mos = values.sort().values
    assert srcc_loss(torch.exp(mos / 20), mos, temperature=1e-9).item() == pytest.approx(0, abs=1e-12)


def test_srcc_becomes_the_rank_correlation_in_the_sharp_limit():
    pred, mos = double(1, 5, 2, 4, 3, 9), double(1, 2, 2, 4, 6, 5)
    expected = 1 - correlation(average_ranks(pred, torch.float64), average_ranks(mos, torch.float64)).item()
    assert srcc_loss(pred, mos, temperature=1e-9).item() == pytest.approx(expected, abs=1e-12)


def test_srcc_pulls_two_images_that_are_out_of_order_the_right_way():
    _, gradient = value_and_gradient(srcc_loss, double(0.1, 0.4, 0.3, 0.8), double(0.1, 0.3, 0.4, 0.8))
    assert gradient[1] > 1e-3
    assert gradient[2] < -1e-3


def test_equal_opinions_share_the_mean_of_their_ranks():
    assert average_ranks(double(3, 1, 3, 7), torch.float64).tolist() == [2.5, 1.0, 2.5, 4.0]


@settings(max_examples=40)
@given(distinct(), distinct())
def test_rank_is_zero_exactly_where_every_gap_is_wide_enough(pred, mos):
    loss = LOSSES["rank"]
    assert loss(mos * 2, mos).item() == 0
    assert loss(mos, mos).item() == pytest.approx(0, abs=1e-12)
    assert loss(-mos, mos).item() > 0


@settings(max_examples=40)
@given(distinct(), distinct())
def test_pairwise_does_not_change_when_better_and_worse_swap(pred, mos):
    loss = LOSSES["pairwise"]
    assert loss(-pred, -mos).item() == pytest.approx(loss(pred, mos).item(), abs=1e-9)


def test_pairwise_with_one_spread_for_all_is_perfect_where_predictions_equal_opinions():
    mos = double(0.1, 0.5, 0.6, 0.9)
    value, gradient = value_and_gradient(LOSSES["pairwise"], mos, mos)
    assert value == pytest.approx(0, abs=1e-4)
    assert gradient.abs().max() < 1e-4


@settings(max_examples=40)
@given(distinct(), distinct())
def test_rank_follows_the_order_alone_where_predictions_are_far_apart(pred, mos):
    """Gaps wider than any of opinions: only pairs that are out of order cost."""
    order = average_ranks(pred, torch.float64) * 1000
    out_of_order = (order[:, None] - order[None, :]) * (mos[:, None] - mos[None, :]) < 0
    assert (LOSSES["rank"](order, mos).item() > 0) == bool(out_of_order.any())


@settings(max_examples=40)
@given(distinct(), distinct())
def test_norm_in_norm_lies_between_agreement_and_its_reverse(pred, mos):
    loss = LOSSES["nin"]
    assert loss(3 * mos - 7, mos).item() == pytest.approx(0, abs=1e-9)
    assert 0 <= loss(pred, mos).item() <= 1


def test_norm_in_norm_reaches_1_where_all_images_are_reversed():
    mos = double(0, 1, 0, 1)
    assert LOSSES["nin"](-mos, mos).item() == pytest.approx(1)


def test_norm_in_norm_has_the_value_worked_out_by_hand():
    """Centred and of length 1: (−1, 0, 1) / √2 and (−1, −1, 2) / √6."""
    expected = (abs(1 / 6**0.5 - 1 / 2**0.5) + 1 / 6**0.5 + abs(2 / 6**0.5 - 1 / 2**0.5)) / (2 * 3**0.5)
    assert LOSSES["nin"](double(1, 2, 3), double(4, 4, 7)).item() == pytest.approx(expected, abs=1e-12)


def test_norm_in_norm_pulls_constant_predictions_into_order():
    value, gradient = value_and_gradient(LOSSES["nin"], torch.full((4,), 0.7), torch.tensor([0.1, 0.9, 0.6, 0.3]))
    assert 0 < value < 1
    assert gradient[0] > 0 > gradient[1]


def test_the_published_rank_loss_rewards_equal_predictions_where_ours_does_not():
    mos, equal = double(1, 2, 3), double(2, 2, 2)
    assert PUBLISHED["rank"](double(1, 2, 3) * 0.01, mos).item() == 0
    assert LOSSES["rank"](double(1, 2, 3) * 0.01, mos).item() > LOSSES["rank"](mos, mos).item()
    assert LOSSES["rank"](equal, mos).item() > 0


@settings(max_examples=40)
@given(distinct(), distinct())
def test_the_published_pairwise_loss_does_not_change_when_better_and_worse_swap(pred, mos):
    loss = PUBLISHED["pairwise"]
    assert loss(-pred, -mos).item() == pytest.approx(loss(pred, mos).item(), abs=1e-9)


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_published_protocol_trains_with_the_published_losses(name):
    flags = ["--dataset", "demo", "--loss_type", name, "--ranking_loss_alpha", "0"]
    pred, mos = torch.tensor([52.0, 61.5, 40.0]), torch.tensor([55.0, 60.0, 62.0])
    published = build_criterion(parse([*flags, "--protocol", "published"]))(pred, mos)
    assert published.item() == pytest.approx(PUBLISHED[name](pred, mos).item())
    assert published.item() != pytest.approx(build_criterion(parse(flags))(pred, mos).item())


@pytest.mark.parametrize("name", [name for name in EVERY_LOSS if name != "published pairwise"])
def test_gradients_are_those_of_the_value(name):
    pred = double(0.23, 0.51, 0.37, 0.9, 0.11).requires_grad_()  # no gap is that of opinions, where rank has a kink
    mos = double(0.3, 0.3, 0.6, 0.8, 0.2)
    assert torch.autograd.gradcheck(lambda p: EVERY_LOSS[name](p, mos), (pred,))


def test_the_published_pairwise_gradient_is_that_of_the_value_where_it_is_not_saturated():
    pred = double(0.02, 0.05, 0.035, 0.09, 0.01).requires_grad_()
    mos = double(0.3, 0.3, 0.6, 0.8, 0.2)
    assert torch.autograd.gradcheck(lambda p: PUBLISHED["pairwise"](p, mos), (pred,))


@pytest.mark.parametrize("name", EVERY_LOSS)
@pytest.mark.parametrize("opinions", [(0.5, 1e-8), (0.5, 0.3), (50.0, 30.0), (1e4, 1e3)])
def test_value_and_gradient_are_finite_at_the_ends_of_every_scale(name, opinions):
    draw = torch.Generator().manual_seed(0)
    shape = torch.randn(8, generator=draw)
    centre, width = opinions
    mos = centre + width * torch.rand(8, generator=draw)
    two_heaps = torch.tensor([1e4] * 4 + [-1e4] * 4)
    for pred in (shape * 1e4, -shape * 1e4, 0.5 + shape * 1e-8, shape * 1e-8, shape * 1e-20, 1e4 + shape, two_heaps):
        value, gradient = value_and_gradient(EVERY_LOSS[name], pred, mos)
        assert math.isfinite(value), pred
        assert torch.isfinite(gradient).all(), pred


@pytest.mark.parametrize("name", EVERY_LOSS)
@pytest.mark.parametrize("where", ["pred", "mos"])
@pytest.mark.parametrize("mos", [(0.5, 0.2, 0.1, 0.9), (0.5, 0.5, 0.5, 0.5)])
def test_a_number_that_is_none_is_not_hidden(name, where, mos):
    images = {"pred": torch.tensor([0.3, 0.1, 0.4, 0.2]), "mos": torch.tensor(mos)}
    images[where][2] = math.nan
    assert EVERY_LOSS[name](images["pred"], images["mos"]).isnan()


@pytest.mark.parametrize("name", EVERY_LOSS)
@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16])
def test_half_precision_is_computed_in_float32(name, kind):
    pred, mos = torch.tensor([0.31, 0.13, 0.47, 0.22]).to(kind), torch.tensor([0.52, 0.21, 0.13, 0.94]).to(kind)
    value = EVERY_LOSS[name](pred, mos)
    assert value.dtype == torch.float32
    assert value.item() == EVERY_LOSS[name](pred.float(), mos.float()).item()


def test_opinions_without_any_spread_make_certain_pairs():
    pred, mos = torch.tensor([0.3, 0.1, 0.4]), torch.tensor([0.5, 0.5, 0.9])
    value, gradient = value_and_gradient(LOSSES["pairwise"], pred, mos, mos_sd=torch.zeros(3))
    assert math.isfinite(value)
    assert torch.isfinite(gradient).all()


def test_a_batch_of_two_is_pulled_into_order_by_every_loss_but_srcc():
    """Shift and scale of two predictions leave nothing but their order, which has no slope."""
    pulled = {name: value_and_gradient(loss, double(0.6, 0.4), double(0.2, 0.9))[1] for name, loss in LOSSES.items()}
    assert pulled.pop("srcc").abs().max() < 1e-12
    for name in ("plcc", "nin"):
        assert pulled.pop(name).abs().max() < 1e-6
    assert all(gradient[0] > 0 > gradient[1] for gradient in pulled.values())


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
