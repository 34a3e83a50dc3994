"""What makes the trainer fast changes no number: batches made ahead, batch sizes, memory kept, a compiled network."""

import threading
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from tests.fakes.photographs import write_csv_dataset
from tests.training.datasets.test_datasets import decoded, opened
from tests.training.processes import SMALL, train_here
from training import device
from training.device import Placement, check_compiler, keep_freed_memory
from training.errors import NoCompiler
from training.flags import parse
from training.images.batches import SplitImages
from training.network.build import build_network
from training.progress import Progress
from training.run import evaluate
from training.run.loop import _batches

CPU = Placement(torch.device("cpu"), "CPU", "fp32")
GPU = Placement(torch.device("cuda"), "a GPU", "bf16")
FLAGS = [
    *("--dataset", "demo", "--backbone", "test_efficientnet", "--weights", "none", "--attention_fusion"),
    *("--patch_size", "64", "--batch_size", "4", "--train_patch_num", "3", "--test_patch_num", "3"),
]


@pytest.fixture
def dataset(tmp_path):
    return opened("csv", write_csv_dataset(tmp_path))


@pytest.fixture
def images(dataset) -> SplitImages:
    return SplitImages(dataset, decoded(dataset, 64), "train")


def test_batches_made_ahead_and_pinned_for_a_gpu_hold_the_same_bytes(images, monkeypatch):
    pinned_by = set()

    def pin_memory(tensor: torch.Tensor) -> torch.Tensor:
        pinned_by.add(threading.current_thread().name)
        return tensor.clone()

    monkeypatch.setattr(torch.Tensor, "pin_memory", pin_memory)
    config = parse(FLAGS)

    def everything(placement: Placement) -> list[np.ndarray]:
        batches = _batches(SimpleNamespace(images={"train": images}, config=config, placement=placement), Progress())
        parts = [
            part for batch in batches for part in (batch.crops, batch.mos, batch.mos_sd, batch.flips, batch.jitters)
        ]
        scored = evaluate._batches(images, config, placement, 8)
        return [part.numpy() for part in (*parts, *(part for pair in scored for part in pair))]

    for ours, theirs in zip(everything(GPU), everything(CPU), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert pinned_by == {"batches"}


def test_scores_do_not_depend_on_how_many_crops_go_through_the_network_at_once(images, monkeypatch):
    config = parse(FLAGS)
    torch.manual_seed(1)
    network = build_network(config)

    def scored(batch_size: int) -> tuple[np.ndarray, np.ndarray]:
        monkeypatch.setattr(evaluate, "CPU_BATCH", batch_size)
        told = []
        result = evaluate.score_crops(network, images, config, CPU, evaluate.Observer(lambda *done: told.append(done)))
        assert told[-1] == (30, 30)
        return result

    scores, attention = scored(1)
    assert np.ptp(scores) > 1e-3
    for batch_size in (4, 7, 64):
        other_scores, other_attention = scored(batch_size)
        np.testing.assert_allclose(other_scores, scores, atol=1e-5)
        np.testing.assert_allclose(other_attention, attention, atol=1e-5)


def test_scoring_in_bf16_ranks_images_as_fp32_does(images):
    config = parse(FLAGS)
    torch.manual_seed(1)
    network = build_network(config)
    bf16 = Placement(torch.device("cpu"), "CPU", "bf16")
    fp32_scores, bf16_scores = (
        evaluate.score_crops(network, images, config, placement)[0] for placement in (CPU, bf16)
    )
    assert not np.array_equal(fp32_scores, bf16_scores)
    assert np.corrcoef(fp32_scores, bf16_scores)[0, 1] > 0.95


def test_memory_is_kept_where_the_c_library_can():
    assert keep_freed_memory() is True


def test_another_c_library_is_left_alone(monkeypatch):
    monkeypatch.setattr(device.ctypes, "CDLL", lambda name: SimpleNamespace())
    assert keep_freed_memory() is False


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


def test_a_machine_without_a_compiler_is_told_what_is_missing(monkeypatch):
    def fail(function, **_):
        raise RuntimeError("\nInvalidCxxCompiler: No working C++ compiler found\nand much more")

    monkeypatch.setattr(torch, "compile", fail)
    with pytest.raises(
        NoCompiler, match=r"--torch_compile: .*No working C\+\+ compiler found\).*g\+\+.*leave the flag out"
    ):
        check_compiler(torch.device("cpu"))
