"""Schemathesis over the whole document: no 5xx, and every answer as documented."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.service.api.conftest import run_keys, serving, surroundings

pytestmark = pytest.mark.xdist_group("service-keys")

TRUE_ONLY_WITH_A_STILL = "positive_data_acceptance"
"""A body that fits the schema may still name a still, a host or a draft that is not there."""


def test_generated_requests_find_nothing(tmp_path: Path) -> None:
    """Event streams are left out: they end when a job does."""
    pytest.importorskip("schemathesis", reason="pip install 'stillwave[dev]'")
    environment = surroundings(tmp_path, requests_per_minute="1000000", queue_limit="100000")
    key = run_keys(
        environment, "create", "fuzz", "--scope", "read", "--scope", "write", "--scope", "metrics"
    )["key"]
    with serving(environment, "--workers", "0") as service:
        command = [str(Path(sys.executable).with_name("schemathesis")), "run", "--no-color"]
        command += [f"{service.url}/openapi.json", "--header", f"Authorization: Bearer {key}"]
        command += ["--phases", "examples,coverage,fuzzing,stateful", "--max-examples", "8"]
        command += ["--checks", "all", "--exclude-checks", TRUE_ONLY_WITH_A_STILL]
        command += ["--exclude-path-regex", "/events$", "--seed", "1", "--max-time", "25"]
        done = subprocess.run(
            command, cwd=tmp_path, capture_output=True, text=True, timeout=90, check=False
        )
    assert done.returncode == 0, done.stdout[-6000:]
