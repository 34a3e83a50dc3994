"""Two hosts at work in one folder: both launch, look, stop and go on, whatever their clocks say and whichever is cut off."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from tests.trust.two_hosts_figures import false_losses, told_of, two_writers
from tests.trust.two_hosts_ground import HERE, PATIENCE_SECONDS, Ground, Host, wait_until, why_not
from training.runfolder.layout import RunFolder
from training.runfolder.read import read_record
from training.runfolder.schema import ProcessRecord, Signature

pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not() or "two hosts can be played here")

PLAN = """\
name = "pair"
command = [{python}, {trainer}, "--run_folder", "{{run_folder}}", "--resume"]
[base]
steps = {steps}
[[experiment]]
id = "E1"
label = "first"
[[experiment]]
id = "E2"
label = "second"
"""


@pytest.fixture
def ground() -> Iterator[Ground]:
    """The clock of one is five minutes behind the file server's, that of the other five minutes ahead."""
    made = Ground()
    made.hosts[0].clock_seconds, made.hosts[1].clock_seconds = -300.0, 300.0
    with made:
        yield made


def launch(ground: Ground, *hosts: Host, steps: int, only: str = "E1,E2") -> list[subprocess.CompletedProcess[str]]:
    """The same plan, on these hosts at the same time."""
    plan = ground.folder / "pair.toml"
    trainer = HERE / "two_hosts_trainer.py"
    plan.write_text(PLAN.format(python=json.dumps(sys.executable), trainer=json.dumps(str(trainer)), steps=steps))
    said: list[subprocess.CompletedProcess[str]] = []
    order = ("launch", str(plan), "--only", only, "--headless", "--wait", "0")
    at_once(*(lambda host=host: said.append(host.iqa_tui(*order)) for host in hosts))
    return said


def at_once(*acts: Callable[[], object]) -> None:
    threads = [threading.Thread(target=act) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def hosts_of(run: RunFolder) -> tuple[str, str]:
    """Which host queued it, and which began its newest attempt; empty before that."""
    signature, attempt = read_record(run.signature, Signature), run.latest_attempt()
    process = read_record(attempt.process, ProcessRecord) if attempt else None
    assert signature is not None
    return signature.host, process.host if process else ""


def begun(ground: Ground) -> list[RunFolder]:
    return [run for run in ground.runs() if hosts_of(run)[1]]


def started_by(ground: Ground, host: Host) -> str:
    (run,) = [run for run in begun(ground) if hosts_of(run)[0] == host.name]
    return run.run_id


def answer(host: Host, words: str, *arguments: str, after_seconds: float = 0.0) -> tuple[str, int]:
    """What a command says on a terminal whose user takes so long to give this answer, and its exit status."""
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "wb", buffering=0) as keys:
        process = host.started("-m", "iqa_tui", "--runs-dir", str(host.shared), *arguments, answered_by=theirs)
        assert process.stdout is not None
        said = b""
        while not said.endswith(b"[y/N] ") and (byte := process.stdout.read(1)):
            said += byte
        time.sleep(after_seconds)
        keys.write(f"{words}\n".encode())
        rest, _ = process.communicate()
    return (said + rest).decode(), process.returncode


def test_both_launch_at_once_each_starts_its_own_and_each_sees_stops_and_tabulates_all(ground: Ground) -> None:
    here, there = ground.hosts
    for said in launch(ground, here, there, steps=3000):
        assert said.returncode == 3
        assert "They stay queued" in said.stderr
    wait_until(lambda: len(begun(ground)) == 4, "two runs on each host")
    wait_until(lambda: len({line["run"] for line in told_of(ground, "write")}) == 4, "all of them to write")
    assert sorted(hosts_of(run) for run in ground.runs()) == [("nodea", "nodea")] * 2 + [("nodeb", "nodeb")] * 2
    assert [[attempt.number for attempt in run.attempts()] for run in ground.runs()] == [[1]] * 4
    shown = here.iqa_tui("status").stdout
    assert shown.count("⇄ running, on nodeb, last sign of life dated 5 min ahead of this host's clock  nodeb CPU") == 2
    assert shown.count("● running") == 2
    shown = there.iqa_tui("status").stdout
    assert shown.count("⇄ running, on nodea, whose last sign of life is 5 min old if the clocks agree  nodea CPU") == 2
    mine = {run.run_id for run in ground.runs() if hosts_of(run)[0] == "nodea"}
    for host in ground.hosts:
        runs = json.loads(host.iqa_tui("status", "--json").stdout)["runs"]
        assert all(0 <= run["elapsed_seconds"] < 250 for run in runs), "no clock but the run's own counts"
    stopped = there.iqa_tui("stop", *mine, "--grace", "2")
    assert stopped.stdout.count("nodea's supervisor is asked to stop it") == 2
    wait_until(lambda: {here.status(run)["state"] for run in mine} == {"stopped"}, "the file alone to stop them")
    assert {there.status(run)["state"] for run in mine} == {"stopped"}
    tables = [host.iqa_tui("export").stdout for host in ground.hosts]
    assert tables[0] == tables[1]
    assert "| first (E1) |" in tables[0]
    assert (two_writers(ground), false_losses(ground)) == ([], [])


def test_a_retry_there_and_one_here_at_once_make_one_writer_and_no_number_twice(ground: Ground) -> None:
    here, there = ground.hosts
    launch(ground, here, steps=100, only="E1")
    wait_until(lambda: told_of(ground, "write"), "it to write")
    (run,) = ground.runs()
    here.iqa_tui("stop", run.run_id, "--grace", "2")
    wait_until(run.attempt(1).exit.exists, "it to be stopped")
    at_once(
        lambda: here.iqa_tui("retry", run.run_id),
        lambda: there.iqa_tui("retry", "--from-elsewhere", "--yes", run.run_id),
    )
    wait_until(lambda: here.iqa_tui("status").returncode or run.result.exists(), "one of them to finish it")
    numbers = [attempt.number for attempt in run.attempts()]
    assert numbers == list(range(1, len(numbers) + 1))
    assert 2 <= len(numbers) <= 3
    assert two_writers(ground) == []
    assert len({(line["attempt"], line["by_file"]) for line in told_of(ground, "start")}) == len(numbers)
    tables = [host.iqa_tui("export").stdout for host in ground.hosts]
    assert tables[0] == tables[1]
    assert "0." in tables[0]


def test_a_host_that_falls_silent_is_never_called_lost_and_gives_way_when_it_comes_back(ground: Ground) -> None:
    here, there = ground.hosts
    launch(ground, here, steps=6000)
    wait_until(lambda: len({line["run"] for line in told_of(ground, "write")}) == 2, "both to write")
    taken, left = (run.run_id for run in ground.runs())
    said, code = answer(there, "y", "retry", "--from-elsewhere", taken, after_seconds=PATIENCE_SECONDS)
    assert "If nodea still works on it, two trainers would write in one folder" in said
    assert "Does nothing on nodea work on this run any more? Go on here? [y/N]" in said
    assert f"{taken} gave a sign of life on nodea while you were asked" in said
    assert code == 1
    for role in ("dispatcher", "supervisor", "trainer"):
        assert here.signal(role, signal.SIGSTOP)
    time.sleep(PATIENCE_SECONDS + 2)
    seen = json.loads(there.iqa_tui("status", "--json").stdout)["runs"]
    assert [(run["state"], run["host"]) for run in seen] == [("running", "nodea")] * 2
    said, code = answer(there, "y", "retry", "--from-elsewhere", taken)
    assert code == 0, said
    wait_until(lambda: there.status(taken)["host"] == "", "it to go on there")
    wait_until(lambda: [line for line in told_of(ground, "write") if line["host"] == "b"], "the new one to write")
    for role in ("dispatcher", "supervisor", "trainer"):
        here.signal(role, signal.SIGCONT)
    wait_until(lambda: len(here.pids("trainer")) == 1, "the old writer to exit")
    here.power_off()
    time.sleep(PATIENCE_SECONDS + 2)
    assert {there.status(run)["state"] for run in (taken, left)} == {"running"}
    here.boot()
    wait_until(
        lambda: here.iqa_tui("status").returncode or len(RunFolder(ground.store / left).attempts()) == 2,
        "its own host to resume what was left to it",
    )
    wait_until(lambda: here.status(left)["host"] == "" and here.status(taken)["host"] == "nodeb", "one run for each")
    assert here.status(taken)["state"] == "running"
    assert [attempt.number for attempt in RunFolder(ground.store / taken).attempts()] == [1, 2]
    assert [look for look in ground.told("look") if look["host"] == "b"] == []
    assert (two_writers(ground), false_losses(ground)) == ([], [])


def test_a_disk_without_locks_is_refused_before_anything_is_queued(ground: Ground) -> None:
    ground.is_without_flock = True
    (said,) = launch(ground, ground.hosts[0], steps=10)
    assert said.returncode == 4
    assert "cannot be used (its disk gives no file locks (No locks available): see `iqa-tui doctor`)" in said.stderr
    assert "Name another folder by --runs-dir. No run is queued." in said.stderr
    assert ground.runs() == []
    assert list(ground.store.glob("*E1*")) == []
    doctor = ground.hosts[0].iqa_tui("doctor", str(ground.folder / "pair.toml"))
    assert "a lock cannot be taken (No locks available)" in doctor.stdout
