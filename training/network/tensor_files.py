"""Files of tensors: read without running code, out of whatever a training program wrapped them in."""

from __future__ import annotations

import contextlib
import io
import pickle
import pickletools
import re
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from training.errors import NoWeights

StateDict = dict[str, Tensor]

WRAPPERS = (
    *(
        "state_dict_ema",
        "model_ema",
        "params_ema",
        "ema",
    ),  # averaged weights are preferred
    *("state_dict", "model_state_dict", "model_state", "model", "params", "network", "net", "weights", "teacher"),
)
"""Keys under which training programs store a state dict, the preferred first."""
PREFIXES = ("module.", "_orig_mod.", "model.", "net.", "network.", "encoder.")
"""Of DataParallel, torch.compile, and of programs that hold the network in a field; taken off if all names have one."""
DEEPEST = 4
"""Wrappers in one another."""
UNREADABLE = (SafetensorError, pickle.UnpicklingError, RuntimeError, EOFError, OSError, ValueError, KeyError)
SHOWN = 3
LOOKED_AT_BYTES = 64 << 20
"""Of a file's pickle, for the names of classes in it."""
OF_TENSORS = re.compile(
    r"torch\._utils\.\w+|torch\.(\w+Storage|Size|device|dtype|\w*int\w*|\w*float\w*|bool)|torch\.storage\.\w+"
    r"|torch\.nn\.parameter\.\w+|torch\._tensor\.\w+|torch\.serialization\.\w+|collections\.OrderedDict"
    r"|(__builtin__|builtins)\.(set|frozenset)"
)
"""Names that files of tensors import."""


def read_content(path: Path) -> Any:
    """What a .safetensors, .pth, .pt or .pkl file holds; objects other than tensors and plain values are refused.

    Raises:
        NoWeights: damaged, or it holds such objects; the text names their classes and how to save tensors alone.
    """
    try:
        if path.suffix == ".safetensors":
            return dict(load_file(path))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of pickles that torch did not write: refused below in words
            return torch.load(path, map_location="cpu", weights_only=True)
    except UNREADABLE as error:
        classes = classes_in(path)
        if classes:
            named = ", ".join(classes[:SHOWN]) + (", …" if len(classes) > SHOWN else "")
            raise NoWeights(
                f"{path}: holds objects beside tensors ({named}), which are not loaded because they could run code. If "
                'you trust the file, save its tensors alone: torch.save(model.state_dict(), "weights.pt")'
            ) from error
        raise NoWeights(f"{path}: is damaged, or no file of tensors ({first_line(error)})") from error


def first_line(error: BaseException) -> str:
    """Of what an error says; its kind if it says nothing, or gives torch's advice to load without a check."""
    line = (str(error).strip() or type(error).__name__).splitlines()[0]
    return type(error).__name__ if "eights only" in line or "weights_only" in line else line


def classes_in(path: Path) -> list[str]:
    """Classes that a torch file would make objects of, beyond those of tensors; [] if it cannot be looked into.

    Nothing is unpickled: the names stand in the pickle as text.
    """
    names: dict[str, None] = {}
    with contextlib.suppress(OSError, ValueError, KeyError, IndexError, zipfile.BadZipFile):
        for name in _globals(_pickles(path)):
            if not OF_TENSORS.fullmatch(name):
                names[name] = None
    return list(names)


def _pickles(path: Path) -> io.BytesIO:
    """The pickle in a file of torch, or the pickles at the beginning of an older one."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            (name,) = (name for name in archive.namelist() if name.endswith("data.pkl"))
            with archive.open(name) as packed:  # a small file may unpack to any size
                return io.BytesIO(packed.read(LOOKED_AT_BYTES))
    with path.open("rb") as file:
        return io.BytesIO(file.read(LOOKED_AT_BYTES))


def _globals(content: io.BytesIO) -> Iterator[str]:
    """`module.name` of everything that the pickles import. Raises ValueError at the end of the last one."""
    while True:
        texts: list[str] = []
        for opcode, argument, _ in pickletools.genops(content):
            if opcode.name == "GLOBAL":
                yield str(argument).replace(" ", ".")
            elif opcode.name == "STACK_GLOBAL" and len(texts) > 1:
                yield ".".join(texts[-2:])
            elif isinstance(argument, str):
                texts.append(argument)


def state_dict_in(content: Any, path: Path) -> StateDict:
    """The tensors by name, without wrappers and without prefixes that all names share.

    Raises:
        NoWeights: there are no tensors; the text says what there is.
    """
    inner = content
    for _ in range(DEEPEST):
        if not isinstance(inner, dict):
            break
        inner = next((inner[key] for key in WRAPPERS if isinstance(inner.get(key), dict)), inner)
    if not isinstance(inner, dict):
        raise NoWeights(f"--weights {path}: holds a {type(inner).__name__}, not a state dict (name to tensor)")
    tensors = {str(key): value for key, value in inner.items() if isinstance(value, Tensor)}
    if not tensors:
        keys = ", ".join(map(repr, list(inner)[:SHOWN])) + (", …" if len(inner) > SHOWN else "")
        raise NoWeights(f"--weights {path}: holds no tensors, but {keys or 'nothing'}")
    return _without_prefixes(tensors)


def _without_prefixes(tensors: StateDict) -> StateDict:
    while prefix := next((each for each in PREFIXES if all(name.startswith(each) for name in tensors)), None):
        tensors = {name.removeprefix(prefix): tensor for name, tensor in tensors.items()}
    return tensors
