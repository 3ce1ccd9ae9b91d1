"""``stillwave doctor``: what this machine has and can do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from service.cli import emit
from service.commands.options import json_option

if TYPE_CHECKING:
    from service.doctor.finding import Finding


@click.command()
@json_option
def doctor(as_json: bool) -> int:
    """Say what works on this machine; exit code 3 when something needed is missing."""
    findings = list(_look())
    healthy = all(finding.ok for finding in findings)
    if as_json:
        emit({"ok": healthy, "findings": [asdict(finding) for finding in findings]})
    else:
        for finding in findings:
            mark = "ok " if finding.ok else "NO "
            fix = f"; {finding.fix}" if finding.fix else ""
            click.echo(f"{mark} {finding.name:<12} {finding.state}{fix}")
    return 0 if healthy else 3


def _look() -> Iterator[Finding]:
    from service.doctor import library, service

    findings = [look() for look in library.EXAMINATIONS]
    yield from findings
    folder = next(finding for finding in findings if finding.name == "data folder")
    yield from service.examine(with_folder=folder.ok)
