"""Runs the questions: ``python -m benchmarks [--only NAME] [--repeats N]``."""

from __future__ import annotations

from pathlib import Path

import click

from benchmarks.findings import Findings, promises_table
from benchmarks.machine import describe_machine, load
from benchmarks.measure import apart, progress
from benchmarks.questions import QUESTIONS, answer

RESULTS = Path(__file__).with_name("results.md")


@click.command()
@click.option(
    "--only", type=click.Choice(QUESTIONS), multiple=True, help="Ask this; repeat for more."
)
@click.option("--repeats", type=click.IntRange(1), default=5, show_default=True, help="Rounds.")
def main(only: tuple[str, ...], repeats: int) -> None:
    """Ask the questions, print what was found, and keep the answers to all in results.md."""
    asked = only or QUESTIONS
    before = load()
    findings = []
    for name in asked:
        progress(f"== {name}")
        findings.append(apart(answer, name, repeats))
    text = document(findings, describe_machine(repeats, before))
    click.echo(text)
    if set(asked) == set(QUESTIONS):
        RESULTS.write_text(text + "\n", encoding="utf-8")


def document(findings: list[Findings], machine: str) -> str:
    """Return everything as Markdown, promises first."""
    promises = [promise for found in findings for promise in found.promises]
    tables = [promises_table(promises)] if promises else []
    tables += [table for found in findings for table in found.tables]
    parts = ["# Results of the last run", "How they are taken: [README.md](README.md)", machine]
    return "\n\n".join([*parts, *(table.markdown() for table in tables)])


if __name__ == "__main__":
    main()
