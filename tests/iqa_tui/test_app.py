"""The app as a whole: its forms, its help, how it is left."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from textual.command import CommandPalette

from iqa_tui.app import IqaApp, run_app
from iqa_tui.panels.run_list import RunList
from iqa_tui.screens.confirm import ConfirmScreen
from iqa_tui.screens.help import HelpScreen
from tests.fakes.app import OpenApp, screen_text, settle
from tests.fakes.run_folders import FakeRun
from tests.fakes.runs import files_in


@pytest.mark.parametrize("size", [(140, 40), (80, 24), (60, 15), (59, 40), (20, 5), (1, 1), (250, 80)])
@pytest.mark.parametrize("ascii_mode", [False, True])
async def test_every_screen_stands_in_every_size(
    ablation: list[FakeRun], open_app: OpenApp, size: tuple[int, int], ascii_mode: bool
) -> None:
    async with open_app(size, ascii_mode=ascii_mode) as pilot:
        for key, room in (("2", "monitor"), ("1", "launch"), ("3", "results"), ("2", "monitor")):
            await pilot.press(key)
            await settle(pilot, lambda room=room: pilot.app.screen.id == room)
            lines = screen_text(pilot).splitlines()
            assert len(lines) == size[1]
            if size[0] < 60 or size[1] < 15:
                assert "needs" in lines[0] or size[0] < 10
            else:
                assert "Monitor" in lines[0]
                assert "leave" in lines[-1]
                assert "help" in lines[-1]


async def test_a_terminal_that_changes_its_size_changes_the_form(ablation: list[FakeRun], open_app: OpenApp) -> None:
    async with open_app((140, 40)) as pilot:
        for size, form in (((80, 24), "-narrow"), ((20, 5), "-tiny"), ((140, 40), "-wide")):
            await pilot.resize_terminal(*size)
            await settle(pilot, lambda form=form: pilot.app.screen.has_class(form))
            assert pilot.app.screen.has_class("-tiny") == (size == (20, 5))


async def test_in_ascii_nothing_else_reaches_the_terminal(ablation: list[FakeRun], open_app: OpenApp) -> None:
    async with open_app((140, 40), ascii_mode=True) as pilot:
        for key in ("2", "1", "3"):
            await pilot.press(key)
            await pilot.pause(0.1)
            assert screen_text(pilot).isascii()
        await pilot.press("question_mark")
        await settle(pilot, lambda: isinstance(pilot.app.screen, HelpScreen))
        assert screen_text(pilot).isascii()


async def test_the_palette_opens_with_our_commands(open_app: OpenApp) -> None:
    async with open_app() as pilot:
        titles = [command.title for command in pilot.app.get_system_commands(pilot.app.screen)]
        assert {"Launch", "Monitor", "Results", "Export", "Leave"} <= set(titles)
        assert "Quit" not in titles
        await pilot.press("ctrl+p")
        await settle(pilot, lambda: CommandPalette.is_open(pilot.app))


async def test_with_no_run_alive_q_leaves_at_once(runs_dir: Path, open_app: OpenApp) -> None:
    FakeRun.queue(runs_dir, "F2").start().end()
    async with open_app() as pilot:
        await settle(pilot, lambda: "✗ failed" in screen_text(pilot))
        await pilot.press("q")
        assert not pilot.app.is_running or pilot.app._exit


async def test_with_runs_alive_leaving_asks_and_leaves_them_running(ablation: list[FakeRun], open_app: OpenApp) -> None:
    async with open_app() as pilot:
        await settle(pilot, lambda: "● running" in screen_text(pilot))
        await pilot.press("q")
        await settle(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
        assert "F3 SRCC" in screen_text(pilot)
        await pilot.press("escape")
        await settle(pilot, lambda: not isinstance(pilot.app.screen, ConfirmScreen))
        assert not pilot.app._exit
        await pilot.press("q")
        await settle(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
        await pilot.press("enter")
        await pilot.pause()
        assert pilot.app._exit
    assert not any(fake.run.stop.exists() for fake in ablation)


async def test_leaving_can_stop_everything(ablation: list[FakeRun], open_app: OpenApp) -> None:
    async with open_app() as pilot:
        await settle(pilot, lambda: "● running" in screen_text(pilot))
        await pilot.press("q")
        await settle(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
        await pilot.press("right", "enter")
        await settle(pilot, lambda: pilot.app._exit)
    assert [fake.run.stop.exists() for fake in ablation] == [True, True]


async def test_nothing_is_painted_while_nothing_changes(
    runs_dir: Path, open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("iqa_tui.screens.monitor.TICK_SECONDS", 0.1)
    monkeypatch.setattr("iqa_tui.screens.monitor.TICKS_WITHOUT_CHANGE", 1)
    FakeRun.queue(runs_dir, "F2").start().train(50).end()
    async with open_app() as pilot:
        await settle(pilot, lambda: "✗ failed" in screen_text(pilot))
        await pilot.pause(0.5)
        app = pilot.app
        app.gpu_watcher.stop()
        await pilot.pause(0.5)
        painted: list[object] = []
        app._display = lambda _screen, update: painted.append(update)  # type: ignore[method-assign]
        await pilot.pause(1.0)  # many ticks, and two looks at the runs
        assert painted == []


async def test_a_read_only_app_offers_no_order_and_changes_no_file(
    ablation: list[FakeRun], runs_dir: Path, open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IQA_TUI_READ_ONLY", "1")
    before = files_in(runs_dir)
    async with open_app(room="launch") as pilot:
        await settle(pilot, lambda: "● running" in screen_text(pilot))
        lines = screen_text(pilot).splitlines()
        assert "read only" in lines[0]
        assert "Launch" not in lines[0]
        assert not {"stop", "retry", "hold", "priority"} & set(lines[-1].split())
        titles = [command.title for command in pilot.app.get_system_commands(pilot.app.screen)]
        assert not {"Launch", "Stop", "Retry", "Hold", "Priority"} & set(titles)
        for row in pilot.app.screen.query_one(RunList).row_keys:
            pilot.app.screen.query_one(RunList).move_to(row)
            await pilot.press("K", "R", "h", "p", "1")
            assert pilot.app.screen.id == "monitor"
        await pilot.press("question_mark")
        await settle(pilot, lambda: isinstance(pilot.app.screen, HelpScreen))
        said = {description for _, _, description in pilot.app.screen._entries}
        assert not [words for words in said if words.startswith(("stop", "retry", "hold", "next priority", "launch"))]
        await pilot.press("escape", "q")
        await settle(pilot, lambda: pilot.app._exit)
    assert files_in(runs_dir) == before


def test_without_a_terminal_it_says_so_and_ends(tmp_path: Path) -> None:
    code = (
        f"from pathlib import Path; from iqa_tui.app import run_app; raise SystemExit(run_app(Path({str(tmp_path)!r})))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "needs a terminal" in done.stderr
    assert done.stdout == ""


def test_an_unknown_screen_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="launch, monitor, results"):
        run_app(tmp_path, screen="kitchen")


def test_no_color_is_obeyed_and_passed_on_to_children(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = IqaApp(tmp_path)
    assert app.no_color
    assert os.environ["NO_COLOR"] == "1"


def test_the_app_loads_no_numpy_no_driver_and_no_reader_of_runs_before_its_first_paint() -> None:
    late = (
        "numpy",
        "pynvml",
        "psutil",
        "torch",
        "iqa_tui.monitor.catalog",
        "training.runfolder.read",
        "training.runfolder.status",
    )
    code = f"import sys, iqa_tui.app, iqa_tui.screens.monitor; print([m for m in {late} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


async def test_no_message_is_markup_and_what_is_copied_is_one_plain_line(open_app: OpenApp) -> None:
    async with open_app() as pilot:
        pilot.app.notify("[bold]F2[/bold] \x1b]0;x\x07\nis stopped", title="[red]t")
        pilot.app.screen.notify("[link=https://a]b[/link]")
        await settle(pilot, lambda: len(pilot.app._notifications) == 2)
        told = [(note.message, note.markup) for note in pilot.app._notifications]
        assert told == [("[bold]F2[/bold] \\x1b]0;x\\x07\nis stopped", False), ("[link=https://a]b[/link]", False)]
        pilot.app.copy_to_clipboard("rm x\nrm y\x1b[201~\tz")
        assert pilot.app.clipboard == "rm x rm y\\x1b[201~\tz"
