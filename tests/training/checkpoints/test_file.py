"""One checkpoint file: written aside, read without running code, every byte of it checked."""

import os

import pytest
import torch

from training.checkpoints.file import FORMAT, read_file, save_file, size_bytes
from training.errors import BadCheckpoint

CONTENT = {"format": FORMAT, "network": {"weight": torch.arange(6.0).reshape(2, 3)}, "epoch": 3}


def test_what_was_saved_is_read_and_nothing_lies_beside_it(tmp_path):
    save_file(tmp_path / "made" / "best.pt", CONTENT)
    content = read_file(tmp_path / "made" / "best.pt")
    assert (content["format"], content["epoch"]) == (FORMAT, 3)
    assert torch.equal(content["network"]["weight"], CONTENT["network"]["weight"])
    assert [path.name for path in (tmp_path / "made").iterdir()] == ["best.pt"]


def test_the_old_file_stands_until_the_new_one_is_whole(tmp_path):
    path = tmp_path / "best.pt"
    save_file(path, CONTENT)
    seen = []

    def look() -> None:
        (aside,) = [each for each in tmp_path.iterdir() if each != path]
        seen.append((read_file(path)["epoch"], read_file(aside)["epoch"]))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        save_file(path, {**CONTENT, "epoch": 4}, before_replacing=look)
    assert seen == [(3, 4)]
    assert read_file(path)["epoch"] == 3
    assert list(tmp_path.iterdir()) == [path]


def test_a_write_that_fails_is_told_as_what_the_system_said(tmp_path, monkeypatch):
    """Torch raises a RuntimeError of its own."""
    save_file(tmp_path / "best.pt", CONTENT)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("training.checkpoints.file.os.fsync", full)
    with pytest.raises(OSError, match="No space left on device"):
        save_file(tmp_path / "best.pt", {**CONTENT, "epoch": 4})
    assert read_file(tmp_path / "best.pt")["epoch"] == 3
    monkeypatch.undo()
    monkeypatch.setattr("training.checkpoints.file.open_own", lambda *_: open("/dev/full", "wb", 0))  # noqa: PTH123, SIM115
    with pytest.raises(OSError, match="No space left on device"):
        save_file(tmp_path / "best.pt", {**CONTENT, "big": torch.zeros(1 << 20)})


def test_there_is_no_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_file(tmp_path / "best.pt")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is damaged, or no checkpoint"),
        (b"PK\x03\x04 and no more", "is damaged, or no checkpoint"),
        ([1, 2], "is no checkpoint of this program"),
        ({"network": {}}, "is no checkpoint of this program"),
        ({"format": 1}, "is no checkpoint of this program"),
        ({"format": FORMAT + 1, "network": {}}, f"has format {FORMAT + 1}; this version reads up to {FORMAT}"),
    ],
)
def test_what_is_no_checkpoint_is_refused_by_name(tmp_path, content, words):
    path = tmp_path / "best.pt"
    path.write_bytes(content) if isinstance(content, bytes) else torch.save(content, path)
    with pytest.raises(BadCheckpoint) as refused:
        read_file(path)
    assert str(refused.value).startswith(f"{path} ")
    assert words in str(refused.value)


@pytest.mark.parametrize("place", range(10))
def test_a_file_that_was_cut_or_changed_is_found(tmp_path, place):
    save_file(tmp_path / "best.pt", CONTENT)
    whole = (tmp_path / "best.pt").read_bytes()
    (tmp_path / "cut.pt").write_bytes(whole[: len(whole) * place // 10])
    with pytest.raises(BadCheckpoint):
        read_file(tmp_path / "cut.pt")
    start = whole.index(CONTENT["network"]["weight"].numpy().tobytes())
    changed = bytearray(whole)
    changed[start + 2 * place] ^= 1
    (tmp_path / "changed.pt").write_bytes(changed)
    with pytest.raises(BadCheckpoint, match=r"is damaged \(the checksum of .* in it is wrong\)"):
        read_file(tmp_path / "changed.pt")


def test_no_code_in_a_file_is_run(tmp_path):
    class Code:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "mark"),)

    torch.save({"format": FORMAT, "network": {}, "code": Code()}, tmp_path / "best.pt")
    with pytest.raises(BadCheckpoint, match="is damaged, or no checkpoint"):
        read_file(tmp_path / "best.pt")
    assert not (tmp_path / "mark").exists()


def test_a_checkpoint_takes_its_tensors_and_those_of_the_optimizer():
    network = torch.nn.Linear(4, 3)
    assert size_bytes(network) == (12 + 3) * 4
    optimizer = torch.optim.AdamW(network.parameters())
    assert size_bytes(network, optimizer) == 60
    network(torch.zeros(1, 4)).sum().backward()
    optimizer.step()
    assert size_bytes(network, optimizer) == 60 + 2 * 60 + 2 * 4  # two moments of each tensor, and its step
