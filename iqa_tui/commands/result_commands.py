"""The commands that tell results, and their options."""

from __future__ import annotations

import argparse
from pathlib import Path

from iqa_tui.commands import option_types
from iqa_tui.commands.adding import Subparsers, add_command


def add_result_commands(commands: Subparsers[argparse.ArgumentParser]) -> None:
    """`import`, `export`, `findings` and `paper`."""
    _add_import(commands)
    _add_export(commands)
    _add_findings(commands)
    _add_paper(commands)


def _add_import(commands: Subparsers[argparse.ArgumentParser]) -> None:
    words = "make recorded runs, rows marked ◆, of logs of the published trainer or of evaluations of any network"
    imported = add_command(commands, "import", words, "imports nothing")
    imported.set_defaults(command="import_log")  # `import` is no name of a module
    imported.add_argument("logs", nargs="+", metavar="LOG|FOLDER", type=Path)
    imported.add_argument(
        "--as",
        dest="rows",
        type=option_types.words,
        metavar="F1[,F2]",
        help="the row of all these, or one for each; default: by the loss that each log names",
    )
    imported.add_argument("--label", metavar="TEXT", help="of an evaluation: what the row is called")
    imported.add_argument(
        "--plan", metavar="PLAN", help="whose rows (default: koniq-losses; of an evaluation, the plan of its group)"
    )
    imported.add_argument(
        "--group", help="the table that they join (default: the plan's name; of an evaluation, the newest of the plan)"
    )
    imported.add_argument(
        "--seeds",
        type=option_types.seeds,
        metavar="1,2,3",
        help="one for each log; default: what it says, or the next one if another log of the row has it",
    )
    imported.add_argument("--again", action="store_true", help="also logs that were imported before")


def _add_export(commands: Subparsers[argparse.ArgumentParser]) -> None:
    export = add_command(commands, "export", "the table of results")
    export.add_argument("plan", metavar="PLAN", nargs="?", help="default: the plan of the newest run")
    export.add_argument("--group", help="runs of this group, for example 'koniq-losses epochs=1'")
    export.add_argument(
        "--format",
        default="markdown",
        choices=("csv", "markdown", "latex", "json"),
        help="default: markdown; in csv a text that a spreadsheet would execute gets an apostrophe before it",
    )
    export.add_argument(
        "--columns",
        type=option_types.words,
        default=(),
        metavar="srcc,krcc",
        help="of markdown and latex: srcc, plcc, plcc_fitted, krcc, rmse, delta, tuned, epoch, hours, gpu, status, "
        "notes, DATASET/srcc of another test set, or all; csv and json hold all",
    )
    export.add_argument("--output", type=Path, metavar="FILE", help="default: print it")


def _add_findings(commands: Subparsers[argparse.ArgumentParser]) -> None:
    findings = add_command(
        commands, "findings", "what the finished runs show: intervals, hypotheses, questions, a recommendation"
    )
    findings.add_argument(
        "group", metavar="GROUP", nargs="?", help="runs of this group; default: that of the newest run"
    )
    findings.add_argument(
        "--against", metavar="GROUP", help="each row less the row of the same id in this other group, too"
    )
    findings.add_argument("--plan", help="whose hypotheses and questions; default: the plan of the newest run")
    findings.add_argument("--format", default="text", choices=("text", "markdown", "json"), help="default: text")


def _add_paper(commands: Subparsers[argparse.ArgumentParser]) -> None:
    paper = add_command(
        commands, "paper", "a folder for a paper: LaTeX table and numbers, figures, findings, scores, a report"
    )
    paper.add_argument("group", metavar="GROUP", nargs="?", help="runs of this group; default: that of the newest run")
    paper.add_argument("--plan", help="whose rows, hypotheses and questions; default: the plan of the newest run")
    paper.add_argument(
        "--output", type=Path, metavar="DIR", required=True, help="a new folder, or one that this command wrote before"
    )
