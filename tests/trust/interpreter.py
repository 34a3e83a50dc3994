"""A Python and a checkout that made-up users can use: those of this process, or stand-ins in a folder that all may read."""

from __future__ import annotations

import compileall
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

UNPRIVILEGED = 65534
PACKAGES = ("iqa_tui", "training")
VERSION = f"python{sys.version_info.major}.{sys.version_info.minor}"
SYSTEM_FOLDERS = "/usr/local/bin:/usr/bin"
IMPORTS = "import numpy, psutil, pynvml, textual"


@dataclass(frozen=True)
class Program:
    """What is attacked, as made-up users run it."""

    folder: Path
    """With the packages."""
    python: Path


def why_not_here(program: Path) -> str:
    """Why no made-up users can be played on this machine; empty if they can."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "made-up users can be played by root alone"
    missing = [name for name in ("setpriv", "unshare", "nsenter", "mount", "prlimit") if shutil.which(name) is None]
    if missing:
        return f"made-up users need {', '.join(missing)}"
    if subprocess.run(["unshare", "-u", "-m", "true"], capture_output=True, check=False).returncode != 0:
        return "no namespaces can be made here, so there is no second host"
    if _python() is None:
        return f"other users cannot run {sys.executable} with its packages, and there is no other {VERSION}"
    return "" if (program / "iqa_tui" / "__main__.py").is_file() else f"{program} holds no iqa_tui"


@contextmanager
def usable(program: Path) -> Iterator[Program]:
    """The program as every user can run it, as long as the block lasts."""
    folder = Path(tempfile.mkdtemp(prefix="iqa-tui-python-"))
    folder.chmod(0o755)
    try:
        python = _python()
        assert python is not None
        if python != Path(sys.executable):
            python = make_environment(folder / "environment", python)
        if not _any_user_can("test", "-r", str(program / "iqa_tui" / "__main__.py")):
            for package in PACKAGES:
                shutil.copytree(program / package, folder / "program" / package)
            subprocess.run(["chmod", "-R", "a+rX", str(folder / "program")], check=True)
            program = folder / "program"
        for package in PACKAGES:  # users who may not write there would compile it again each time
            compileall.compile_dir(program / package, quiet=1)
        yield Program(program, python)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def make_environment(folder: Path, python: Path) -> Path:
    """A virtual environment of another interpreter, which finds our packages; returns its `python`."""
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").symlink_to(python)
    (folder / "pyvenv.cfg").write_text(f"home = {python.parent}\ninclude-system-site-packages = false\n")
    packages = folder / "lib" / VERSION / "site-packages"
    packages.mkdir(parents=True)
    (packages / "ours.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    return folder / "bin" / "python"


def _python() -> Path | None:
    """An interpreter of our version that any user can run with our packages."""
    if _any_user_can(sys.executable, "-c", f"{IMPORTS}, subprocess; subprocess.run(['{sys.executable}', '-V'])"):
        return Path(sys.executable)
    other = shutil.which(VERSION, path=SYSTEM_FOLDERS)
    packages = sysconfig.get_path("purelib")
    if other is not None and _any_user_can(other, "-c", f"import sys; sys.path.append('{packages}'); {IMPORTS}"):
        return Path(other)
    return None


def _any_user_can(*command: str) -> bool:
    """By way of a shell: what `setpriv` itself starts is found with the rights of root."""
    user = ["setpriv", f"--reuid={UNPRIVILEGED}", f"--regid={UNPRIVILEGED}", "--clear-groups", "--"]
    words = [*user, "sh", "-c", 'exec "$@"', "sh", *command]
    env = {"PATH": os.defpath}
    return subprocess.run(words, capture_output=True, env=env, cwd="/", check=False).returncode == 0
