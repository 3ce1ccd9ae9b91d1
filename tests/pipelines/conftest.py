"""A small still and a job that several whole-journey tests share."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image as Pillow

from pipelines.context import Context


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory, samples: Path) -> Path:
    """The coffee sample at half its size."""
    path = tmp_path_factory.mktemp("still") / "cup.png"
    with Pillow.open(samples / "coffee.jpg") as picture:
        picture.reduce(2).save(path)
    return path


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Context:
    """A job whose data folder serves the whole module, so the mask is found once."""
    return Context(tmp_path_factory.mktemp("data"))
