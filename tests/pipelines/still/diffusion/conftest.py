"""One store of toys for all tests of the room."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from pipelines.context import Context
from pipelines.machine import Machine
from tests.pipelines.still.diffusion.studio import Studio, make_store, open_studio


@pytest.fixture(scope="session")
def toys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    """A job whose store holds the toys; networks run on one thread of the CPU."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    data_dir = tmp_path_factory.mktemp("data")
    make_store(data_dir, tmp_path_factory.mktemp("toys"))
    yield Context(data_dir, machine=Machine(device="cpu"))
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def studio(toys: Context) -> Studio:
    """An engine of the module's own."""
    return open_studio(toys)
