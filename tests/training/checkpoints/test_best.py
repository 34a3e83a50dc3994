"""The best weights are checked when they are read."""

import pytest
import torch

from tests.fakes.small_network import SMALL
from training.checkpoints.best import check_best, load_best, save_best
from training.checkpoints.resumable import Learner, save_last
from training.datasets import Dataset
from training.errors import BadCheckpoint
from training.flags import parse
from training.network.build import build_network
from training.optim import build_optimizer
from training.progress import Progress
from training.runfolder.layout import RunFolder

CONFIG = parse(SMALL)


DATASET = Dataset("demo", (), mos_range=(0.0, 5.0))


def trained_once():
    network = build_network(CONFIG)
    optimizer = build_optimizer(network, CONFIG)
    network(torch.randn(2, 3, 64, 64)).sum().backward()
    optimizer.step()
    return network, optimizer


PROGRESS = Progress(epoch=2, step_in_epoch=3, step=10, best_epoch=1, best_metrics={"val": {"srcc": 0.5}})


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    run = RunFolder(tmp_path_factory.mktemp("run"))
    network, optimizer = trained_once()
    save_last(run, Learner(network, optimizer, CONFIG), PROGRESS)
    return run, network, optimizer


def test_best_weights_that_are_gone_or_damaged_are_reported(saved, tmp_path):
    path = tmp_path / "best.pt"
    with pytest.raises(BadCheckpoint, match="is missing"):
        check_best(path)
    save_best(path, saved[1], PROGRESS, CONFIG, DATASET)
    check_best(path)
    assert load_best(path, build_network(CONFIG))["metrics"] == PROGRESS.best_metrics
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 2] ^= 1
    path.write_bytes(whole)
    for read in (check_best, lambda path: load_best(path, saved[1])):
        with pytest.raises(BadCheckpoint, match="checksum"):
            read(path)
