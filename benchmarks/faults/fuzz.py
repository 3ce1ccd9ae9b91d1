"""Generated requests over the whole OpenAPI document: ``python -m benchmarks.faults.fuzz``.

Schemathesis against a real service: examples, boundary values, random requests, and sequences in
which one answer feeds the next request. What it found is its exit code; what it did is its summary.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import click

from service.auth import Grant, Keys
from service.jobs.database import connect
from service.settings import Settings
from tests.service.house import House

PROGRAM = Path(sys.executable).with_name("schemathesis")

TRUE_ONLY_WITH_A_STILL = "positive_data_acceptance"
"""A body that fits the schema may still name a still, a host or a draft that is not there."""

STREAMS = "/events$"
"""They end when a job does, and nobody works here."""

OPTIONS = {"STILLWAVE_REQUESTS_PER_MINUTE": "1000000", "STILLWAVE_QUEUE_LIMIT": "100000"}


def fuzzed(folder: Path, examples: int, seconds: int, seed: int) -> tuple[int, str]:
    """Run the fuzzer; return its exit code, 0 when it found nothing, and what it said."""
    engine = connect(Settings(data_dir=folder))
    grant = Grant("fuzz", "fuzz", ("read", "write", "metrics"))
    key = Keys(engine).create(grant)[1]
    engine.dispose()
    home = House(folder, workers=0, environment=OPTIONS)
    try:
        home.start()
        command = [str(PROGRAM), "run", "--no-color", f"{home.url}/openapi.json"]
        command += ["--header", f"Authorization: Bearer {key}", "--seed", str(seed)]
        command += ["--phases", "examples,coverage,fuzzing,stateful", "--checks", "all"]
        command += ["--max-examples", str(examples), "--max-time", str(seconds)]
        command += ["--exclude-checks", TRUE_ONLY_WITH_A_STILL, "--exclude-path-regex", STREAMS]
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=seconds + 120, check=False
        )
    finally:
        home.stop()
    return done.returncode, done.stdout


def summary(said: str) -> Sequence[str]:
    """Return the lines of a run's own summary."""
    _, _, end = said.rpartition(" SUMMARY ")
    lines = [line.rstrip() for line in end.splitlines()[1:]]
    return [line for line in lines if line and not re.fullmatch(r"[=_ ]+", line)]


@click.command()
@click.option("--examples", type=click.IntRange(1), default=50, show_default=True)
@click.option("--seconds", type=click.IntRange(10), default=300, show_default=True)
@click.option("--seed", default=1, show_default=True)
def main(examples: int, seconds: int, seed: int) -> None:
    """Run the fuzzer for longer than a test may, and print its summary."""
    with tempfile.TemporaryDirectory(prefix="stillwave-fuzz-") as folder:
        code, said = fuzzed(Path(folder) / "data", examples, seconds, seed)
    click.echo("\n".join(summary(said)) if code == 0 else said)
    sys.exit(code)


if __name__ == "__main__":
    main()
