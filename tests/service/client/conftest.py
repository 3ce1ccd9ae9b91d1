"""A service, and lines to it that break."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.service.api.conftest import Service, serving, surroundings
from tests.service.client.proxy import Line, line_to


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service with one worker that asks for no keys."""
    with serving(surroundings(tmp_path_factory.mktemp("service"))) as running:
        yield running


@pytest.fixture
def line(service: Service) -> Iterator[Line]:
    """A line to it."""
    with line_to(service.url) as line:
        yield line
