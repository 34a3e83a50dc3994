import os
import random
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.fakes.small_network import SMALL
from training.checkpoints.best import save_best
from training.checkpoints.resumable import Learner, load_last, save_last, save_progress
from training.datasets import Dataset
from training.errors import BadCheckpoint
from training.flags import parse
from training.network.build import build_network
from training.optim import build_optimizer
from training.progress import Progress
from training.runfolder.layout import RunFolder
from training.seed import seed_network

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


def two_checkpoints(saved, folder) -> RunFolder:
    """The last at step 10, the one before at step 9."""
    run = RunFolder(folder)
    for step in (9, 10):
        save_last(run, Learner(saved[1], saved[2], CONFIG), replace(PROGRESS, step=step))
    return run


def drawn() -> list[float]:
    """From every generator that a network may draw from."""
    return [torch.rand(1).item(), random.random(), np.random.random()]  # noqa: NPY002 - the global one is meant


def test_everything_comes_back(saved):
    run, network, optimizer = saved
    save_last(run, Learner(network, optimizer, CONFIG), PROGRESS)
    numbers = drawn()
    seed_network(0)
    other, other_optimizer = trained_once()
    found = load_last(run, Learner(other, other_optimizer, CONFIG))
    assert (found.progress, found.path, found.refused) == (PROGRESS, run.last_checkpoint, [])
    assert drawn() == numbers
    for ours, theirs in zip(other.state_dict().values(), network.state_dict().values(), strict=True):
        assert torch.equal(ours, theirs)
    for ours, theirs in zip(other_optimizer.state.values(), optimizer.state.values(), strict=True):
        assert torch.equal(ours["exp_avg"], theirs["exp_avg"])


def test_the_checkpoint_before_the_last_is_kept_and_nothing_else(saved, tmp_path):
    run = two_checkpoints(saved, tmp_path)
    save_last(run, Learner(saved[1], saved[2], CONFIG), replace(PROGRESS, step=11))
    assert {path.name for path in run.checkpoints.iterdir()} == {"last.pt", "last.previous.pt"}
    steps = [torch.load(path, weights_only=True)["progress"]["step"] for path in run.resumable_checkpoints]
    assert steps == [11, 10]


def test_the_one_before_is_kept_where_files_cannot_have_two_names(saved, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "link", lambda *_: (_ for _ in ()).throw(PermissionError("no hard links here")))
    run = two_checkpoints(saved, tmp_path)
    steps = [torch.load(path, weights_only=True)["progress"]["step"] for path in run.resumable_checkpoints]
    assert steps == [10, 9]


def test_without_a_checkpoint_there_is_nothing_to_go_on_from(saved, tmp_path):
    assert load_last(RunFolder(tmp_path), Learner(saved[1], saved[2], CONFIG)) is None


def refused(run: RunFolder, config=CONFIG) -> str:
    """Why last.pt is refused; the one before it must be used."""
    network = build_network(CONFIG)
    found = load_last(run, Learner(network, build_optimizer(network, config), config))
    assert (found.path, found.progress.step) == (run.previous_checkpoint, 9)
    (reason,) = found.refused
    return reason


def rewrite(path: Path, **changes: object) -> None:
    """In place of the file: the one before it may be another name of its content."""
    content = torch.load(path, weights_only=True)
    path.unlink()
    torch.save({**content, **changes}, path)


def test_a_torn_or_foreign_checkpoint_is_refused_in_words_and_the_one_before_is_used(saved, tmp_path):
    run = two_checkpoints(saved, tmp_path)
    whole = run.last_checkpoint.read_bytes()
    config = CONFIG.as_dict()
    for spoil, words in (
        (lambda path: path.write_bytes(whole[:-5000]), "is damaged, or no checkpoint"),
        (lambda path: path.write_bytes(b""), "is damaged, or no checkpoint"),
        (lambda path: path.write_text("a note to myself"), "is damaged, or no checkpoint"),
        (lambda path: rewrite(path, format=99), "has format 99; this version reads up to"),
        (lambda path: rewrite(path, config={**config, "loss_type": "l2"}), "with --loss_type l2, not l1"),
        (lambda path: rewrite(path, network={"x": torch.ones(1)}), "does not fit this network"),
        (lambda path: rewrite(path, optimizer={"state": {}, "param_groups": []}), "does not fit this network"),
        (lambda path: rewrite(path, progress={"epoch": 1, "mood": "good"}), "does not fit this network"),
        (lambda path: save_best(path, saved[1], PROGRESS, CONFIG, DATASET), "no resumable checkpoint"),
        (lambda path: torch.save([1, 2], path), "no checkpoint of this program"),
    ):
        spoil(run.last_checkpoint)
        assert words in refused(run)
        run.last_checkpoint.unlink()
        run.last_checkpoint.write_bytes(whole)


def test_a_flipped_bit_is_found_wherever_it_changes_anything(saved, tmp_path):
    """torch reads a file with wrong checksums without a word."""
    run = two_checkpoints(saved, tmp_path)
    whole = bytearray(run.last_checkpoint.read_bytes())
    with zipfile.ZipFile(run.last_checkpoint) as archive:
        entries = archive.infolist()
    biggest = max(entries, key=lambda entry: entry.file_size)
    draw = random.Random(1)
    places = [biggest.header_offset + len(biggest.filename) + 100, len(whole) // 2, len(whole) - 100, len(whole) - 10]
    places += [entry.header_offset + draw.randrange(30) for entry in draw.sample(entries, 6)]
    places += [draw.randrange(len(whole)) for _ in range(12)]
    harmless = 0
    for place in places:
        whole[place] ^= 1 << (place % 8)
        run.last_checkpoint.unlink()
        run.last_checkpoint.write_bytes(whole)
        network = build_network(CONFIG)
        found = load_last(run, Learner(network, build_optimizer(network, CONFIG), CONFIG))
        if found.path == run.last_checkpoint:  # dates and padding inside the archive
            harmless += 1
            assert found.progress == PROGRESS
            assert all(
                torch.equal(ours, theirs)
                for ours, theirs in zip(network.state_dict().values(), saved[1].state_dict().values(), strict=True)
            )
        whole[place] ^= 1 << (place % 8)
    assert harmless < len(places) / 2


def test_if_none_can_be_used_the_words_say_what_to_do(saved, tmp_path):
    run = two_checkpoints(saved, tmp_path)
    network = build_network(CONFIG)
    other = parse([*SMALL, "--loss_type", "l2"])
    with pytest.raises(BadCheckpoint) as none:
        load_last(run, Learner(network, build_optimizer(network, other), other))
    assert "--loss_type l1, not l2: resume with the same flags; last.previous.pt cannot be used either" in str(
        none.value
    )
    assert "To begin anew leave --resume out" in str(none.value)


def test_what_scoring_found_is_read_with_the_checkpoint_that_it_belongs_to(saved, tmp_path):
    run, learner = RunFolder(tmp_path), Learner(saved[1], saved[2], CONFIG)
    scored = replace(PROGRESS, epoch=3, step_in_epoch=0, best_epoch=2, elapsed_seconds=0.1)
    mark = save_last(run, learner, PROGRESS)
    save_progress(run, mark, scored)
    assert load_last(run, learner).progress == scored
    save_last(run, learner, replace(PROGRESS, step=11))
    assert load_last(run, learner).progress == replace(PROGRESS, step=11), "it names the checkpoint before"
    run.last_checkpoint.write_bytes(b"torn")
    assert load_last(run, learner).progress == scored


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"mark": 1}', b'{"format": 1, "mark": "MARK", "progress": {"epoch": 9, "x": 1}}']
)
def test_damaged_progress_is_as_none(saved, tmp_path, content):
    run, learner = RunFolder(tmp_path), Learner(saved[1], saved[2], CONFIG)
    mark = save_last(run, learner, PROGRESS)
    run.checkpoint_progress.write_bytes(content.replace(b"MARK", mark.encode()))
    assert load_last(run, learner).progress == PROGRESS
