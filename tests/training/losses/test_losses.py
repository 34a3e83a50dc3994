"""What holds for every loss."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.losses import EVERY_LOSS, distinct, double, value_and_gradient
from training.loss_parts import SMALLEST_BATCH
from training.losses import LOSSES

CORRELATIONS = ("srcc", "plcc")
FREE_SCALE = (*CORRELATIONS, "nin")
PAIRS = ("rank", "srcc", "plcc", "nin", "monotonicity")


@pytest.mark.parametrize(
    ("table", "name"), [("published", "l1"), ("published", "l2"), *(("clean", n) for n in ("plcc", "rank", "pairwise"))]
)
def test_a_loss_has_the_reference_value_and_gradient(expected_losses, table, name):
    data, expected = expected_losses, expected_losses[table][name]
    more = {"mos_sd": double(*data["mos_sd"]), "pred_sd": data["pred_sd"]} if name == "pairwise" else {}
    value, gradient = value_and_gradient(LOSSES[name], double(*data["pred"]), double(*data["mos"]), **more)
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


@pytest.mark.parametrize("name", [name for name in EVERY_LOSS if name != "published pairwise"])
def test_gradients_are_those_of_the_value(name):
    pred = double(0.23, 0.51, 0.37, 0.9, 0.11).requires_grad_()  # no gap is that of opinions, where rank has a kink
    mos = double(0.3, 0.3, 0.6, 0.8, 0.2)
    assert torch.autograd.gradcheck(lambda p: EVERY_LOSS[name](p, mos), (pred,))


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


def test_a_batch_of_two_is_pulled_into_order_by_every_loss_but_srcc():
    """Shift and scale of two predictions leave nothing but their order, which has no slope."""
    pulled = {name: value_and_gradient(loss, double(0.6, 0.4), double(0.2, 0.9))[1] for name, loss in LOSSES.items()}
    assert pulled.pop("srcc").abs().max() < 1e-12
    for name in ("plcc", "nin"):
        assert pulled.pop(name).abs().max() < 1e-6
    assert all(gradient[0] > 0 > gradient[1] for gradient in pulled.values())


@pytest.mark.parametrize("name", sorted(LOSSES))
def test_the_smallest_batch_is_the_smallest_with_a_gradient(name):
    """What `--batch_size` refuses learns nothing, and what it takes learns something."""
    smallest = SMALLEST_BATCH.get(name, 1)
    for size in range(1, 5):
        pred = torch.tensor([0.4, 0.1, 0.35, 0.2][:size], dtype=torch.float64, requires_grad=True)
        LOSSES[name](pred, torch.tensor([0.1, 0.2, 0.6, 0.9][:size], dtype=torch.float64)).backward()
        assert (float(pred.grad.abs().max()) > 1e-9) is (size >= smallest), size


@pytest.mark.parametrize("name", sorted(EVERY_LOSS))
@pytest.mark.parametrize("mos", [[0.1, 0.2, 0.6], [0.5, 0.5, 0.5]])
def test_no_loss_fetches_a_number_from_the_device(name, mos, monkeypatch):
    """Each fetch would wait for a GPU, once a step."""

    def fetch(*_):
        raise AssertionError("a loss asked the device")

    pred = torch.tensor([0.4, 0.1, 0.35], requires_grad=True)
    opinions = torch.tensor(mos)
    with monkeypatch.context() as patched:
        for fetching in ("__bool__", "__float__", "__int__", "item", "tolist", "cpu", "numpy"):
            patched.setattr(torch.Tensor, fetching, fetch)
        loss = EVERY_LOSS[name](pred, opinions)
        loss.backward()
    assert torch.isfinite(loss)
    assert torch.isfinite(pred.grad).all()
