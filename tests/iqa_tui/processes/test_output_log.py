"""One log that a trainer writes itself, cut in its middle."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from iqa_tui.processes import output_log as output
from iqa_tui.processes.output_log import OutputLog


def test_the_end_of_a_log_that_was_cut_is_what_was_printed_last(tmp_path: Path) -> None:
    log = OutputLog(tmp_path / "output.log", largest_bytes=8000)
    for number in range(1000):
        os.write(log.descriptor, b"line %d\n" % number)
    log.limit()
    content = (tmp_path / "output.log").read_bytes()
    assert len(content) < 3000
    assert content.startswith(b"line 0\n")
    assert content.endswith(b"line 999\n")
    os.write(log.descriptor, b"the next\n")
    assert (tmp_path / "output.log").read_bytes() == content + b"the next\n"


def test_a_log_is_not_written_where_a_link_in_its_place_leads(tmp_path: Path) -> None:
    (tmp_path / "output.log").symlink_to(tmp_path / "treasure")
    with pytest.raises(OSError, match="symbolic links"):
        OutputLog(tmp_path / "output.log")
    assert not (tmp_path / "treasure").exists()


def test_a_log_that_was_cut_twice_says_how_much_is_missing_in_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output, "MIB", 1)
    log = OutputLog(tmp_path / "output.log", largest_bytes=800)
    for _ in range(2):
        os.write(log.descriptor, b"x" * 1000)
        log.limit()
    (cut,) = re.findall(rb"iqa-tui: ([\d.]+) MiB", (tmp_path / "output.log").read_bytes())
    assert 1800 <= float(cut) < 1900  # 2,000 less head and tail; the first note is among them
