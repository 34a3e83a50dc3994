"""Writes the folder: a new one appears whole, and one that this command made before is replaced file by file."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from iqa_tui.results.export import ExportError
from training.runfolder.write import write_atomic

SUMS = "SHA256SUMS"
"""Name of the list of what we wrote. Its first line says that the folder is ours; `sha256sum -c` reads the others."""
OURS = "# made by iqa-tui paper"
LARGEST_SUMS_BYTES = 1 << 20
SUM = re.compile(r"([0-9a-f]{64})  ([A-Za-z0-9_.-]+)")


def sums_text(files: Mapping[str, bytes]) -> str:
    """The list for these files."""
    lines = [f"{hashlib.sha256(content).hexdigest()}  {name}" for name, content in sorted(files.items())]
    return "\n".join([OURS, *lines]) + "\n"


def check_folder(folder: Path) -> Path:
    """The absolute path, if a folder may be written there; asked before the work of seconds begins.

    Raises:
        ExportError: a file has this name, or a folder with other files than ours.
    """
    try:
        folder = folder.expanduser().resolve()
        if folder.exists() and not folder.is_dir():
            raise ExportError(f"{folder} is a file. Name a folder that does not exist yet, or an empty one.")
        names = sorted(each.name for each in folder.iterdir()) if folder.exists() else []
        if names and SUMS not in names:
            shown = ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
            raise ExportError(
                f"{folder} holds other files ({shown}). Name a folder that does not exist yet, or an empty one."
            )
        if names:
            _written_before(folder)
    except (OSError, RuntimeError, ValueError) as error:  # RuntimeError: `~user` without such a user
        raise _cannot(folder, error) from error
    return folder


def write_folder(folder: Path, files: Mapping[str, bytes]) -> Path:
    """Write these files and their list, and return the absolute path.

    What we wrote there before and do not write now is deleted. Files of other names stay.

    Raises:
        ExportError: as `check_folder`; or a file of ours was changed since; or it cannot be written.
    """
    folder = check_folder(folder)
    try:
        if folder.exists() and any(folder.iterdir()):
            _replace(folder, files)
        else:
            _make(folder, files)
    except OSError as error:
        raise _cannot(folder, error) from error
    return folder


def _make(folder: Path, files: Mapping[str, bytes]) -> None:
    """Beside it first, so that a folder of this name is whole or not there."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".tmp", dir=folder.parent))
    try:
        _write(aside, files)
        aside.chmod(0o777 & ~_umask())
        aside.rename(folder)  # an empty folder is replaced
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _replace(folder: Path, files: Mapping[str, bytes]) -> None:
    before = _written_before(folder)
    changed = [
        name for name in sorted({*before, *files}) if _is_changed(folder / name, before.get(name), files.get(name))
    ]
    if changed:
        raise ExportError(
            f"{folder}: {', '.join(changed)} {'was' if len(changed) == 1 else 'were'} not written by iqa-tui paper, or"
            " changed since. Move what you want to keep and delete the rest, or name another folder."
        )
    _write(folder, files)
    for name in before.keys() - files.keys():
        with contextlib.suppress(FileNotFoundError):
            (folder / name).unlink()


def _is_changed(path: Path, before: str | None, now: bytes | None) -> bool:
    """False for what we wrote, even if we were killed before the list of it was written."""
    if not path.is_symlink() and not path.exists():
        return False
    if path.is_symlink() or not path.is_file():
        return True
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    return found not in (before, hashlib.sha256(now).hexdigest() if now is not None else None)


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, content in files.items():
        write_atomic(folder / name, content, mode=0o666)  # readable by other users too, if the umask allows it
    write_atomic(folder / SUMS, sums_text(files).encode(), mode=0o666)


def _written_before(folder: Path) -> dict[str, str]:
    """File name to digest, as the list there has them.

    Raises:
        ExportError: the list is not ours.
    """
    path = folder / SUMS
    with path.open("rb") as file:
        text = file.read(LARGEST_SUMS_BYTES).decode(errors="replace")
    first, *lines = text.splitlines() or [""]
    if first != OURS:
        raise ExportError(
            f"{path} was not written by iqa-tui paper. Name a folder that does not exist yet, or an empty one."
        )
    found = (SUM.fullmatch(line) for line in lines)
    return {match[2]: match[1] for match in found if match and match[2] not in (".", "..")}


def _cannot(folder: Path, error: Exception) -> ExportError:
    reason = error.strerror if isinstance(error, OSError) else None
    path = error.filename if isinstance(error, OSError) and error.filename else folder
    return ExportError(f"{path} could not be written: {reason or error}. Choose another place with --output.")
