import pytest
import torch

from training.checkpoint import Progress, load_last, save_best, save_last
from training.config import parse
from training.datasets import Dataset
from training.errors import BadCheckpoint
from training.network.build import build_network
from training.optim import build_optimizer

SMALL = ["--dataset", "demo", "--backbone", "test_efficientnet", "--weights", "none", "--patch_size", "64"]
CONFIG = parse(SMALL)
DATASET = Dataset("demo", (), mos_range=(0.0, 5.0))


def trained_once():
    network = build_network(CONFIG)
    optimizer = build_optimizer(network, CONFIG)
    network(torch.randn(2, 3, 64, 64)).sum().backward()
    optimizer.step()
    return network, optimizer


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    path = tmp_path_factory.mktemp("checkpoints") / "last.pt"
    network, optimizer = trained_once()
    progress = Progress(epoch=2, step_in_epoch=3, step=10, best_epoch=1, best_metrics={"val": {"srcc": 0.5}})
    save_last(path, network, optimizer, progress, CONFIG)
    return path, network, optimizer, progress


def test_everything_comes_back(saved):
    path, network, optimizer, progress = saved
    torch.manual_seed(0)
    other, other_optimizer = trained_once()
    save_state = torch.load(path, weights_only=True)["generators"]["torch"]
    assert load_last(path, other, other_optimizer, CONFIG) == progress
    assert torch.equal(torch.get_rng_state(), save_state)
    for ours, theirs in zip(other.state_dict().values(), network.state_dict().values(), strict=True):
        assert torch.equal(ours, theirs)
    for ours, theirs in zip(other_optimizer.state.values(), optimizer.state.values(), strict=True):
        assert torch.equal(ours["exp_avg"], theirs["exp_avg"])


def test_nothing_is_left_aside(saved):
    assert [path.name for path in saved[0].parent.iterdir()] == ["last.pt"]


def refusal(path, config=CONFIG) -> str:
    network = build_network(CONFIG)
    with pytest.raises(BadCheckpoint) as refused:
        load_last(path, network, build_optimizer(network, config), config)
    return str(refused.value)


def test_an_absent_checkpoint_is_refused(tmp_path):
    assert "leave --resume out" in refusal(tmp_path / "last.pt")


def test_a_torn_checkpoint_is_refused(saved, tmp_path):
    (tmp_path / "last.pt").write_bytes(saved[0].read_bytes()[:5000])
    assert "is damaged" in refusal(tmp_path / "last.pt")


def test_a_checkpoint_for_use_is_not_one_to_resume_from(saved, tmp_path):
    save_best(tmp_path / "best.pt", saved[1], saved[3], CONFIG, DATASET)
    assert "no resumable checkpoint" in refusal(tmp_path / "best.pt")


def test_a_checkpoint_of_another_experiment_is_refused_with_the_flag(saved):
    assert "--loss_type l1, not l2" in refusal(saved[0], parse([*SMALL, "--loss_type", "l2"]))


def test_a_checkpoint_of_a_later_version_is_refused(saved, tmp_path):
    content = torch.load(saved[0], weights_only=True)
    torch.save({**content, "format": 99}, tmp_path / "last.pt")
    assert "has format 99" in refusal(tmp_path / "last.pt")
