"""Commands of the users of one attack, the hosts they are given on, and every process that was started there."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from tests.trust.interpreter import Program
from tests.trust.place import PATIENCE_SECONDS, GroundError, Place, User
from tests.trust.proc import read, words_of

HERE = Path(__file__).parent
STUB = HERE.parent / "fakes" / "stub_trainer.py"
COMMAND_SECONDS = 10.0
"""A command that takes longer hangs."""
POLL_SECONDS = 0.05
MACHINE_ID_FILES = ("/etc/machine-id", "/var/lib/dbus/machine-id")
BOOT_ID = "/proc/sys/kernel/random/boot_id"


@dataclass(frozen=True)
class Said:
    """What a command came to."""

    code: int | None
    """None: it did not end in time and was killed."""
    output: bytes
    seconds: float

    @property
    def hung(self) -> bool:
        return self.code is None

    @property
    def text(self) -> str:
        return self.output.decode(errors="replace")

    def line(self, *words: str) -> str:
        """The first line that holds one of the words; else the last one, which says most."""
        lines = [line.strip() for line in self.text.splitlines() if line.strip()]
        found = next((line for line in lines if any(word in line for word in words)), lines[-1] if lines else "nothing")
        return f"hung {self.seconds:.0f} s" if self.hung else " ".join(found.split())


@dataclass(frozen=True)
class Host:
    """Another machine, as far as names, ids, mounts and processes go: namespaces that a process of ours keeps open."""

    pid: int
    has_own_processes: bool

    @property
    def prefix(self) -> list[str]:
        return ["nsenter", "-t", str(self.pid), "-m", "-u", *(["-p"] if self.has_own_processes else []), "--"]


class Processes(Place):
    """A place in which commands run as its users; at the end of a `with` block they are gone, and so is the folder."""

    def __init__(self, program: Program) -> None:
        super().__init__()
        self.program = program.folder
        self.python = str(program.python)
        self.tools = self.make("tools")
        shutil.copy(STUB, self.tools / "stub_trainer.py")
        shutil.copytree(HERE / "shim", self.tools / "shim", ignore=shutil.ignore_patterns("__pycache__"))
        for path in (self.tools, *self.tools.rglob("*")):
            path.chmod(0o755)
        self._started: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.sweep()
        shutil.rmtree(self.folder, ignore_errors=True)

    def env(self, user: User, **more: str) -> dict[str, str]:
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(user.home),
            "USER": user.name,
            "LOGNAME": user.name,
            "LANG": "C.UTF-8",
            "LC_ALL": "C.UTF-8",
            "PYTHONPATH": os.pathsep.join([str(self.program), str(self.tools / "shim")]),
            "OMP_NUM_THREADS": "1",
            "IQA_TUI_LEASES": str(self.leases),
            "IQA_TUI_STATE": str(user.home / "state"),
            "IQA_TUI_CACHE": str(user.home / "cache"),
            "TRUST_GROUND": str(self.folder),
            **more,
        }

    def command(self, user: User, *argv: str | Path, host: Host | None = None) -> list[str]:
        as_user = ["setpriv", f"--reuid={user.uid}", f"--regid={user.gid}", "--clear-groups", "--"]
        # By way of a shell: what setpriv itself starts is found with the rights of root.
        words = ["sh", "-c", 'exec "$@"', "sh", *map(str, argv)]
        return [*(host.prefix if host else []), *(as_user if user.uid else []), *words]

    def start(
        self,
        user: User,
        *argv: str | Path,
        host: Host | None = None,
        umask: int = 0o022,
        output: Path | None = None,
        **env: str,
    ) -> subprocess.Popen[bytes]:
        """A command that goes on beside us."""
        with open(output or os.devnull, "wb") as file:  # noqa: PTH123  one call for both
            process = subprocess.Popen(
                self.command(user, *argv, host=host),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                env=self.env(user, **env),
                cwd=self.folder,
                umask=umask,
                start_new_session=True,
            )
        self._started.append(process)
        return process

    def run(self, user: User, *argv: str | Path, seconds: float = COMMAND_SECONDS, **options: Any) -> Said:
        """A command that should end, and what it printed."""
        output = self._output()
        began = time.monotonic()
        process = self.start(user, *argv, output=output, **options)
        return _wait_for(process, output, began, seconds)

    def run_together(
        self, user: User, commands: Mapping[str, Sequence[str | Path]], seconds: float = COMMAND_SECONDS, **options: Any
    ) -> dict[str, Said]:
        """Commands that should end, at the same time: those that hang take the time of one."""
        began = time.monotonic()
        started = {name: (self._output(), argv) for name, argv in commands.items()}
        processes = {name: self.start(user, *argv, output=path, **options) for name, (path, argv) in started.items()}
        return {name: _wait_for(processes[name], path, began, seconds) for name, (path, _) in started.items()}

    def _output(self) -> Path:
        descriptor, name = tempfile.mkstemp(dir=self.folder, prefix=".said-")
        os.close(descriptor)
        return Path(name)

    def must(self, user: User, *argv: str | Path, **options: Any) -> Said:
        """A command without which there is no attack."""
        said = self.run(user, *argv, **options)
        if said.code != 0:
            raise GroundError(f"{' '.join(map(str, argv))}: {said.line()}")
        return said

    def until(self, question: Callable[[], Any], what: str, seconds: float = PATIENCE_SECONDS) -> Any:
        """The first true answer, without which there is no attack."""
        answer = wait_until(question, seconds)
        if not answer:
            raise GroundError(f"waited {seconds:g} s for {what}")
        return answer

    def host(
        self,
        name: str,
        *,
        machine: str | None = None,
        boot: str | None = None,
        script: str = "",
        has_own_processes: bool = True,
    ) -> Host:
        """Another host. Folders are the same; what `script` mounts is its own.

        Args:
            machine: its machine id; None: ours.
            boot: its boot id; None: ours.
            script: of the shell, with `$1` as a scratch folder.
            has_own_processes: it sees none of ours.
        """
        scratch = self.make(f"host-{time.monotonic_ns()}")
        lines = [f"hostname {name}"]
        if machine is not None:
            (scratch / "machine").write_text(f"{machine}\n")
            files = [path for path in MACHINE_ID_FILES if Path(path).is_file()]
            lines += [f"mount --bind $1/machine {path}" for path in files]
        if boot is not None:
            (scratch / "boot").write_text(f"{boot}\n")
            lines.append(f"mount --bind $1/boot {BOOT_ID}")
        lines += [script, "touch $1/ready", "exec sleep 120"]
        apart = ("-p", "--fork", "--kill-child", "--mount-proc") if has_own_processes else ()
        words = (
            "unshare",
            "-u",
            "-m",
            *apart,
            "--propagation",
            "private",
            "sh",
            "-ec",
            "\n".join(lines),
            "host",
            scratch,
        )
        output = scratch / "output"
        process = self.start(self.root, *words, output=output)
        wait_until(lambda: (scratch / "ready").exists() or process.poll() is not None, PATIENCE_SECONDS)
        if not (scratch / "ready").exists():
            raise GroundError(f"no namespaces can be made here: {output.read_text()}")
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        return Host(int(children[0]) if has_own_processes else process.pid, has_own_processes)

    def accounts(self) -> Host:
        """This host, but with accounts for ann and mallory, and /run/lock of its own."""
        accounts = Path("/etc/passwd").read_text() + "".join(
            f"{user.name}:x:{user.uid}:{user.gid}::{user.home}:/bin/sh\n" for user in (self.ann, self.mallory)
        )
        passwd = self.plant(self.folder / "passwd", accounts, self.root)
        script = f"mount --bind {passwd} /etc/passwd\nmount -t tmpfs -o mode=1777 tmpfs /run/lock"
        return self.host(os.uname().nodename, script=script, has_own_processes=False)

    def processes(self, *words: str) -> list[int]:
        """Every living process that was started here and has all these words in its command or environment."""
        return [pid for pid in self._pids() if all(word.encode() in words_of(pid) for word in words)]

    def commands(self, *words: str) -> list[int]:
        """As `processes`, by what stands in the command alone."""
        return [pid for pid in self._pids() if all(word.encode() in read(pid, "cmdline") for word in words)]

    def _pids(self) -> Iterator[int]:
        mark = str(self.folder).encode()
        for name in os.listdir("/proc"):  # noqa: PTH208  names alone
            if name.isdecimal() and int(name) != os.getpid() and mark in words_of(int(name)):
                yield int(name)

    def kill(self, *pids: int) -> None:
        """kill -9, each by a descriptor of the very process, and only if it is of this ground."""
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                descriptor = os.pidfd_open(pid)
                try:
                    if str(self.folder).encode() in words_of(pid):
                        signal.pidfd_send_signal(descriptor, signal.SIGKILL)
                finally:
                    os.close(descriptor)

    def sweep(self) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (left := list(self._pids())) and time.monotonic() < deadline:
            self.kill(*left)
            for process in self._started:
                process.poll()
            time.sleep(0.02)
        for process in self._started:
            process.wait()


def _wait_for(process: subprocess.Popen[bytes], output: Path, began: float, seconds: float) -> Said:
    code: int | None
    try:
        code = process.wait(max(0.0, began + seconds - time.monotonic()))
    except subprocess.TimeoutExpired:
        code = None
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    return Said(code, output.read_bytes(), time.monotonic() - began)


def wait_until(question: Callable[[], Any], seconds: float) -> Any:
    """The first true answer; else the last one."""
    deadline = time.monotonic() + seconds
    while not (answer := question()) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    return answer
