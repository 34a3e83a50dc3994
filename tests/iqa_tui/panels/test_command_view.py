"""A command, wrapped."""

from __future__ import annotations

import shlex

from iqa_tui.panels.command_view import wrapped_command


def test_a_command_is_wrapped_so_that_a_shell_reads_the_same_words() -> None:
    words = ["python", "-m", "training", "--dataset", "koniq-10k", "--lr", "5e-6", "--data_path", "/a b/c", "--no_spaq"]
    for width in (24, 40, 80, 200):
        lines = wrapped_command(words, width)
        joined_by_the_shell = "\n".join(lines).replace("\\\n", "")
        assert shlex.split(joined_by_the_shell) == words
    assert wrapped_command([], 40) == []
    assert any("--dataset koniq-10k" in line for line in wrapped_command(words, 30))
