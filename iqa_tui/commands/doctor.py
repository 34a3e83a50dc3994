"""`iqa-tui doctor`: what is wrong, and what would help, before it costs an hour."""

from __future__ import annotations

import argparse

from iqa_tui.commands.exit_codes import ALL_WELL, ENVIRONMENT
from iqa_tui.commands.launching import request_of
from iqa_tui.doctor.finding import Finding
from iqa_tui.doctor.findings import findings
from iqa_tui.doctor.notify import notify_finding


def run(options: argparse.Namespace) -> int:
    if options.notify:
        finding = notify_finding()
        print_finding(finding)
        return ALL_WELL if finding.is_good else ENVIRONMENT
    request = request_of(argparse.Namespace(**{**vars(options), "plan": options.plan or "demo"}))
    blocked = []
    for finding in findings(request):
        print_finding(finding)
        if finding.blocks:
            blocked.append(finding.subject)
    plan = request.plan.name if options.plan else "the demo"
    if not blocked:
        print(f"\nReady to run {plan}.")
        return ALL_WELL
    print(f"\nNot ready to run {plan}: first mend {', '.join(dict.fromkeys(blocked))}.")
    return ENVIRONMENT


def print_finding(finding: Finding) -> None:
    """At once: the next one may take a while."""
    sign = "ok     " if finding.is_good else "BLOCKED" if finding.blocks else "warning"
    print(f"{sign}  {finding.subject:<9} {finding.words}", flush=True)
    if finding.remedy:
        print(f"{'':19}{finding.remedy}", flush=True)
