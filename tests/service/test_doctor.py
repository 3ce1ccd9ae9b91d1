"""What the doctor says of the device that networks would run on."""

from __future__ import annotations

import json

import pytest
import torch

from tests.service.conftest import Run


def test_the_doctor_names_the_device_its_precision_and_torch(run: Run) -> None:
    said = run("doctor", "--json", STILLWAVE_DEVICE="cpu", STILLWAVE_PRECISION="bfloat16")
    assert said.returncode == 0, said.stderr
    (finding,) = [
        each for each in json.loads(said.stdout)["findings"] if each["name"] == "networks"
    ]
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
