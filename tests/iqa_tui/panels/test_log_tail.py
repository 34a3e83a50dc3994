"""The log of the run under the cursor."""

from __future__ import annotations

from pathlib import Path

from iqa_tui.monitor.log_screen import LogLine
from iqa_tui.monitor.log_text import LogText
from iqa_tui.monitor.state import RunState
from iqa_tui.panels.log_tail import LogPanel
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase, Status


def shown(state: RunState | None, *lines: str) -> tuple[str, str]:
    panel = LogPanel()
    panel.show_log(state, LogText(tuple(map(LogLine, lines))))
    return str(panel.border_title), "\n".join(text for line in panel.draw(60, 9) for text, _ in line)


def run(phase: Phase, attempt: int = 1) -> RunState:
    return RunState(RunFolder(Path("run-a")), Status(phase, attempt=attempt))


def test_a_log_names_its_run_and_a_later_attempt() -> None:
    assert shown(run(Phase.RUNNING), "epoch 1", "epoch 2") == ("Log · run-a · following", "epoch 1\nepoch 2")
    assert shown(run(Phase.RUNNING, attempt=2))[0] == "Log · run-a · attempt 2 · following"


def test_without_colours_the_title_has_the_sign_of_the_run_s_curve() -> None:
    for has_signs, title in ((True, "Log · + run-a · following"), (False, "Log · run-a · following")):
        panel = LogPanel(has_signs=has_signs)
        panel.show_log(run(Phase.RUNNING), LogText((LogLine("epoch 1"),)), look=2)
        assert str(panel.border_title) == title


def test_a_run_without_output_says_why() -> None:
    assert shown(run(Phase.RUNNING))[1] == "No output yet."
    assert shown(run(Phase.QUEUED))[1] == "It waits for a device; its output begins when it starts."


def test_without_a_run_there_is_no_log() -> None:
    assert shown(None, "a line") == ("Log", "")
