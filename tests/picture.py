"""A picture of the app on real runs, as SVG: `python -m tests.picture RUNS_DIR OUT.svg [SCREEN [KEY …]]`.

For example, for the README: `python -m tests.picture runs docs/monitor.svg monitor a`.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from iqa_tui.app import IqaApp

SIZE = (140, 40)
SETTLE_SECONDS = 3.0
"""Runs are read and devices surveyed; a device's history needs some samples."""


async def picture(runs_dir: Path, room: str, keys: list[str]) -> str:
    app = IqaApp(runs_dir, room=room)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause(SETTLE_SECONDS)
        for key in keys:
            await pilot.press(key)
        await pilot.pause(SETTLE_SECONDS)
        return app.export_screenshot(title="iqa-tui")


if __name__ == "__main__":
    runs, target, room, *pressed = [*sys.argv[1:], *(["monitor"] if len(sys.argv) == 3 else [])]
    Path(target).write_text(asyncio.run(picture(Path(runs), room, pressed)), encoding="utf-8")
