"""Learning rates and groups of parameters under the published protocol."""

import pytest
import torch

from tests.fakes.small_network import SMALL
from training.flags import parse
from training.network.build import build_network
from training.optim import build_optimizer, lr_at, lr_factor, rising_lr_note, set_lr

PUBLISHED = ["--dataset", "demo", "--protocol", "published"]
CLEAN = ["--dataset", "demo"]
SMALL_NETWORK = ["--backbone", "test_efficientnet", "--weights", "none", "--patch_size", "64", "--attention_fusion"]


@pytest.mark.parametrize("first", [5e-6, 5e-5, 5e-7])
def test_the_published_cosine_is_torchs_per_epoch_with_its_floor(first):
    config = parse([*PUBLISHED, "--epochs", "5", "--lr", str(first)])
    optimizer = torch.optim.AdamW([torch.nn.Parameter(torch.zeros(1))], lr=first)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=5, eta_min=1e-6)
    for epoch in range(5):
        rates = [lr_at(first, config, step, 7) for step in range(7 * epoch, 7 * epoch + 7)]
        assert rates == pytest.approx([optimizer.param_groups[0]["lr"]] * 7, rel=1e-9)
        optimizer.step()
        schedule.step()


def test_the_published_floor_holds_for_every_group_and_a_rising_rate_is_reported():
    config = parse([*PUBLISHED, *SMALL_NETWORK, "--lr", "5e-7", "--epochs", "10", "--lr_ratio", "10"])
    optimizer = build_optimizer(build_network(config), config)
    assert set_lr(optimizer, config, 0, 3) == pytest.approx(5e-7)
    assert set_lr(optimizer, config, 29, 3) == pytest.approx(1e-6, rel=0.02)
    assert max(group["lr"] for group in optimizer.param_groups) == pytest.approx(1e-6, rel=0.11)
    assert "the backbone rises" in rising_lr_note(config)


@pytest.mark.parametrize(
    "flags",
    [
        [*CLEAN, "--lr", "5e-7"],
        [*PUBLISHED, "--lr", "5e-6"],
        [*PUBLISHED, "--lr", "5e-7", "--no_lr_scheduler"],
        [*PUBLISHED, "--lr", "5e-7", "--lr_scheduler", "step"],
    ],
)
def test_a_rate_that_does_not_rise_is_not_warned_of(flags):
    assert rising_lr_note(parse(flags)) is None


def test_published_rates_count_local_distortion_as_backbone_and_everything_decays():
    config = parse([*PUBLISHED, *SMALL_NETWORK, "--lr", "1e-4", "--lr_ratio", "10", "--weight_decay", "0.1"])
    network = build_network(config)
    group_of = {
        id(parameter): group for group in build_optimizer(network, config).param_groups for parameter in group["params"]
    }
    slow = []
    for name, parameter in network.named_parameters():
        group = group_of.pop(id(parameter))
        is_slow = name.startswith(("backbone.", "local_distortion."))
        assert group["lr"] == pytest.approx(1e-4 if is_slow else 1e-3), name
        assert group["weight_decay"] == 0.1, name
        slow.append(is_slow)
    assert group_of == {}
    assert any(slow)
    assert not all(slow)


def test_new_layers_learn_faster_and_norms_and_biases_do_not_decay():
    config = parse([*SMALL, "--lr", "1e-4", "--lr_ratio", "10", "--weight_decay", "0.1", "--attention_fusion"])
    network = build_network(config)
    group_of = {
        id(parameter): group for group in build_optimizer(network, config).param_groups for parameter in group["params"]
    }
    for name, parameter in network.named_parameters():
        group = group_of.pop(id(parameter))
        assert group["lr"] == pytest.approx(1e-4 if name.startswith("backbone.") else 1e-3), name
        assert group["weight_decay"] == (0.1 if parameter.ndim > 1 else 0.0), name
    assert group_of == {}


def test_position_tables_do_not_decay():
    with torch.device("meta"):
        config = parse(["--dataset", "demo", "--weights", "none"])
        network = build_network(config)
        groups = build_optimizer(network, config).param_groups
    still = {id(parameter) for group in groups if group["weight_decay"] == 0 for parameter in group["params"]}
    tables = [parameter for name, parameter in network.named_parameters() if "position_bias" in name]
    assert len(tables) == 12
    assert all(id(table) in still for table in tables)


def test_the_cosine_falls_from_one_to_a_hundredth_step_by_step():
    factors = [lr_factor("cosine", step, 10, 3) for step in range(30)]
    assert factors[0] == 1
    assert factors[-1] == pytest.approx(0.01)
    assert factors == sorted(factors, reverse=True)


def test_a_warm_up_and_the_cosine_after_it_are_torchs():
    config = parse([*CLEAN, "--epochs", "3", "--lr", "1e-3", "--warmup_steps", "6"])
    optimizer = torch.optim.AdamW([torch.nn.Parameter(torch.zeros(1))], lr=1e-3)
    rise = torch.optim.lr_scheduler.LinearLR(optimizer, start_factor=1 / 7, total_iters=6)
    fall = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=30 - 6 - 1, eta_min=1e-5)
    schedule = torch.optim.lr_scheduler.SequentialLR(optimizer, [rise, fall], milestones=[6])
    for step in range(30):
        assert lr_at(1e-3, config, step, 10) == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-6), step
        optimizer.step()
        schedule.step()
    assert parse([*CLEAN, "--warmup_epochs", "0.6"]).warmup_length(10) == 6


@pytest.mark.parametrize(
    "flags",
    [[*CLEAN, "--lr_scheduler", "step"], [*CLEAN, "--no_lr_scheduler"], [*PUBLISHED]],
    ids=["step", "none", "published"],
)
def test_a_warm_up_moves_no_schedule_that_goes_by_epochs(flags):
    plain, warm = (parse([*flags, "--epochs", "20", *more]) for more in ([], ["--warmup_steps", "4"]))
    expected = [min(1, (step + 1) / 5) * lr_at(1e-3, plain, step, 3) for step in range(60)]
    assert [lr_at(1e-3, warm, step, 3) for step in range(60)] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("protocol", [CLEAN, PUBLISHED], ids=["clean", "published"])
def test_layer_decay_lowers_the_rates_of_the_backbone_alone(protocol):
    flags = [*protocol, *SMALL_NETWORK, "--lr", "1e-4"]
    network = build_network(parse(flags))
    plain, decayed = (
        {id(one): group for group in build_optimizer(network, config).param_groups for one in group["params"]}
        for config in (parse(flags), parse([*flags, "--layer_decay", "0.5"]))
    )
    assert plain.keys() == decayed.keys()
    scales = {}
    for name, parameter in network.named_parameters():
        before, after = plain[id(parameter)], decayed[id(parameter)]
        assert before["weight_decay"] == after["weight_decay"]
        scales[name] = after["first_lr"] / before["first_lr"]
    assert {scale for name, scale in scales.items() if not name.startswith("backbone.")} == {1.0}
    assert scales["backbone.features.conv_stem.weight"] == 0.5**5
    assert {scale for name, scale in scales.items() if name.startswith("backbone.")} == {0.5**n for n in range(6)}
    assert set_lr(build_optimizer(network, parse([*flags, "--layer_decay", "0.5"])), parse(flags), 0, 9) == 1e-4


def test_the_other_schedules():
    assert [lr_factor("step", step, 2, 20) for step in (0, 11, 12, 24)] == pytest.approx([1, 1, 0.1, 0.01])
    assert lr_factor("none", 99, 2, 3) == 1
    assert lr_factor("cosine", 0, 1, 1) == 1
