"""Files of tensors as other programs write them, and files that hold more."""

from __future__ import annotations

import argparse
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from training.errors import NoWeights
from training.network.own import read
from training.network.tensor_files import read_content, state_dict_in
from training.network.weights import read_state_dict

STATE = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1)).state_dict()


def prefixed(prefix: str) -> dict[str, Any]:
    return {f"{prefix}{name}": tensor for name, tensor in STATE.items()}


@pytest.mark.parametrize(
    "content",
    [
        STATE,
        {"state_dict": STATE, "epoch": 3},
        {"params": STATE},
        {"model": {"state_dict": STATE}},
        {"net": prefixed("module.")},
        {"state_dict": prefixed("module._orig_mod.")},
        {"model_state_dict": prefixed("_orig_mod.module.")},
        {"state_dict": {name: tensor + 1 for name, tensor in STATE.items()}, "state_dict_ema": STATE},
        {"checkpoint": 1, "model": prefixed("model.")},
    ],
)
def test_what_training_programs_wrap_tensors_in_is_looked_through(tmp_path: Path, content: dict[str, Any]) -> None:
    torch.save(content, tmp_path / "weights.pt")
    found = read_state_dict(tmp_path / "weights.pt")
    assert list(found) == list(STATE)
    assert all(torch.equal(found[name], tensor) for name, tensor in STATE.items())


def test_a_prefix_that_only_some_names_have_is_part_of_the_names() -> None:
    content = {"module.a": torch.zeros(1), "b": torch.zeros(1)}
    assert list(state_dict_in(content, Path("weights.pt"))) == ["module.a", "b"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"epoch": 3, "lr": 0.1}, "holds no tensors, but 'epoch', 'lr'"),
        ({}, "holds no tensors, but nothing"),
        ([1], "holds a list, not a state dict"),
        (torch.zeros(2), "holds a Tensor, not a state dict"),
    ],
)
def test_a_file_without_tensors_says_what_it_holds(content: object, words: str) -> None:
    with pytest.raises(NoWeights, match=words):
        state_dict_in(content, Path("weights.pt"))


@pytest.mark.parametrize("reader", [read_state_dict, read])
def test_objects_beside_tensors_are_named_and_torchs_advice_to_load_them_is_not_repeated(
    tmp_path: Path, reader: Any
) -> None:
    path = tmp_path / "weights.pt"
    torch.save({"state_dict": STATE, "args": argparse.Namespace(lr=1), "best": np.float64(0.9)}, path)
    with pytest.raises(NoWeights) as refused:
        reader(path)
    words = str(refused.value)
    assert "holds objects beside tensors (argparse.Namespace, numpy" in words
    assert "torch.save(model.state_dict()" in words
    assert "weights_only" not in words
    assert "\x1b" not in words


@pytest.mark.parametrize("reader", [read_state_dict, read])
@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut", b"no pickle at all"])
def test_a_damaged_file_is_named_in_a_line(tmp_path: Path, content: bytes, reader: Any) -> None:
    path = tmp_path / "weights.pt"
    path.write_bytes(content)
    with pytest.raises(NoWeights, match=r"weights\.pt: is damaged, or no file of tensors") as refused:
        reader(path)
    assert "\n" not in str(refused.value)
    assert "weights_only" not in str(refused.value)


def test_a_plain_pickle_names_its_classes_too(tmp_path: Path) -> None:
    (tmp_path / "weights.pkl").write_bytes(pickle.dumps({"a": argparse.Namespace(), "b": set()}))
    with pytest.raises(NoWeights, match=r"holds objects beside tensors \(argparse\.Namespace\)"):
        read_content(tmp_path / "weights.pkl")


def test_a_whole_pickled_network_is_not_run(tmp_path: Path) -> None:
    torch.save(nn.Linear(1, 1), tmp_path / "network.pt")
    with pytest.raises(NoWeights, match=r"holds objects beside tensors \(torch\.nn\.modules\.linear\.Linear"):
        read_content(tmp_path / "network.pt")
