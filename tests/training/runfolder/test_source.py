"""Which code a trainer is."""

from __future__ import annotations

from pathlib import Path

import pytest

from training.runfolder.source import DIGEST_CHARACTERS, source_digest


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    for name, content in (("a.py", "one"), ("b.py", "two")):
        (tmp_path / name).write_text(content)
    return {name: tmp_path / name for name in ("a.py", "b.py")}


def test_a_digest_is_twelve_hexadecimal_characters_in_any_order(files: dict[str, Path]) -> None:
    digest = source_digest(files)
    assert DIGEST_CHARACTERS == len(digest) == 12
    assert int(digest, 16) >= 0
    assert source_digest(dict(reversed(files.items()))) == digest


def test_another_name_content_or_file_is_another_digest(files: dict[str, Path]) -> None:
    before = source_digest(files)
    renamed = source_digest({"a.py": files["a.py"], "c.py": files["b.py"]})
    fewer = source_digest({"a.py": files["a.py"]})
    files["b.py"].write_text("twp")
    changed = source_digest(files)
    assert len({before, renamed, fewer, changed}) == 4


def test_what_moves_from_one_file_to_the_next_is_a_change(files: dict[str, Path]) -> None:
    before = source_digest(files)
    files["a.py"].write_text("onet")
    files["b.py"].write_text("wo")
    assert source_digest(files) != before


def test_a_file_that_cannot_be_read_is_an_error(files: dict[str, Path]) -> None:
    files["b.py"].unlink()
    with pytest.raises(FileNotFoundError):
        source_digest(files)
