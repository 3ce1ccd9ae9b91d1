"""The program as a person starts it: in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.service.still_server import NAME as TLS_NAME

Run = Callable[..., "subprocess.CompletedProcess[str]"]

PROGRAM = (sys.executable, "-c", "from service.cli import main; main()")
"""The console script's own words, so that the checkout is what is tested."""

QUICK = ("--quality", "draft", "--seconds", "0.5", "--fps", "12")


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One data folder for all runs, so that masks are found once."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="session")
def environment(data_dir: Path) -> dict[str, str]:
    root = str(Path(__file__).parents[2])
    return {**os.environ, "STILLWAVE_DATA_DIR": str(data_dir), "PYTHONPATH": root}


@pytest.fixture(scope="session")
def run(environment: dict[str, str]) -> Run:
    """Run the program to its end."""

    def start(*arguments: object, **options: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*PROGRAM, *map(str, arguments)],
            env=environment | options,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return start


@pytest.fixture(scope="session")
def coffee() -> Path:
    return Path(__file__).parents[2] / "samples" / "coffee.jpg"


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for TLS_NAME, and its key, in one file."""
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-days", "2", "-subj", f"/CN={TLS_NAME}", "-addext"]
    command += [f"subjectAltName=DNS:{TLS_NAME}", "-keyout", str(path), "-out", str(path)]
    subprocess.run(command, check=True, capture_output=True)
    return path
