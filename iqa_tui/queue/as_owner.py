"""Orders are carried out as the run's owner: root's order on another user's run by a child that has become that user.

So nothing in the folder is touched with more rights than its owner has: a link to a file of root's, a record
that names a process of root's, a lock that is never released. No file needs a chown afterwards: the owner made it.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import json
import os
import pwd
import select
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec

from iqa_tui.errors import FolderUnusable, LaunchError
from iqa_tui.processes.start import package_folder, program
from iqa_tui.slurm.ask import FOLDER_VARIABLE
from iqa_tui.words.people import user_name
from training.runfolder.errors import is_disk_trouble
from training.runfolder.held import held
from training.runfolder.layout import RunFolder

P = ParamSpec("P")
REFUSED = 3
"""Exit code of a child whose order was refused in words; 0: carried out; any other: it could not be tried."""
PATIENCE_SECONDS = 60.0
"""The owner may stop the child, which must not stop us."""
LARGEST_ANSWER_BYTES = 64 << 10
DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin"
NO_GROUP = 65534
"""`nogroup`: for a user without an account, whose groups are not known."""
COMMANDS = {
    "stop_run": "stop",
    "retry_run": "retry",
    "hold_run": "hold",
    "release_run": "release",
    "prioritise_run": "priority",
}
"""Order to the command that gives it."""

_only_of: ContextVar[int | None] = ContextVar("only_of", default=None)


@dataclass(frozen=True, slots=True)
class Account:
    """The user that a child becomes."""

    user_id: int
    group_id: int
    groups: tuple[int, ...]
    """All of them, as a login gives them."""
    name: str
    """Empty without an account: then it has no group but `nogroup`, even if the folder has another."""
    home: str = "/"
    shell: str = "/bin/sh"

    @property
    def words(self) -> str:
        return self.name or f"user {self.user_id}"

    @property
    def environment(self) -> dict[str, str]:
        """As after a login; of our own variables only the language, and where Slurm's programs are."""
        name = self.name or str(self.user_id)
        env = {"HOME": self.home, "USER": name, "LOGNAME": name, "SHELL": self.shell, "PATH": DEFAULT_PATH}
        kept = ("LANG", FOLDER_VARIABLE)  # root may say where Slurm is; a run that was launched with it says so itself
        env |= {key: value for key, value in os.environ.items() if key in kept or key.startswith("LC_")}
        packages = package_folder()
        return env | ({"PYTHONPATH": packages} if packages else {})

    def prefix(self) -> list[str]:
        """What is written before a command to give it as this user."""
        if self.name:
            return ["sudo", "-u", self.name]
        return ["setpriv", f"--reuid={self.user_id}", f"--regid={self.group_id}", "--clear-groups"]


def account_of(user_id: int) -> Account:
    """The account with this number. One that the machine does not know has the rights of its number alone."""
    try:
        entry = pwd.getpwuid(user_id)
    except KeyError:
        return Account(user_id, NO_GROUP, (NO_GROUP,), "")  # not (): one Python (3.12.0) keeps root's groups then
    groups = tuple(os.getgrouplist(entry.pw_name, entry.pw_gid))
    return Account(user_id, entry.pw_gid, groups, entry.pw_name, entry.pw_dir or "/", entry.pw_shell or "/bin/sh")


@contextlib.contextmanager
def opened(run: RunFolder) -> Iterator[RunFolder]:
    """Hold the run's folder for an order.

    Raises:
        LaunchError: there is no such folder, a link or something else has its place, or it is not what `only_of` asks.
    """
    with contextlib.ExitStack() as stack:
        try:
            folder = stack.enter_context(held(run))
            user_id = folder.path.stat().st_uid
        except OSError as error:
            remedy = " Move it away." if isinstance(error, NotADirectoryError) else ""
            kind = FolderUnusable if is_disk_trouble(error) else LaunchError
            raise kind(f"{run.path}: {error.strerror or error}.{remedy}") from error
        if _only_of.get() not in (None, user_id):
            raise LaunchError(f"{run.path} has another owner than a moment ago. Look at it, and order it again.")
        yield folder


@contextlib.contextmanager
def only_of(user_id: int) -> Iterator[None]:
    """Orders on runs of other users are refused in this block, even if the folder's rights would let them through."""
    token = _only_of.set(user_id)
    try:
        yield
    finally:
        _only_of.reset(token)


def in_owners_name(order: Callable[Concatenate[RunFolder, P], str]) -> Callable[Concatenate[RunFolder, P], str]:
    """Make an order one that root gives in the name of the run's owner. Its parameter `by` is the user who gave it."""

    @functools.wraps(order)
    def ordered(run: RunFolder, /, *args: P.args, **kwargs: P.kwargs) -> str:
        owner = _foreign_owner(run)
        if owner is None:
            return order(run, *args, **kwargs)
        bound = inspect.signature(order).bind(run, *args, **kwargs).arguments
        parameters = {name: value for name, value in bound.items() if name != "run"}
        return _order_as(owner, run, order.__name__, {"by": user_name(), **parameters})

    return ordered


def _foreign_owner(run: RunFolder) -> Account | None:
    """The account that root has to become for this run; None for any other user, and for root's own run."""
    if os.geteuid() != 0:
        return None
    with opened(run) as folder:
        user_id = folder.path.stat().st_uid
    if user_id == 0:
        return None
    if RunFolder(run.path.absolute().parent).spec.exists():
        raise LaunchError(f"{run.path}: lies in the folder of a run. Orders are for runs that lie side by side.")
    return account_of(user_id)


def _order_as(owner: Account, run: RunFolder, order: str, parameters: dict[str, Any]) -> str:
    """Give the order in a child that has become the owner before it reads anything.

    Raises:
        LaunchError: it was refused, with the child's words; or no child of this user can use this program.
    """
    path = run.path.absolute()
    command = program("iqa_tui.queue.order_child", str(path.parent), path.name, order, json.dumps(parameters))
    try:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=owner.environment,
            cwd="/",
            start_new_session=True,
            user=owner.user_id,
            group=owner.group_id,
            extra_groups=owner.groups,
            umask=0o022,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise LaunchError(_cannot(owner, run, order, parameters, _words(error))) from error
    with child:
        said, is_late = _answer(child)
        if is_late:
            child.kill()
    if is_late:
        raise LaunchError(
            _cannot(owner, run, order, parameters, f"it gave no answer within {PATIENCE_SECONDS:g} s, and is killed")
        )
    if child.returncode == 0:
        return said
    if child.returncode == REFUSED:
        raise LaunchError(said)
    last = said.splitlines()[-1] if said else f"it exited with code {child.returncode}"
    raise LaunchError(_cannot(owner, run, order, parameters, last))


def _answer(child: subprocess.Popen[bytes]) -> tuple[str, bool]:
    """What the child prints, and whether it was too late. Bounded, for it is another user's process."""
    assert child.stdout is not None
    deadline = time.monotonic() + PATIENCE_SECONDS
    waiting = select.poll()  # select() knows no descriptor above 1023
    waiting.register(child.stdout, select.POLLIN)
    said = b""
    while len(said) <= LARGEST_ANSWER_BYTES:
        if not waiting.poll(max(0.0, deadline - time.monotonic()) * 1000):
            return "", True
        more = os.read(child.stdout.fileno(), 4096)
        if not more:
            break
        said += more
    try:
        child.wait(max(0.1, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        return "", True
    text = said.decode(errors="replace").strip()
    return "".join(letter if letter.isprintable() or letter == "\n" else "?" for letter in text), False


def _words(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"{error.filename or sys.executable}: {error.strerror}"
    return str(error)


def _cannot(owner: Account, run: RunFolder, order: str, parameters: dict[str, Any], why: str) -> str:
    command = [*owner.prefix(), "iqa-tui", COMMANDS[order], run.run_id]
    command += [str(parameters["priority"])] if "priority" in parameters else []
    line = shlex.join([*command, "--runs-dir", str(run.path.absolute().parent)])
    whose = f"{run.run_id} is {owner.words}'s, and this program cannot be used in that name from here"
    return f"{whose} ({why}). Run `{line}`."
