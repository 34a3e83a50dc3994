"""Tries the command that tells the user how runs end."""

from __future__ import annotations

import shlex

from iqa_tui.doctor.finding import Finding, blocked
from iqa_tui.errors import LaunchError
from iqa_tui.monitor.told_event import example_event
from iqa_tui.processes.hook import run_hook
from iqa_tui.service.telling import notify_log
from iqa_tui.settings.file import read_settings
from training.runfolder.text import plain

SUBJECT = "notify"


def notify_finding() -> Finding:
    """Run the command once, with an event of its own kind, and say what came of it."""
    found = read_settings()
    if found.mistakes:
        return blocked(SUBJECT, plain(" ".join(found.mistakes)), "Mend the settings file; `iqa-tui settings` reads it.")
    notify = found.settings.notify
    if not notify.command:
        remedy = f'Write [notify] and command = ["…"] into {found.path}; `iqa-tui settings --example` shows how.'
        return blocked(SUBJECT, "no command is set", remedy)
    try:
        log = notify_log()
        end = run_hook(notify.command, example_event(), notify.timeout_seconds, log, "a test")
    except (LaunchError, OSError) as error:
        return blocked(SUBJECT, str(error), "It writes what the command prints into the state folder.")
    words = f"{plain(shlex.join(notify.command))}: {plain(end.words)}"
    if end.output:
        words += f"; it printed: {plain(end.output, 300)}"
    return Finding(SUBJECT, words) if end.is_good else blocked(SUBJECT, words, f"All of its output: {log}")
