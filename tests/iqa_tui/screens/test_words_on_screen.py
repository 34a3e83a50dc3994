"""What a person must be able to read where the screen is narrow: whole causes, whole reasons, keys that do something."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from iqa_tui.devices.device import Device, DeviceState
from iqa_tui.devices.gpus.sample import GpuSample
from iqa_tui.devices.survey import Survey
from iqa_tui.messages import DevicesSurveyed, RunsChanged
from iqa_tui.panels.device_list import DeviceList
from iqa_tui.panels.run_list import RunList
from iqa_tui.screens.confirm import Choice, ConfirmScreen
from iqa_tui.words.waits import Wait, WaitKind
from tests.fakes.run_folders import FakeRun
from tests.iqa_tui.screens.conftest import OpenApp, screen_text, settle
from training.runfolder.exits import ExitKind
from training.runfolder.schema import Place
from training.runfolder.write import write_record

LONGEST_CAUSE = "exit 3: ValueError: " + " ".join(f"word{number} [{number}]" for number in range(24)) + " the end"
UNSEEN = "11.7 of 80 GiB are in use by a process that cannot be seen from here"
WITHDRAWN = "withdrawn by ann: fan is broken; `iqa-tui restore 5` restores it"


def flowing(text: str) -> str:
    """The words of a screen without its frames and line ends."""
    return " ".join(text.replace("│", " ").split())


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


def gpu(number: int, reason: str) -> DeviceState:
    sample = GpuSample(number, f"GPU-{number}", "NVIDIA H100", 20 << 30, 80 << 30, 40, 55)
    device = Device(sample.uuid, "gpu", number, sample.name)
    return DeviceState(device, reason == "free", reason, sample, withdrawn=reason.startswith("withdrawn"))


def eight_gpus() -> Survey:
    reasons = ["free", "held by ann, pid 4711 python (21.3 GiB, 3.0 h)", UNSEEN, "it is 97% busy"]
    reasons += ["not seen for 16 s: its driver does not answer", WITHDRAWN, "free", "free"]
    return Survey(tuple(gpu(number, reason) for number, reason in enumerate(reasons)), "", time.time(), "gpu")


def surveyor(survey: Callable[[], Survey]) -> type:
    return type("FakeSurveyor", (), {"survey": lambda _self: survey()})


@pytest.fixture
def open_on_eight(open_app: OpenApp, monkeypatch: pytest.MonkeyPatch) -> OpenApp:
    monkeypatch.setattr("tests.iqa_tui.screens.conftest.FakeSurveyor", surveyor(eight_gpus))
    return open_app


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


async def test_a_device_says_all_about_itself_on_the_launch_screen(open_on_eight: OpenApp) -> None:
    async with open_on_eight((80, 24), room="launch") as pilot:
        devices = pilot.app.screen.query_one(DeviceList)
        await settle(pilot, lambda: len(devices.row_keys) == 8 and "demo" in screen_text(pilot))
        devices.focus()
        await pilot.press("end", "k", "k")
        await settle(pilot, lambda: WITHDRAWN in flowing(screen_text(pilot)))
        assert "all at once" in screen_text(pilot)
        assert "8 devices" not in screen_text(pilot)  # one gets no runs
        await pilot.press("tab")
        await settle(pilot, lambda: "Command" in screen_text(pilot))


async def test_the_keys_below_are_those_that_do_something_for_this_run(
    ablation: list[FakeRun], open_app: OpenApp
) -> None:
    orders = {"stop", "retry", "hold", "release", "priority"}
    expected = {"F1": {"retry"}, "F2": set(), "F3": {"stop"}, "F5": {"stop", "hold", "priority"}}
    async with open_app((80, 24)) as pilot:
        runs = pilot.app.screen.query_one(RunList)
        await settle(pilot, lambda: len(runs.row_keys) == 6)
        by_id = {state.experiment: state for state in pilot.app._runs}
        for identity, shown in expected.items():
            runs.move_to(by_id[identity].run_id)
            await settle(pilot, lambda shown=shown: orders & set(screen_text(pilot).splitlines()[-1].split()) == shown)
        write_record(by_id["F5"].run.place, Place("ann", 1.0, held=True))
        await settle(pilot, lambda: " release " in screen_text(pilot).splitlines()[-1])
        await pilot.press("K")
        await settle(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
        assert "Keep it queued" in screen_text(pilot)


async def test_a_folder_that_cannot_be_read_says_so_above_the_runs_as_they_were(
    ablation: list[FakeRun], open_app: OpenApp
) -> None:
    async with open_app((80, 24)) as pilot:
        await settle(pilot, lambda: "● running" in screen_text(pilot))
        pilot.app.run_watcher.stop()
        pilot.app.post_message(RunsChanged(pilot.app._runs, "Stale file handle: /mnt/runs"))
        await settle(pilot, lambda: "as they were last: Stale file handle: /mnt/runs" in screen_text(pilot))
        assert "● running" in screen_text(pilot)


async def test_runs_of_several_seeds_are_told_apart_at_80_columns(runs_dir: Path, open_app: OpenApp) -> None:
    FakeRun.queue(runs_dir, "F5", seed=7)
    async with open_app((80, 24)) as pilot:
        await settle(pilot, lambda: "Pairwise" in screen_text(pilot))
        assert "seed" not in screen_text(pilot)
        FakeRun.queue(runs_dir, "F5", seed=1234)
        await settle(pilot, lambda: "F5      7 Pairwise" in screen_text(pilot))
        assert "F5   1234 Pairwise" in screen_text(pilot)
        assert "Runs · 0 of 2 finished, 4.0 h left ─" in screen_text(pilot)


async def test_the_answers_stay_in_sight_however_long_the_text(open_app: OpenApp) -> None:
    async with open_app((80, 24)) as pilot:
        lines = [f"line {number} " + "word " * 30 for number in range(30)]
        pilot.app.push_screen(ConfirmScreen("Nothing was launched", lines, (Choice("close", "Close"),)))
        await settle(pilot, lambda: "line 0 " in screen_text(pilot) and "Close" in screen_text(pilot))
        for _ in range(8):
            await pilot.press("pagedown")
        await settle(pilot, lambda: "line 29 " in screen_text(pilot) and "Close" in screen_text(pilot))


async def test_an_error_names_the_run_but_leaves_paths_as_they_are(
    runs_dir: Path, open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = FakeRun.queue(runs_dir, "F2")

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("iqa_tui.queue.hold.write_record", refuse)
    async with open_app() as pilot:
        await settle(pilot, lambda: "○ queued" in screen_text(pilot))
        await pilot.press("h")
        await settle(pilot, lambda: len(pilot.app._notifications) == 1)
        (said,) = [str(note.message) for note in pilot.app._notifications]
        assert said == f"{fake.run.place}: cannot be written (No space left on device). Make room, then try again."


async def test_a_title_shows_its_brackets(runs_dir: Path, open_app: OpenApp) -> None:
    FakeRun.queue(runs_dir, "F2", created=100.0).start().finish()
    FakeRun.queue(runs_dir, "F3", created=50.0, group="older").start().finish()
    async with open_app(room="results") as pilot:
        await settle(pilot, lambda: "table 1 of 2, [ and ] change" in screen_text(pilot))
