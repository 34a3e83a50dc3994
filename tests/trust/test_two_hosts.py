"""Two hosts, one folder, no common locks: another host's run is left alone, and taking it over ends the other writer."""

from __future__ import annotations

import json
import signal
import time

import pytest

from tests.trust.two_hosts_figures import false_losses, fenced, told_of, two_writers
from tests.trust.two_hosts_ground import PATIENCE_SECONDS, Ground, wait_until, why_not

pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not() or "two hosts can be played here")


def writes(ground: Ground) -> int:
    return len(told_of(ground, "write"))


def test_a_foreign_run_is_left_alone_and_one_that_is_taken_over_ends_its_old_writer() -> None:
    with Ground() as ground:
        here, there = ground.hosts
        run, *queued = here.queue(3, steps=3000)
        wait_until(lambda: writes(ground) > 5, "the first run to write")
        status = there.status(run)
        assert (status["state"], status["host"]) == ("running", "nodea")
        assert status["cause"].startswith("on nodea, last sign of life ")
        shown = json.loads(there.iqa_tui("status", "--json").stdout)
        assert {each["state"] for each in shown["runs"]} <= {"running", "starting", "queued"}
        assert {each["elsewhere"] for each in shown["runs"] if each["state"] == "queued"} == {True}
        assert here.pids("dispatcher")
        assert not there.pids("dispatcher"), "what was queued on one host is not started on the other"
        refused = there.iqa_tui("retry", run)
        assert refused.returncode == 1
        assert f"`iqa-tui retry --from-elsewhere {run}`" in refused.stderr
        unasked = there.iqa_tui("retry", "--from-elsewhere", run)
        assert "two trainers would write in one folder" in unasked.stdout
        assert unasked.returncode == 2
        assert there.iqa_tui("retry", "--from-elsewhere", "--yes", run).returncode == 0
        wait_until(lambda: fenced(ground), "the old writer to give way")
        wait_until(lambda: there.status(run)["state"] == "running", "the new one to write")
        assert here.status(run)["host"] == "nodeb"
        stopped = here.iqa_tui("stop", run, "--grace", "1")
        assert "nodeb's supervisor is asked to stop it" in stopped.stdout
        wait_until(lambda: here.status(run)["state"] == "stopped", "it to be stopped by a file alone")
        assert (two_writers(ground), false_losses(ground)) == ([], [])
        del queued


def test_a_clone_with_our_name_resumes_no_living_run_and_a_reboot_resumes_its_own() -> None:
    with Ground(clone=True) as ground:
        here, there = ground.hosts
        here.queue(1, steps=4000)
        wait_until(lambda: writes(ground) > 5, "it to write")
        began = time.monotonic()
        while time.monotonic() < began + PATIENCE_SECONDS + 2:
            there.iqa_tui("status")
        assert len(told_of(ground, "start")) == 1
        assert here.signal("dispatcher", signal.SIGKILL) == 1
        here.power_off()
        here.boot()
        wait_until(
            lambda: here.iqa_tui("status").returncode or len(told_of(ground, "start")) == 2,
            "its own host to resume it after the reboot",
        )
        assert len(told_of(ground, "start")) == 2
        assert (two_writers(ground), false_losses(ground)) == ([], [])
