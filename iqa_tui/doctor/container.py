"""Does this process see the machine's own process ids?"""

from __future__ import annotations

from pathlib import Path

from iqa_tui.devices.gpus.namespace import OWN_NAMESPACE, counts_as_the_host
from iqa_tui.doctor.finding import Finding, doubtful


def check_container(namespace: Path = OWN_NAMESPACE) -> Finding:
    """In a container with its own process ids, other users of a GPU cannot be named."""
    try:
        inside = not counts_as_the_host(namespace)
    except OSError:
        return Finding("processes", "this system does not say whether it is a container")
    if not inside:
        return Finding("processes", "process ids are the machine's own, so the users of a GPU can be named")
    return doubtful(
        "processes",
        "in a container: processes on a GPU are bare numbers, and every run is killed with the container",
        "Start the container with --pid=host; until then memory and load decide which GPU is free",
    )
