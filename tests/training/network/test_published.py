"""Published checkpoints: their keys, their predictions, and what is refused."""

import pytest
import torch
from safetensors.torch import save_file
from torch.nn.functional import adaptive_avg_pool2d, avg_pool2d, conv2d, linear

from tests.fakes.published_checkpoints import filled
from tests.fakes.small_network import build
from training.errors import NoWeights
from training.flags import parse
from training.network import published
from training.network.build import build_network
from training.network.quality import parameter_count

VARIANT_FLAGS = {
    "tiny-multiscale-attention": ["--model_size", "tiny", "--attention_fusion"],
    "tiny-multiscale": ["--model_size", "tiny"],
    "tiny-single": ["--model_size", "tiny", "--no_multiscale"],
    "small-multiscale-attention": ["--model_size", "small", "--attention_fusion"],
    "base-multiscale-attention": ["--model_size", "base", "--attention_fusion"],
    "base-multiscale": ["--model_size", "base"],
}


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
