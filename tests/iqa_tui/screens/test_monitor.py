"""The monitor screen: what is read there at every width, and its keys."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from iqa_tui.messages import DevicesSurveyed, RunsChanged
from iqa_tui.panels.curves import Curves
from iqa_tui.panels.gpu import GpuPanel
from iqa_tui.panels.log_tail import LogPanel
from iqa_tui.panels.run_list import RunList
from iqa_tui.screens.monitor import MonitorScreen
from iqa_tui.words.waits import Wait, WaitKind
from tests.fakes.app import OpenApp, flowing, screen_text, settle
from tests.fakes.eight_gpus import UNSEEN, WITHDRAWN
from tests.fakes.run_folders import FakeRun
from training.runfolder.exits import ExitKind


async def test_every_run_stands_with_its_state_in_words(ablation: list[FakeRun], open_app: OpenApp) -> None:
    async with open_app() as pilot:
        await settle(pilot, lambda: "F5" in screen_text(pilot))
        text = screen_text(pilot)
        for words in ("◆ recorded", "✗ failed", "✓ finished", "● running", "○ queued", "CUDA out of memory"):
            assert words in text
        assert re.search(r"▇▇▇▇▇▇▁▁▁▁ 4/5  66% +\d+ (s|min)", text)
        assert " left" in text
        assert "koniq-losses" in text
        assert re.search(r"best F2 val 0.9362 · 2 running · 1 queued · \S+ \w+ left", text)
        assert "koniq-losses · 1 of 5 finished, 2 running, 1 queued, 1 failed" in text
        assert "20.0/80 GiB" in text
        assert "ann, pid 4711" in text


async def test_the_curve_and_the_log_are_those_of_the_run_under_the_cursor(
    ablation: list[FakeRun], open_app: OpenApp
) -> None:
    async with open_app() as pilot:
        runs = pilot.app.screen.query_one(RunList)
        await settle(pilot, lambda: len(runs.row_keys) == 7)
        runs.move_to(ablation[0].run.run_id)
        await settle(pilot, lambda: "last line" in screen_text(pilot))
        assert "Log · F3 SRCC · following" in screen_text(pilot)
        await settle(pilot, lambda: any("⠀" < sign <= "⣿" for sign in screen_text(pilot)))


async def test_the_log_follows_until_the_user_scrolls_up(ablation: list[FakeRun], open_app: OpenApp) -> None:
    ablation[0].print("".join(f"line {number}\n" for number in range(300)))
    async with open_app() as pilot:
        runs, log = pilot.app.screen.query_one(RunList), pilot.app.screen.query_one(LogPanel)
        await settle(pilot, lambda: len(runs.row_keys) == 7)
        runs.move_to(ablation[0].run.run_id)
        await settle(pilot, lambda: log.lowest_line == "line 299")
        log.focus()
        await pilot.press("up", "pageup")
        assert not log.is_following
        lowest = log.lowest_line
        ablation[0].print("newer\n")
        await settle(pilot, lambda: log._place.lines[-1].text == "newer")
        assert log.lowest_line == lowest
        await pilot.press("end")
        assert log.is_following
        assert log.lowest_line == "newer"


async def test_a_filter_shows_what_matches_and_escape_shows_all(ablation: list[FakeRun], open_app: OpenApp) -> None:
    async with open_app() as pilot:
        runs = pilot.app.screen.query_one(RunList)
        await settle(pilot, lambda: len(runs.row_keys) == 7)
        await pilot.press("slash", *"rank")
        await settle(pilot, lambda: len(runs.row_keys) == 2)
        await settle(pilot, lambda: screen_text(pilot).splitlines()[-1].split() == ["enter", "done", "esc", "back"])
        await pilot.press("enter")
        assert pilot.app.focused is runs
        assert "matching" in str(runs.border_title)
        await pilot.press("escape")
        await settle(pilot, lambda: len(runs.row_keys) == 7)


async def test_z_gives_the_curves_the_whole_screen_and_escape_takes_it_back(
    ablation: list[FakeRun], open_app: OpenApp
) -> None:
    async with open_app() as pilot:
        curves = pilot.app.screen.query_one(Curves)
        before = curves.size.height
        await pilot.press("z")
        await settle(pilot, lambda: curves.size.height > before)
        await pilot.press("escape")
        await settle(pilot, lambda: curves.size.height == before)


async def test_d_folds_the_devices_and_tab_changes_panels(ablation: list[FakeRun], open_app: OpenApp) -> None:
    async with open_app((80, 24)) as pilot:
        gpus, curves, log = (pilot.app.screen.query_one(kind) for kind in (GpuPanel, Curves, LogPanel))
        await pilot.press("d")
        assert not gpus.display
        await pilot.press("d")
        assert gpus.display
        assert (curves.size.height > 0, log.size.height > 0) == (True, False)
        await pilot.press("tab", "tab")
        await settle(pilot, lambda: log.size.height > 0 and curves.size.height == 0)
        assert pilot.app.focused is log


async def test_the_command_is_copied(ablation: list[FakeRun], open_app: OpenApp) -> None:
    async with open_app() as pilot:
        runs = pilot.app.screen.query_one(RunList)
        await settle(pilot, lambda: len(runs.row_keys) == 7)
        runs.move_to(ablation[0].run.run_id)
        await pilot.press("y")
        assert pilot.app.clipboard == f"python -m training --loss_type srcc --run_folder {ablation[0].run.path}"


async def test_no_runs_teach_how_to_start(open_app: OpenApp) -> None:
    async with open_app() as pilot:
        await settle(pilot, lambda: "No runs in" in screen_text(pilot))
        assert "Press 1, then enter" in screen_text(pilot)


async def test_a_mouse_click_moves_the_cursor_and_a_second_one_chooses(
    ablation: list[FakeRun], open_app: OpenApp
) -> None:
    async with open_app() as pilot:
        runs, curves = pilot.app.screen.query_one(RunList), pilot.app.screen.query_one(Curves)
        await settle(pilot, lambda: len(runs.row_keys) == 7)
        await pilot.click(RunList, offset=(10, 7))
        assert runs.cursor_key == ablation[1].run.run_id
        await pilot.click(RunList, offset=(10, 7))
        await pilot.pause()
        assert [series.name for plot in curves.plots for series in plot.series if plot.key == "loss"] == ["F4"]
        assert ablation[1].run.run_id in pilot.app.screen.view.marked


async def test_devices_that_no_longer_answer_stay_on_screen_with_their_age(open_app: OpenApp) -> None:
    async with open_app() as pilot:
        panel, message = pilot.app.screen.query_one(GpuPanel), pilot.app.latest_devices
        await settle(pilot, lambda: panel.border_title == "GPUs · 2 × H100")
        panel.show(message.survey, None, {}, {}, message.survey.taken_at + 30)
        assert panel.border_title == "GPUs · 2 × H100 · last seen 30 s ago"
        assert "20.0/80 GiB" in screen_text(pilot)


async def test_the_cause_stands_in_full_if_its_column_is_too_narrow(runs_dir: Path, open_app: OpenApp) -> None:
    cause = "exit 1: CUDA out of memory (GPU 0, 23.6 of 24 GiB)"
    FakeRun.queue(runs_dir, "F2").start().end(ExitKind.FAILED, cause)
    async with open_app((80, 24)) as pilot:
        runs = pilot.app.screen.query_one(RunList)
        await settle(pilot, lambda: len(runs.row_keys) == 3)
        await pilot.press("j")
        await settle(pilot, lambda: cause in screen_text(pilot))


async def test_the_cursor_begins_on_a_run_that_is_alive(ablation: list[FakeRun], open_app: OpenApp) -> None:
    async with open_app() as pilot:
        runs = pilot.app.screen.query_one(RunList)
        await settle(pilot, lambda: runs.cursor_key == ablation[0].run.run_id)
        await settle(pilot, lambda: "last line" in screen_text(pilot))


async def test_in_the_smallest_form_tab_shows_one_thing_after_the_other_in_all_of_the_room(
    ablation: list[FakeRun], open_app: OpenApp
) -> None:
    async with open_app((60, 15)) as pilot:
        screen = pilot.app.screen
        await settle(pilot, lambda: screen_text(pilot).count("● running") == 2)
        panels = [screen.query_one(kind) for kind in (RunList, GpuPanel, Curves, LogPanel)]
        assert "tab next" in screen_text(pilot).splitlines()[-1]
        for panel in (*panels, panels[0]):
            await settle(pilot, lambda panel=panel: [each for each in panels if each.size.height] == [panel])
            assert pilot.app.focused is panel
            assert panel.size.height >= (6 if panel is panels[0] else 11)
            await pilot.press("tab")
        assert screen.show_vertical_scrollbar is False


async def test_in_the_smallest_form_folded_devices_have_no_turn_and_a_larger_one_shows_all(
    ablation: list[FakeRun], open_app: OpenApp
) -> None:
    async with open_app((60, 15)) as pilot:
        screen = pilot.app.screen
        runs, gpus, curves = (screen.query_one(kind) for kind in (RunList, GpuPanel, Curves))
        await pilot.press("tab")
        await settle(pilot, lambda: pilot.app.focused is gpus)
        await pilot.press("d")
        await settle(pilot, lambda: pilot.app.focused is runs and runs.size.height > 0)
        await pilot.press("tab")
        await settle(pilot, lambda: pilot.app.focused is curves)
        await pilot.press("d", "shift+tab")
        await settle(pilot, lambda: gpus.size.height > 0)
        await pilot.resize_terminal(140, 40)
        await settle(pilot, lambda: all(each.size.height for each in (runs, gpus, curves)))
        assert pilot.app.focused is runs, "what is always in sight has no focus"


async def test_in_the_smallest_form_a_filter_is_typed_beside_the_runs(
    ablation: list[FakeRun], open_app: OpenApp
) -> None:
    async with open_app((60, 15)) as pilot:
        runs = pilot.app.screen.query_one(RunList)
        await settle(pilot, lambda: "● running" in screen_text(pilot))
        await pilot.press("tab", "tab", "slash", *"F3")
        await settle(pilot, lambda: runs.size.height > 0 and len(runs.row_keys) == 2)


LONGEST_CAUSE = "exit 3: ValueError: " + " ".join(f"word{number} [{number}]" for number in range(24)) + " the end"


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_the_longest_cause_can_be_read_whole(runs_dir: Path, open_app: OpenApp, size: tuple[int, int]) -> None:
    assert len(LONGEST_CAUSE) > 290
    FakeRun.queue(runs_dir, "F2").start().end(ExitKind.FAILED, LONGEST_CAUSE)
    FakeRun.queue(runs_dir, "F3").start().end(ExitKind.FAILED, "exit 1: KeyError: ['mos']")
    async with open_app(size) as pilot:
        await settle(pilot, lambda: LONGEST_CAUSE in flowing(screen_text(pilot)))
        await pilot.press("j")
        await settle(pilot, lambda: "╰" in screen_text(pilot) and "KeyError: ['mos'] ─╯" in screen_text(pilot))
        assert "the end" not in screen_text(pilot)


async def test_all_that_a_queued_run_waits_for_can_be_read(runs_dir: Path, open_app: OpenApp) -> None:
    fake = FakeRun.queue(runs_dir, "F2")
    reason = f"needs a GPU: GPU 1 held by ann, pid 4711 python (21.3 GiB, 3.0 h); GPU 2 {UNSEEN}; GPU 5 {WITHDRAWN}"
    async with open_app((80, 24)) as pilot:
        pilot.app.gpu_watcher.stop()
        await settle(pilot, lambda: "○ queued" in screen_text(pilot))
        survey = pilot.app.latest_devices.survey
        pilot.app.post_message(DevicesSurveyed(survey, None, {}, {fake.run.run_id: Wait(WaitKind.CLOSED, why=reason)}))
        await settle(pilot, lambda: reason in flowing(screen_text(pilot)))


async def test_at_80_columns_reasons_are_worth_more_than_bars(open_on_eight: OpenApp) -> None:
    async with open_on_eight((80, 24)) as pilot:
        await settle(pilot, lambda: "3 more, 2 of them free: 1 lists them all" in screen_text(pilot))
        text = screen_text(pilot)
        assert "ann, pid 4711 python (21.3 GiB, 3.0 h)" in text
        assert "not seen for 16 s: its driver does not answer" in text
        assert "11.7 of 80 GiB are in use by a process" in text


async def test_at_140_columns_reasons_stand_beside_the_bars(open_on_eight: OpenApp) -> None:
    async with open_on_eight((140, 60)) as pilot:

        def devices() -> str:
            return flowing("\n".join(line.rpartition("││")[2] for line in screen_text(pilot).splitlines()))

        await settle(pilot, lambda: all(words in devices() for words in (UNSEEN, WITHDRAWN, "█")))


async def test_a_folder_that_cannot_be_read_says_so_above_the_runs_as_they_were(
    ablation: list[FakeRun], open_app: OpenApp
) -> None:
    async with open_app((80, 24)) as pilot:
        await settle(pilot, lambda: "● running" in screen_text(pilot))
        pilot.app.run_watcher.stop()
        pilot.app.post_message(RunsChanged(pilot.app._runs, "Stale file handle: /mnt/runs"))
        await settle(pilot, lambda: "as they were last: Stale file handle: /mnt/runs" in screen_text(pilot))
        assert "● running" in screen_text(pilot)


@pytest.mark.parametrize(("is_over", "times"), [(True, 1), (False, 12)])
async def test_times_are_computed_seldom_if_all_runs_are_over(
    runs_dir: Path, open_app: OpenApp, monkeypatch: pytest.MonkeyPatch, is_over: bool, times: int
) -> None:
    run = FakeRun.queue(runs_dir, "F2").start().train(50)
    held = [] if is_over else run.hold()
    if is_over:
        run.finish()
    async with open_app() as pilot:
        await settle(pilot, lambda: ("✓ finished" if is_over else "● running") in screen_text(pilot))
        screen = pilot.app.screen
        assert isinstance(screen, MonitorScreen)
        drawn: list[float] = []
        monkeypatch.setattr(screen, "runs_changed", lambda: drawn.append(1.0))
        for _ in range(12):
            screen._tick()
        assert len(drawn) == times
    for descriptor in held:
        os.close(descriptor)
