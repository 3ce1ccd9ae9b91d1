"""What the doctor says of this machine, for renders here and for a service."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.service.conftest import Run

Findings = dict[str, dict[str, Any]]


def examined(run: Run, **settings: str) -> tuple[int, Findings]:
    """Return the doctor's exit code, and what was found by its name."""
    said = run("doctor", "--json", **settings)
    document = json.loads(said.stdout)
    assert document["ok"] == (said.returncode == 0)
    return said.returncode, {each["name"]: each for each in document["findings"]}


def test_a_machine_that_can_serve_says_with_what(run: Run, tmp_path: Path) -> None:
    code, found = examined(run, STILLWAVE_DATA_DIR=str(tmp_path))
    assert code == 0
    assert found["data folder"]["state"] == str(tmp_path)
    assert "GB free" in found["disk"]["state"]
    assert "fastapi" in found["service"]["state"]
    assert found["database"]["state"].startswith("sqlite 3.")
    assert found["storage"]["state"] == str(tmp_path / "blobs")
    assert list((tmp_path / "blobs").iterdir()) == []
    assert found["keys"]["state"].startswith("none")
    run("keys", "create", "shop", STILLWAVE_DATA_DIR=str(tmp_path))
    _, found = examined(run, STILLWAVE_DATA_DIR=str(tmp_path))
    assert found["keys"]["state"].startswith("1 active")


def test_what_a_service_lacks_is_named_with_the_variable_to_change(
    run: Run, tmp_path: Path
) -> None:
    code, found = examined(
        run,
        STILLWAVE_DATA_DIR=str(tmp_path),
        STILLWAVE_DATABASE_URL="postgresql://ann:secret@127.0.0.1:1/stillwave",
        STILLWAVE_STORAGE_URL="nowhere",
        STILLWAVE_MIN_FREE_MB="1000000000",
    )
    assert code == 3
    lacking = {name: each["fix"] for name, each in found.items() if not each["ok"]}
    assert set(lacking) == {"disk", "database", "storage"}
    assert "STILLWAVE_DATABASE_URL" in lacking["database"]
    assert "STILLWAVE_STORAGE_URL" in lacking["storage"]
    assert "STILLWAVE_MIN_FREE_MB" in lacking["disk"]
    assert "secret" not in json.dumps(found)


def test_the_doctor_names_the_device_its_precision_and_torch(run: Run) -> None:
    code, found = examined(run, STILLWAVE_DEVICE="cpu", STILLWAVE_PRECISION="bfloat16")
    assert code == 0
    finding = found["networks"]
    assert finding["ok"]
    assert finding["state"].startswith("CPU in bfloat16")
    assert f"torch {torch.__version__}" in finding["state"]


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_a_device_that_was_asked_for_and_is_not_here_is_a_fault(run: Run) -> None:
    said = run("doctor", STILLWAVE_DEVICE="cuda")
    assert said.returncode == 3
    line = next(line for line in said.stdout.splitlines() if "networks" in line)
    assert line == (
        "NO  networks     the device 'cuda' was asked for, and torch finds none here; "
        "set STILLWAVE_DEVICE=auto"
    )
