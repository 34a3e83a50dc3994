"""The place of one attack: made-up users, folders and hosts, and every process that was started there.

It drives the program from outside, by commands and files, so that any checkout can be put to the test. Only for root.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
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
from tests.trust.proc import read, words_of

HERE = Path(__file__).parent
STUB = HERE.parent / "fakes" / "stub_trainer.py"
COMMAND_SECONDS = 10.0
"""A command that takes longer hangs."""
PATIENCE_SECONDS = 20.0
"""How long the program may take for anything that it does."""
POLL_SECONDS = 0.05
MACHINE_ID_FILES = ("/etc/machine-id", "/var/lib/dbus/machine-id")
BOOT_ID = "/proc/sys/kernel/random/boot_id"


class GroundError(Exception):
    """The attack could not be tried: something that must work, whatever the program promises, did not."""


@dataclass(frozen=True)
class User:
    """A user without an account, but for root."""

    name: str
    uid: int
    gid: int
    home: Path


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


@dataclass(frozen=True)
class Launched:
    """What came of a launch."""

    runs: list[Path]
    said: Said


class Ground:
    """Use it in a `with` block: at its end every process of it is gone, and so are its folders."""

    def __init__(self, program: Program) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="iqa-tui-trust-"))
        self.folder.chmod(0o755)
        self.program = program.folder
        self.python = str(program.python)
        first = 61001 + 10 * random.randrange(390)  # two grounds at a time have other users, mostly
        self.gid = first + 8
        self.root = self._user("root", 0, 0)
        self.ann = self._user("ann", first, self.gid)
        self.mallory = self._user("mallory", first + 1, self.gid)
        self.leases = self.make("leases", mode=0o1777)
        self.public = self.make("public", mode=0o1777)
        self.tools = self.make("tools")
        shutil.copy(STUB, self.tools / "stub_trainer.py")
        shutil.copytree(HERE / "shim", self.tools / "shim", ignore=shutil.ignore_patterns("__pycache__"))
        for path in (self.tools, *self.tools.rglob("*")):
            path.chmod(0o755)
        self._started: list[subprocess.Popen[bytes]] = []
        self._plans = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.sweep()
        shutil.rmtree(self.folder, ignore_errors=True)

    # Folders and files

    def _user(self, name: str, uid: int, gid: int) -> User:
        home = self.make(f"home-{name}", mode=0o700)
        os.chown(home, uid, gid)
        return User(name, uid, gid, home)

    def make(self, name: str, user: User | None = None, mode: int = 0o755) -> Path:
        """A folder of a user's (root's without one)."""
        path = self.folder / name
        path.mkdir()
        path.chmod(mode)
        if user is not None:
            os.chown(path, user.uid, user.gid)
            path.chmod(mode)  # a change of owner takes the bit of the group away
        return path

    def shared(self, name: str = "runs") -> Path:
        """A folder of runs of root's that the group of ann and mallory may write."""
        path = self.make(name, mode=0o2775)
        os.chown(path, 0, self.gid)
        path.chmod(0o2775)
        return path

    def plant(self, path: Path, content: bytes | str | Mapping[str, Any], user: User, mode: int = 0o644) -> Path:
        """A file of a user's, its folders made if they are missing."""
        for parent in reversed(path.parents):
            if not parent.exists():
                parent.mkdir()
                os.chown(parent, user.uid, user.gid)
        if isinstance(content, Mapping):
            content = json.dumps(content)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        os.chown(path, user.uid, user.gid)
        path.chmod(mode)
        return path

    def plant_run(self, runs_dir: Path, user: User, argv: Sequence[str], name: str = "", **fields: Any) -> Path:
        """A queued run as the old program would have written it, made by hand."""
        run = runs_dir / (name or f"2026-11-23_17-05-01_made_by_hand_s{len(list(runs_dir.iterdir()))}")
        spec: dict[str, Any] = {
            "run_id": run.name,
            "group": "by-hand",
            "label": "made by hand",
            "argv": list(argv),
            "created": time.time(),
            "experiment": "H1",
            "plan": {"name": "by-hand", "command": list(argv), "experiment": [{"id": "H1", "label": "made by hand"}]},
            "trainer": "command",
            "env": {"PATH": os.environ.get("PATH", os.defpath)},
            "cwd": "/",
            "format": 1,
            **fields,
        }
        self.plant(run / "spec.json", spec, user)
        return run

    # Commands

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

    def iqa(self, user: User, *argv: str | Path, **options: Any) -> Said:
        """`iqa-tui …`"""
        return self.run(user, self.python, "-m", "iqa_tui", *argv, **options)

    def status_command(self, runs_dir: Path) -> list[str]:
        return [self.python, "-m", "iqa_tui", "--runs-dir", str(runs_dir), "status"]

    def status(self, user: User, runs_dir: Path, **options: Any) -> Said:
        return self.iqa(user, "--runs-dir", runs_dir, "status", **options)

    def rows(self, user: User, runs_dir: Path, **options: Any) -> dict[str, dict[str, Any]]:
        """Run id to what `status --json` says of it; {} if it says nothing."""
        said = self.iqa(user, "--runs-dir", runs_dir, "status", "--json", **options)
        try:
            content = json.loads(said.output[said.output.index(b"{") :])
        except ValueError:
            return {}
        return {row["run_id"]: row for row in content["runs"]}

    def plan(
        self,
        *rows: Mapping[str, Any],
        command: Sequence[str] | None = None,
        name: str = "plan",
        base: Mapping[str, Any] | None = None,
    ) -> Path:
        """A plan for the stub trainer, whose flags are its rows'; () as command: for our own trainer."""
        self._plans += 1
        stub = [self.python, str(self.tools / "stub_trainer.py"), "--run_folder", "{run_folder}"]
        words = stub if command is None else list(command)
        lines = [f'name = "{name}"', *([f"command = {json.dumps(words)}"] if words else [])]
        if base:
            lines += ["[base]", *(f"{key} = {json.dumps(value)}" for key, value in base.items())]
        for number, row in enumerate(rows, 1):
            flags = {key: value for key, value in row.items() if key not in ("id", "label")}
            row_id = row.get("id", f"E{number}")
            lines += ["[[experiment]]", f'id = "{row_id}"', f"label = {json.dumps(row.get('label', row_id))}"]
            lines += [f"flags = {{ {', '.join(f'{key} = {json.dumps(value)}' for key, value in flags.items())} }}"]
        path = self.folder / f"plan-{self._plans}.toml"
        path.write_text("\n".join(lines) + "\n")
        path.chmod(0o644)
        return path

    def launch(
        self,
        user: User,
        runs_dir: Path,
        plan: Path,
        *argv: str | Path,
        program: Sequence[str | Path] = (),
        patience_seconds: float = PATIENCE_SECONDS,
        **options: Any,
    ) -> Launched:
        """Queue a plan, and let go as soon as one of its runs has started, or none has within a moment."""
        before = set(runs_dir.iterdir()) if runs_dir.is_dir() else set()
        output = self.folder / f".launch-{time.monotonic_ns()}"
        began = time.monotonic()
        words = [*(program or (self.python,)), "-m", "iqa_tui", "--runs-dir", runs_dir, "launch", plan]
        process = self.start(user, *words, "--headless", "--wait", "0.5", *argv, output=output, **options)

        def new_runs() -> list[Path]:
            made = set(runs_dir.iterdir()) - before if runs_dir.is_dir() else set()
            return sorted(path for path in made if (path / "spec.json").exists())

        wait_until(lambda: process.poll() is not None or any(map(started, new_runs())), patience_seconds)
        if process.poll() is None:
            process.kill()
        code = process.wait()
        runs = sorted(new_runs(), key=lambda run: json.loads((run / "spec.json").read_bytes())["order"])
        return Launched(runs, Said(code, output.read_bytes(), time.monotonic() - began))

    def queue(self, user: User, runs_dir: Path, plan: Path, *argv: str | Path, **options: Any) -> list[Path]:
        """As `launch`, but it must succeed."""
        launched = self.launch(user, runs_dir, plan, *argv, **options)
        if not launched.runs:
            raise GroundError(f"nothing was queued: {launched.said.line('error')}")
        return launched.runs

    def queue_behind(self, user: User, runs_dir: Path, **options: Any) -> tuple[Path, Path, Path]:
        """A run that has the only slot, one that waits for it, and the file that ends the first."""
        end = self.public / f"end-{time.monotonic_ns()}"
        plan = self.plan({"id": "E1", "until": str(end)}, {"id": "E2"})
        first, second = self.queue(user, runs_dir, plan, **options)
        self.until(lambda: started(first), "the first run to start")
        return first, second, end

    def until(self, question: Callable[[], Any], what: str, seconds: float = PATIENCE_SECONDS) -> Any:
        """The first true answer, without which there is no attack."""
        answer = wait_until(question, seconds)
        if not answer:
            raise GroundError(f"waited {seconds:g} s for {what}")
        return answer

    def launchers(self) -> set[int]:
        """Dispatchers and supervisors."""
        return set(self.commands("iqa_tui.service"))

    def comes_true(self, question: Callable[[], Any], *, besides: set[int], seconds: float = 12.0) -> bool:
        """Whether it becomes true before the launcher has nothing left to do.

        Args:
            besides: dispatchers and supervisors that were there before and do not count.
        """
        quiet_looks = 0
        deadline = time.monotonic() + seconds
        while not question() and quiet_looks < 4 and time.monotonic() < deadline:
            quiet_looks = 0 if self.launchers() - besides else quiet_looks + 1
            time.sleep(0.1)
        return bool(question())

    # Hosts

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

    # Processes

    def processes(self, *words: str) -> list[int]:
        """Every living process that was started here and has all these words in its command or environment."""
        return [pid for pid in self._pids() if all(word.encode() in words_of(pid) for word in words)]

    def commands(self, *words: str) -> list[int]:
        """As `processes`, by what stands in the command alone."""
        return [pid for pid in self._pids() if all(word.encode() in read(pid, "cmdline") for word in words)]

    def trainers(self, about: Path | str) -> list[int]:
        """Stub trainers for this run, or of this folder of runs."""
        return self.commands("stub_trainer.py", str(about))

    def dispatchers(self) -> list[int]:
        return self.commands("iqa_tui.service.dispatcher")

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


def started(run: Path) -> bool:
    """Whether a stub trainer has begun in this folder."""
    return (run / "stub.json").exists()


def stub(run: Path) -> dict[str, Any]:
    """What it said of itself."""
    content: dict[str, Any] = json.loads((run / "stub.json").read_bytes())
    return content
