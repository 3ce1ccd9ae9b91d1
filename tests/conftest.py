"""Fixtures every test may ask for."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.context import Context

SAMPLES = Path(__file__).parents[1] / "samples"


@pytest.fixture
def context(tmp_path: Path) -> Context:
    """A job with its own empty data folder."""
    return Context(data_dir=tmp_path / "data")


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of sample stills."""
    return SAMPLES
