"""Where weights come from, and whether they can be fetched."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from iqa_tui.doctor.weights import check_weights
from tests.fakes.doctor import sign


def test_weights_are_found_where_the_trainer_finds_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    missing = check_weights("resnet50", "pretrained")
    assert (sign(missing), missing.words) == ("blocked", "resnet50: not here, and HF_HUB_OFFLINE forbids fetching them")
    assert "--set weights=FILE" in missing.remedy
    cached = tmp_path / "hub" / "models--timm--resnet50.a1_in1k" / "snapshots" / "abc" / "model.safetensors"
    cached.parent.mkdir(parents=True)
    cached.touch()
    assert sign(check_weights("resnet50", "pretrained")) == "ok"
    assert check_weights("tf_efficientnet_lite0", "pretrained").words.endswith("installed as a package")
    assert check_weights("resnet50", "none").words == "resnet50: not needed, training starts from random weights"
    assert sign(check_weights("resnet50", str(cached))) == "ok"
    assert sign(check_weights("resnet50", str(tmp_path / "no-file"))) == "blocked"


def test_weights_that_are_not_here_are_fetched_where_the_hub_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    with socket.create_server(("127.0.0.1", 0)) as hub:
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{hub.getsockname()[1]}")
        finding = check_weights("resnet50", "pretrained")
        assert (sign(finding), "the first run fetches them" in finding.words) == ("ok", True)
    asked = []
    monkeypatch.setattr(socket, "create_connection", lambda address, timeout: asked.append(address) or refuse())
    check_weights("resnet18", "pretrained")
    finding = check_weights("resnet50", "pretrained")
    assert len(asked) == 1
    assert sign(finding) == "blocked"
    assert finding.words == "resnet50: not here, and the Hugging Face hub (127.0.0.1) does not answer"


def refuse() -> None:
    raise ConnectionRefusedError
