"""What the published protocol does otherwise than the clean one, row by row. Losses and KonIQ-10k have their tests
beside the other losses and data sets."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from tests.fakes.photographs import write_csv_dataset
from tests.training.datasets.test_datasets import decoded, opened
from tests.training.processes import SMALL, train_here
from training.flags import parse
from training.images.batches import SplitImages, crops_to_score
from training.images.transforms import to_network_input
from training.losses import LOSSES, build_criterion
from training.network.build import build_network
from training.optim import build_optimizer, lr_at, rising_lr_note, set_lr
from training.progress import Progress
from training.run import choose, evaluate, loop
from training.run.evaluate import Evaluation
from training.runfolder.events import read_events
from training.runfolder.layout import RunFolder
from training.runfolder.read import read_record
from training.runfolder.schema import Result

PUBLISHED = ["--dataset", "demo", "--protocol", "published"]
CLEAN = ["--dataset", "demo"]
SMALL_NETWORK = ["--backbone", "test_efficientnet", "--weights", "none", "--patch_size", "64", "--attention_fusion"]


def judged(protocol: list[str], epochs: list[dict[str, float]], monkeypatch, tmp_path) -> Progress:
    """Progress after epochs with these SRCCs by split."""
    monkeypatch.setattr(choose, "save_best", lambda *_: None)
    monkeypatch.setattr(choose, "write_scores", lambda *_: None)
    setup = SimpleNamespace(
        config=parse(protocol),
        attempt=SimpleNamespace(run=RunFolder(tmp_path)),
        dataset=SimpleNamespace(name="demo"),
        network=torch.nn.Linear(1, 1),
        recorder=SimpleNamespace(checkpoint=lambda **_: None),
    )
    progress, none = Progress(), np.empty(0)
    for number, scores in enumerate(epochs, start=1):
        evaluations = {
            split: Evaluation(split, [], none, none, None, {"srcc": scores[split]}, [])
            for split in setup.config.evaluated_splits
        }
        choose._judge(setup, progress, number, evaluations)
    return progress


EPOCHS = [{"val": 0.5, "test": 0.7}, {"val": 0.6, "test": 0.4}, {"val": 0.3, "test": 0.9}, {"val": 0.2, "test": 0.1}]


def test_the_clean_protocol_chooses_the_best_epoch_on_validation(monkeypatch, tmp_path):
    progress = judged(CLEAN, EPOCHS, monkeypatch, tmp_path)
    assert (progress.best_epoch, progress.epochs_without_better) == (2, 2)
    assert progress.best_metrics == {"val": {"srcc": 0.6}, "test": {"srcc": 0.4}}
    assert progress.oracle == {"srcc": 0.9}


def test_the_published_protocol_chooses_the_best_epoch_on_test(monkeypatch, tmp_path):
    progress = judged(PUBLISHED, EPOCHS, monkeypatch, tmp_path)
    assert (progress.best_epoch, progress.epochs_without_better) == (3, 1)
    assert progress.best_metrics == {"test": {"srcc": 0.9}}
    assert progress.oracle == {"srcc": 0.9}


def test_a_published_run_scores_the_test_split_alone_and_says_how_it_chose(tmp_path, capsys):
    labels = write_csv_dataset(tmp_path / "data")
    flags = ["--data_path", labels, "--protocol", "published", "--lr", "1e-7", "--loss_type", "pairwise"]
    run = train_here(tmp_path / "run", *SMALL, *flags)
    result = read_record(run.result, Result)
    evaluated = [event.fields for event in read_events(run) if event.kind == "evaluated"]
    assert {fields["split"] for fields in evaluated} == {"test"}
    assert result.protocol == "published"
    assert result.metrics["test"] == result.metrics["test_oracle"]
    assert result.metrics["test"]["srcc"] == max(fields["metrics"]["srcc"] for fields in evaluated)
    assert result.images == {"train": 10, "val": 0, "test": 4}
    assert any("chosen on the test split itself" in note for note in result.notes)
    assert any("floor of 1e-06" in note and "rises" in note for note in result.notes)
    assert "rises" in capsys.readouterr().out
    lrs = [event.fields["lr"] for event in read_events(run) if event.kind == "step"]
    assert lrs[-1] > lrs[0]


def test_published_scores_come_from_the_centre_alone_unless_crops_are_drawn(tmp_path):
    dataset = opened("csv", write_csv_dataset(tmp_path), "--protocol", "published")
    images = SplitImages(dataset, decoded(dataset), "test")
    flags = ["--dataset", "csv", "--data_path", "x", "--protocol", "published", "--patch_size", "32"]
    ((numbers, crops),) = crops_to_score(images, parse([*flags, "--test_patch_num", "20"]), 100)
    assert numbers.tolist() == [0, 1, 2, 3]
    np.testing.assert_array_equal(crops[2].numpy(), images.pixels(2)[20:52, 20:52])
    drawn = parse([*flags, "--test_patch_num", "20", "--test_random_crop"])
    assert sum(len(numbers) for numbers, _ in crops_to_score(images, drawn, 100)) == 80


def test_published_labels_are_trained_on_from_0_to_100(tmp_path):
    labels = write_csv_dataset(tmp_path)
    clean, published = (opened("csv", labels, "--protocol", protocol) for protocol in ("clean", "published"))
    mos = {
        protocol: SplitImages(dataset, decoded(dataset), "train").training_mos
        for protocol, dataset in (("clean", clean), ("published", published))
    }
    assert (mos["clean"].min(), mos["clean"].max()) == (0, 1)
    np.testing.assert_allclose(mos["published"], mos["clean"] * 100, rtol=1e-5)
    assert published.from_training(50.0) == pytest.approx(3.0)
    assert published.sd_to_training(0.5) == pytest.approx(12.5)


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


def test_the_published_floor_holds_for_every_group_and_a_rising_rate_is_told():
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


def test_without_epochs_the_network_is_scored_as_it_is(tmp_path):
    labels = write_csv_dataset(tmp_path / "data")
    run = train_here(tmp_path / "run", *SMALL, "--data_path", labels, "--epochs", "0")
    result = read_record(run.result, Result)
    assert (result.epochs, result.best_epoch) == (0, 0)
    assert result.images == {"train": 0, "val": 4, "test": 4}
    assert result.metrics["test"]["srcc"] is not None
    assert not any(event.kind == "step" for event in read_events(run))
    assert result.elapsed_seconds > 0


@pytest.mark.parametrize("name", ["l1", "l2", "plcc", "nin"])
def test_losses_that_the_published_code_does_not_change_are_the_same_by_both_protocols(name):
    pred, mos = torch.tensor([52.0, 61.5, 40.0]), torch.tensor([55.0, 60.0, 62.0])
    values = {
        build_criterion(parse([*protocol, "--loss_type", name]))(pred, mos).item() for protocol in (CLEAN, PUBLISHED)
    }
    assert len(values) == 1


@pytest.mark.parametrize("name", ["srcc", "rank", "pairwise"])
def test_the_clean_protocol_trains_with_the_losses_as_defined(name):
    pred, mos = torch.tensor([0.52, 0.615, 0.4]), torch.tensor([0.55, 0.6, 0.62])
    value = build_criterion(parse([*CLEAN, "--loss_type", name, "--ranking_loss_alpha", "0"]))(pred, mos)
    assert value.item() == LOSSES[name](pred, mos).item()


def test_clean_scores_come_from_a_regular_grid_unless_crops_are_drawn(tmp_path):
    dataset = opened("csv", write_csv_dataset(tmp_path, side=80))
    images = SplitImages(dataset, decoded(dataset), "test")
    flags = ["--dataset", "csv", "--data_path", "x", "--patch_size", "32", "--test_patch_num", "4"]
    ((numbers, crops),) = crops_to_score(images, parse(flags), 100)
    assert numbers.tolist() == [number for number in range(4) for _ in range(4)]
    for crop, (top, left) in zip(crops[:4].numpy(), [(0, 0), (0, 48), (48, 0), (48, 48)], strict=True):
        np.testing.assert_array_equal(crop, images.pixels(0)[top : top + 32, left : left + 32])
    ((_, drawn),) = crops_to_score(images, parse([*flags, "--test_random_crop"]), 100)
    assert not np.array_equal(crops, drawn)


@pytest.mark.parametrize("protocol", [CLEAN, PUBLISHED])
def test_training_ends_after_patience_epochs_without_a_better_score(protocol):
    def over(*flags: str, **progress: int) -> bool:
        return choose.is_over(Progress(**progress), parse([*protocol, "--epochs", "9", *flags]))

    assert not over("--patience", "2", epoch=4, epochs_without_better=1)
    assert over("--patience", "2", epoch=4, epochs_without_better=2)
    assert not over("--patience", "2", "--no_early_stopping", epoch=4, epochs_without_better=2)
    assert over("--patience", "2", "--no_early_stopping", epoch=10, epochs_without_better=0)


def seen_by(loss: str, folder: Path, labels: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[list[bytes], list[float]]:
    """What the network of a run is shown, in training and in scoring, and the norms of its clipped gradients."""
    seen: list[bytes] = []
    norms: list[float] = []

    def recorded(crops, normalisation, *augmentation):
        seen.append(b"".join(part.numpy().tobytes() for part in (crops, *augmentation) if part is not None))
        return to_network_input(crops, normalisation, *augmentation)

    def step(setup, batch):
        done = train_step(setup, batch)
        norms.append(sum(float(one.grad.square().sum()) for one in setup.network.parameters()) ** 0.5)
        return done

    train_step = loop._train_step
    with monkeypatch.context() as patched:
        patched.setattr(loop, "to_network_input", recorded)
        patched.setattr(evaluate, "to_network_input", recorded)
        patched.setattr(loop, "_train_step", step)
        train_here(folder, *SMALL, "--data_path", labels, "--loss_type", loss, "--test_random_crop")
    return seen, norms


def test_runs_of_two_losses_are_shown_the_same_bytes_from_beginning_to_end(tmp_path, monkeypatch):
    labels = write_csv_dataset(tmp_path / "data")
    (first, norms), (second, _) = (seen_by(loss, tmp_path / loss, labels, monkeypatch) for loss in ("rank", "pairwise"))
    assert len(first) == 2 * (4 + 2 * 2)  # steps and scoring batches of two splits
    assert first == second
    assert len(set(first[:4] + first[8:12])) == 8  # no step shows what another did
    assert max(norms) <= 1 + 1e-4
    scoring = [first[4:8], first[12:]]
    assert scoring[0] == scoring[1]  # every epoch is tested on the same crops
