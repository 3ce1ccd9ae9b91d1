"""``stillwave inspect`` and ``check``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from service.cli import emit
from service.commands.options import json_option

if TYPE_CHECKING:
    from pipelines.media import Check


@click.command()
@click.argument("source", type=click.Path(path_type=Path))
@click.option(
    "--mask", type=click.Path(path_type=Path), metavar="FILE", help="White is the product."
)
@json_option
def inspect(source: Path, mask: Path | None, as_json: bool) -> None:
    """Give the figures of the still SOURCE, and advice."""
    from service.inspecting import inspect_file
    from service.work import run

    found = run(lambda context: inspect_file(source, mask, context))
    if as_json:
        emit({"file": str(source), **asdict(found)})
        return
    figures = asdict(found.figures)
    for name, value in {"format": found.format, **figures}.items():
        click.echo(f"{name.replace('_', ' '):<20} {value}")
    click.echo(f"{'text':<20} {' | '.join(found.text) or 'none found'}")
    click.echo(f"{'fills':<20} {', '.join(found.fills) or 'no fixed size without enlarging'}")
    for sentence in (*found.warnings, *found.advice):
        click.echo(f"- {sentence}")


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--for", "formats", required=True, metavar="FORMAT,…", help="Platforms that shall judge it."
)
@json_option
def check(file: Path, formats: str, as_json: bool) -> int:
    """Judge FILE by the rules of platforms; exit code 1 when one would refuse it."""
    from pipelines.encode import judge

    names = [part.strip() for part in formats.split(",") if part.strip()]
    verdicts = {name: judge(file, name) for name in names}
    passed = all(rule.ok for rules in verdicts.values() for rule in rules)
    if as_json:
        results = [_verdict(name, rules) for name, rules in verdicts.items()]
        emit({"file": str(file), "ok": passed, "results": results})
    else:
        for name, rules in verdicts.items():
            _tell(name, rules)
    return 0 if passed else 1


def _verdict(name: str, rules: tuple[Check, ...]) -> dict[str, object]:
    return {
        "format": name,
        "ok": all(rule.ok for rule in rules),
        "conformance": [asdict(rule) for rule in rules],
    }


def _tell(name: str, rules: tuple[Check, ...]) -> None:
    failed = [rule for rule in rules if not rule.ok]
    click.echo(f"{name}: {'falls short' if failed else 'would be taken'}")
    for rule in rules:
        mark = "ok  " if rule.ok else "FAIL"
        click.echo(f"  {mark} {rule.rule:<14} {rule.value} (takes {rule.limit})")
    if failed:
        click.echo(f"  source: {failed[0].source}, read on {failed[0].read_on}")
