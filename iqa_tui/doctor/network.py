"""Can the trainer build the plan's networks, and how large is a checkpoint of each?"""

from __future__ import annotations

import subprocess

from iqa_tui.doctor.ask_python import ask, last_line
from iqa_tui.doctor.finding import Finding, blocked
from iqa_tui.doctor.plan_needs import NetworkNeed
from iqa_tui.processes.start import program
from iqa_tui.words.sizes import gib_words
from training.runfolder.errors import RunFolderError
from training.runfolder.facts import read_facts

NETWORK_SECONDS = 120


def check_network(need: NetworkNeed) -> tuple[Finding, int]:
    """Let the trainer itself build a network, of shapes alone.

    Returns:
        The line, and how many bytes a checkpoint of it has; 0 if it is not known.
    """
    remedy = "Mend --backbone or --model_size in the plan; `python -m training --help` names what there is"
    try:
        answer = ask([*program("training"), *need.flags, "--check", "network"], timeout_seconds=NETWORK_SECONDS)
        if answer.returncode != 0:
            words = last_line(answer.stderr, "the trainer cannot build it")
            return blocked("network", f"{need.backbone}: {words}", remedy), 0
        facts = read_facts(answer.stdout)
    except subprocess.TimeoutExpired:
        words = f"{need.backbone}: not built within {NETWORK_SECONDS} s"
        return blocked("network", words, "Is the folder of timm on a slow network disk?"), 0
    except RunFolderError as error:
        return blocked("network", str(error), "Do `iqa_tui` and `training` come from one installation?"), 0
    if facts.parameters is None or facts.checkpoint_bytes is None:
        return Finding("network", f"{facts.network}: its size is not known without torch"), 0
    words = f"{facts.network}: {facts.parameters / 1e6:,.1f} million parameters, {gib_words(facts.checkpoint_bytes, 2)}"
    return Finding("network", f"{words} a checkpoint"), facts.checkpoint_bytes
