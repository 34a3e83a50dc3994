"""Every command and its options. Imports nothing of the commands, so that `--help` and `--version` are fast."""

from __future__ import annotations

import argparse
from collections.abc import Container, Sequence
from pathlib import Path

from iqa_tui.commands import option_types
from iqa_tui.commands.adding import Subparsers, add_command, add_engine
from iqa_tui.commands.result_commands import add_result_commands
from iqa_tui.commands.version import VERSION
from iqa_tui.plans.priority import PRIORITIES
from training.runfolder.engines import LOCAL

DESCRIPTION = """\
Launch, watch and tabulate image-quality ablations. Without a command: the app; `iqa-tui DIR` opens the runs of DIR.

PLAN is a preset's name or a TOML file. RUN is a run's id, a part of it that only one run has, or an experiment's
id (its run that can be given the order, else its newest)."""
EPILOG = """\
environment:
  IQA_TUI_DATA       folder of data sets, one folder each; otherwise --set data_path=FOLDER
  IQA_TUI_CPU_SLOTS  runs that share the CPU if there is no GPU (default 1)
  IQA_TUI_CACHE      folder of decoded images that all runs share (default ~/.cache/iqa-tui)
  IQA_TUI_CACHE_GIB  how large that folder may become (default three quarters of what its disk has for it)
  IQA_TUI_LEASES     folder of device leases, one for all users of the machine (default /run/lock, else /var/tmp)
  IQA_TUI_STATE      folder of this user's own state: the key that signs runs, dispatchers' locks and logs
                     (default $XDG_STATE_HOME/iqa-tui, else ~/.local/state/iqa-tui)
  IQA_TUI_SETTINGS   your settings file (default $XDG_CONFIG_HOME/iqa-tui/settings.toml, else ~/.config/…)
  IQA_TUI_SLURM      folder of Slurm's programs, if PATH lacks it; a launch keeps it for later orders on its runs
  IQA_TUI_READ_ONLY  1: as --read-only, for every program that inherits it
  IQA_TUI_CUDA_UUIDS  1: trainers are shown their GPUs by UUID; MIG instances always are
  IQA_TUI_GPU_SETTLE_SECONDS  how long a GPU must look idle before a run gets it (default 4)

exit codes: 0 all well, 1 a run failed, 2 usage, 3 no device in time, 4 environment, 130 interrupted"""


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """The options of one command, and its name as `command`.

    Raises:
        SystemExit: it cannot be meant so; or what was asked for is printed, as by `--help`.
    """
    parser, commands = _parser()
    options = parser.parse_args(with_folder(argv, commands))
    if options.runs_dir is None or not options.ascii:
        _fill_in(options)
    return options


def _fill_in(options: argparse.Namespace) -> None:
    """What the command line leaves open stands in the settings file, or is as usual."""
    from iqa_tui.settings.file import read_settings  # noqa: PLC0415  not for --help and --version

    settings = read_settings().settings
    options.ascii = options.ascii or settings.ascii
    if options.runs_dir is None:
        options.runs_dir = Path(settings.runs_dir or "runs").expanduser()


def with_folder(argv: Sequence[str], commands: Container[str]) -> list[str]:
    """The words, with a folder that stands in the place of the command as `--runs-dir`. The name of a command is the
    command; `./status` is the folder.
    """
    words, place = list(argv), 0
    while place < len(words) and words[place].startswith("-"):
        place += 2 if words[place] == "--runs-dir" else 1
    if place < len(words) and words[place] not in commands and Path(words[place]).is_dir():
        words.insert(place, "--runs-dir")
    return words


def _parser() -> tuple[argparse.ArgumentParser, Container[str]]:
    """With the names of all commands."""
    parser = argparse.ArgumentParser(
        prog="iqa-tui",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"iqa-tui {VERSION}")
    parser.add_argument("--runs-dir", type=Path, help="the folder of all runs (default: runs)")
    parser.add_argument("--ascii", action="store_true", help="the app draws with ASCII alone")
    parser.add_argument(
        "--read-only", action="store_true", help="order nothing: look, and export; the app offers no orders"
    )
    parser.set_defaults(command=None, refused="")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    _add_launching(commands)
    _add_plan(commands)
    _add_status(commands)
    _add_stop(commands)
    _add_retry(commands)
    _add_adopt(commands)
    _add_queueing(commands)
    _add_devices(commands)
    _add_archive(commands)
    add_result_commands(commands)
    _add_doctor(commands)
    _add_cache(commands)
    _add_settings(commands)
    return parser, commands.choices


def _add_launching(commands: Subparsers[argparse.ArgumentParser]) -> None:
    demo = add_command(commands, "demo", "the demo plan, on whatever is here: a GPU, else the CPU", "launches nothing")
    launch = add_command(commands, "launch", "queue the experiments of a plan, and watch them", "launches nothing")
    launch.add_argument("plan", metavar="PLAN")
    _add_choice(launch)
    _add_timing(launch)
    add_engine(launch)
    for command in (demo, launch):
        command.add_argument(
            "--devices",
            type=option_types.words,
            help="GPU indices or UUIDs, or cpu; default: any that is free",
            metavar="0,1|cpu",
        )
        command.add_argument("--headless", action="store_true", help="print progress and the table, open no app")
        command.add_argument(
            "--wait",
            type=option_types.seconds,
            metavar="SECONDS",
            help="headless: leave with code 3 if no run has a device by then; the runs stay queued",
        )


def _add_choice(command: argparse.ArgumentParser) -> None:
    command.add_argument("--only", type=option_types.words, action="extend", help="these experiments", metavar="F2,F3")
    command.add_argument(
        "--set",
        type=option_types.setting,
        action="append",
        default=[],
        metavar="FLAG=VALUE",
        help="a flag of the trainer, for all",
    )
    command.add_argument("--seeds", type=option_types.seeds, help="each experiment once a seed", metavar="1,2,3")
    command.add_argument(
        "--splits",
        type=option_types.splits,
        help="and once a random split, if the data set has no official one: how many, or which",
        metavar="10|0,3",
    )
    # What some of them do not ask for, so that every command makes its request in one way.
    command.set_defaults(devices=None, strategy="all", time_limit=None, engine=LOCAL, slurm=[])


def _add_timing(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--strategy",
        choices=("all", "sequential", "priority"),
        default="all",
        help="all at once as devices are free (default), one at a time, or a priority after the other",
    )
    command.add_argument(
        "--time-limit",
        type=option_types.hours,
        metavar="HOURS",
        help="stop each run after so long, as `stop` does; default: the plan's time_limit_hours, or none",
    )


def _add_plan(commands: Subparsers[argparse.ArgumentParser]) -> None:
    plan = add_command(commands, "plan", "what would run where, and how long it takes")
    plan.add_argument("plan", metavar="PLAN", nargs="?", help="without one: the presets")
    plan.add_argument(
        "--environment",
        action="store_true",
        help="which variables differ between the environments in which the plan's runs were launched",
    )
    plan.add_argument(
        "--gpus", type=option_types.positive, metavar="N", help="on N devices; default: those of this machine"
    )
    _add_choice(plan)
    _add_timing(plan)
    add_engine(plan)


def _add_status(commands: Subparsers[argparse.ArgumentParser]) -> None:
    status = add_command(commands, "status", "runs, devices, and why each run waits")
    status.add_argument("--json", action="store_true", help="for programs")


def _add_stop(commands: Subparsers[argparse.ArgumentParser]) -> None:
    words = "ask runs to stop, our trainer with a checkpoint; queued ones never start"
    stop = add_command(commands, "stop", words, "stops no run")
    stop.add_argument("runs", nargs="*", metavar="RUN")
    stop.add_argument("--all", action="store_true", help="every run that is alive or queued")
    stop.add_argument("--why", default="", help="kept with the run")
    stop.add_argument(
        "--grace", type=option_types.seconds, default=60.0, metavar="SECONDS", help="then it is ended (default: 60)"
    )


def _add_retry(commands: Subparsers[argparse.ArgumentParser]) -> None:
    retry = add_command(commands, "retry", "queue runs again that failed, were stopped or lost", "tries no run again")
    retry.add_argument("runs", nargs="*", metavar="RUN", help="with --missing: a group; default: the newest run's")
    retry.add_argument(
        "--missing", action="store_true", help="launch all that a group has no result of: what never ran, too"
    )
    retry.add_argument(
        "--only", type=option_types.words, action="extend", help="--missing: these experiments", metavar="F2,F3"
    )
    retry.add_argument(
        "--seeds", type=option_types.seeds, help="--missing: these seeds, not the group's own", metavar="1,2,3"
    )
    retry.add_argument(
        "--splits", type=option_types.splits, help="--missing: these splits, not the group's own", metavar="10|0,3"
    )
    retry.add_argument(
        "--from-elsewhere", action="store_true", help="go on here with runs of another host: it says that host is gone"
    )
    retry.add_argument("--yes", action="store_true", help="--from-elsewhere: do not ask; what may happen is printed")


def _add_adopt(commands: Subparsers[argparse.ArgumentParser]) -> None:
    words = "queue runs here that were copied, restored, or launched elsewhere"
    adopt = add_command(commands, "adopt", words, "adopts no run")
    adopt.add_argument("runs", nargs="*", metavar="RUN")
    adopt.add_argument("--group", help="every run of this group that was queued elsewhere")
    adopt.add_argument("--yes", action="store_true", help="do not ask; what they would run is printed all the same")


def _add_queueing(commands: Subparsers[argparse.ArgumentParser]) -> None:
    hold = add_command(commands, "hold", "keep queued runs from starting until they are released", "holds no run")
    release = add_command(commands, "release", "let held runs start again", "releases no run")
    words = "let queued runs start before others, or after them"
    priority = add_command(commands, "priority", words, "gives no run another priority")
    hold.add_argument("runs", nargs="+", metavar="RUN")
    release.add_argument("runs", nargs="*", metavar="RUN")
    release.add_argument("--all", action="store_true", help="every run that is held")
    release.add_argument("--group", help="every held run of this group, for example 'koniq-losses epochs=1'")
    priority.add_argument("runs", nargs="+", metavar="RUN")
    priority.add_argument("priority", choices=PRIORITIES)


def _add_devices(commands: Subparsers[argparse.ArgumentParser]) -> None:
    words = "give devices to no more runs; runs that have them go on"
    withdraw = add_command(commands, "withdraw", words, "withdraws no device")
    withdraw.add_argument("--why", default="", help="shown beside the device")
    words = "put devices back that were withdrawn or whose driver failed"
    restore = add_command(commands, "restore", words, "restores no device")
    for command in (withdraw, restore):
        command.add_argument(
            "devices", nargs="+", metavar="DEVICE", help="GPU index or UUID, cpu-0, or cpu for all slots"
        )


def _add_archive(commands: Subparsers[argparse.ArgumentParser]) -> None:
    archive = add_command(
        commands, "archive", "leave runs that are over out of the tables, or delete them", "archives no run"
    )
    archive.add_argument("runs", nargs="+", metavar="RUN")
    archive.add_argument("--undo", action="store_true", help="put them back into the tables")
    archive.add_argument("--delete", action="store_true", help="delete their folders, after a question")
    archive.add_argument("--yes", action="store_true", help="--delete: do not ask; what is deleted is printed")


def _add_doctor(commands: Subparsers[argparse.ArgumentParser]) -> None:
    doctor = add_command(commands, "doctor", "driver, NVML, torch and CUDA, weights, data sets, disk, locks")
    doctor.add_argument("plan", metavar="PLAN", nargs="?", help="also what keeps this plan from running")
    doctor.add_argument(
        "--notify", action="store_true", help="only this: try the command of your settings that tells how runs end"
    )
    _add_choice(doctor)
    add_engine(doctor)


def _add_cache(commands: Subparsers[argparse.ArgumentParser]) -> None:
    cache = add_command(commands, "cache", "what the decoded images take, and which runs use them; prune deletes some")
    cache.add_argument(
        "action",
        nargs="?",
        choices=("prune",),
        help="delete, after a question, what is over the limit and what earlier versions left; nothing that is in use",
    )
    cache.add_argument(
        "--keep",
        type=option_types.size,
        metavar="SIZE",
        help="prune: delete until at most so much is left, for example 10GiB; what was used longest ago goes first",
    )
    cache.add_argument("--all", action="store_true", help="prune: all that no run uses")
    cache.add_argument("--yes", action="store_true", help="prune: do not ask; what is deleted is printed all the same")


def _add_settings(commands: Subparsers[argparse.ArgumentParser]) -> None:
    settings = add_command(commands, "settings", "where your settings file is, and what holds now")
    settings.add_argument(
        "--example", action="store_true", help="print a file in which everything stands as it is usual"
    )
