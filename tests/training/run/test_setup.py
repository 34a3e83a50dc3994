"""What a run sets up before it trains."""

import pytest
import torch

from tests.fakes.photographs import write_csv_dataset
from tests.fakes.trainer_processes import SMALL, train_here
from training.flags import parse
from training.network.build import build_network

FLAGS = [
    *("--dataset", "demo", "--backbone", "test_efficientnet", "--weights", "none", "--attention_fusion"),
    *("--patch_size", "64", "--batch_size", "4", "--train_patch_num", "3", "--test_patch_num", "3"),
]


@pytest.fixture
def compiled(monkeypatch) -> list[object]:
    """What torch was asked to compile; none of it is, for that takes minutes."""
    asked: list[object] = []

    def compile_nothing(function, **_):
        asked.append(function)
        return function

    monkeypatch.setattr(torch, "compile", compile_nothing)
    return asked


def test_the_flag_compiles_the_network_and_its_weights_load_without_it(tmp_path, compiled):
    labels = write_csv_dataset(tmp_path)
    run = train_here(tmp_path / "run", *SMALL, "--data_path", labels, "--epochs", 0, "--torch_compile")
    assert len(compiled) == 2  # the check, and the network
    network = build_network(parse(FLAGS))
    network.load_state_dict(torch.load(run.best_checkpoint, weights_only=True)["network"])
