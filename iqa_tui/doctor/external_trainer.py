"""Can the plan's external trainer be started?"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from iqa_tui.doctor.finding import Finding, blocked


def check_external_trainer(command: Sequence[str]) -> Finding:
    """Look for the program and the script; neither is run."""
    words = " ".join(command)
    if shutil.which(command[0]) is None:
        return blocked("trainer", f"{words}: there is no program {command[0]}", "Mend `command` in the plan, or PATH")
    scripts = [Path(word) for word in command[1:2] if word.endswith((".py", ".sh"))]
    for script in scripts:
        if not script.is_file():
            remedy = "Mend `command` in the plan: runs start in the folder that they are launched from"
            return blocked("trainer", f"{words}: there is no file {script.absolute()}", remedy)
    return Finding("trainer", f"{words}: can be started")
