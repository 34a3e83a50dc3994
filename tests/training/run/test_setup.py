"""What a run sets up before it trains."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from tests.fakes.photographs import write_csv_dataset
from tests.fakes.trainer_processes import SMALL, train_here
from training.errors import BadData, BadUsage, GpuOutOfMemory
from training.flags import parse
from training.network.build import build_network
from training.network.quality import QualityNetwork
from training.run.setup import notes_of_setup, refuse_labels_without_gradient

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


def test_data_that_are_not_there_end_a_run_before_its_network_is_built(tmp_path, monkeypatch):
    monkeypatch.setattr("training.run.setup.build_network", lambda _: pytest.fail("the network was built"))
    with pytest.raises(BadData, match=r"absent\.csv: no such file"):
        train_here(tmp_path / "run", *SMALL, "--data_path", tmp_path / "absent.csv")


def without_memory(words):
    def to(*_, **__):
        raise RuntimeError(words)

    return to


def test_a_network_that_does_not_fit_the_gpu_is_no_question_of_the_batch_size(tmp_path, monkeypatch):
    monkeypatch.setattr(QualityNetwork, "to", without_memory("CUDA error: out of memory"))
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (1 << 30, 80 << 30))
    with pytest.raises(GpuOutOfMemory) as ended:
        train_here(tmp_path / "run", *SMALL, "--data_path", write_csv_dataset(tmp_path))
    assert "parameters was put on CPU" in str(ended.value)
    assert "(1.0 of 80.0 GiB are free): wait for the GPU or take another one" in str(ended.value)
    assert "batch_size" not in str(ended.value)


def test_another_error_while_the_network_is_placed_stays_what_it_is(tmp_path, monkeypatch):
    monkeypatch.setattr(QualityNetwork, "to", without_memory("CUDA error: device-side assert triggered"))
    with pytest.raises(RuntimeError, match="device-side assert"):
        train_here(tmp_path / "run", *SMALL, "--data_path", write_csv_dataset(tmp_path))


@pytest.mark.parametrize(
    ("images", "crops", "loss", "words"),
    [
        ([0.1, 0.2], 1, "srcc", "needs 3 crops in a batch; an epoch has 2: take more training images or a larger"),
        ([0.1], 1, "rank", "needs 2 crops in a batch; an epoch has 1"),
        ([0.3, 0.3, 0.3], 4, "pairwise", "all 3 training images have the label 0.3: take more"),
        ([0.3], 20, "plcc", "all 1 training images have the label 0.3"),
    ],
)
def test_labels_that_give_a_loss_no_gradient_are_refused(images, crops, loss, words):
    config = parse([*FLAGS, "--loss_type", loss, "--train_patch_num", str(crops)])
    with pytest.raises((BadUsage, BadData), match=words):
        refuse_labels_without_gradient(config, labels_of(images))


@pytest.mark.parametrize(
    ("images", "crops", "loss"), [([0.3], 1, "l1"), ([0.1, 0.2], 2, "srcc"), ([0.1, 0.2], 1, "rank")]
)
def test_labels_that_give_a_gradient_are_taken(images, crops, loss):
    config = parse([*FLAGS, "--loss_type", loss, "--train_patch_num", str(crops)])
    refuse_labels_without_gradient(config, labels_of(images))


class LabelsAlone:
    def __init__(self, mos):
        self.mos = np.array(mos)

    def __len__(self):
        return len(self.mos)


def labels_of(mos):
    return LabelsAlone(mos)


def test_under_the_clean_protocol_a_published_checkpoints_scale_is_warned_of():
    setup = SimpleNamespace(
        config=parse(["--dataset", "demo", "--weights", "", "--train_test_num", "1"]),
        dataset=SimpleNamespace(notes=()),
        network=SimpleNamespace(began_with_top=100.0),
    )
    (note,) = notes_of_setup(setup)
    assert "scores from 0 to 100" in note
    assert "--protocol published" in note
