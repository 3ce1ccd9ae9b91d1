"""A store with the random toy model, and one thread."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from diffusers import StableVideoDiffusionPipeline

from pipelines.context import Context
from pipelines.models import add_folder
from pipelines.motion.svd.pipeline import DirectedPipeline
from tests.pipelines.motion.svd.shots import TOY
from tests.tiny.svd import make_tiny_svd, save_tiny_svd


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """Toy networks gain nothing from more, and other tests run beside."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def job(tmp_path_factory: pytest.TempPathFactory) -> Context:
    """A job whose store holds the random toy model."""
    folder = tmp_path_factory.mktemp("svd")
    context = Context(folder / "data")
    add_folder(TOY, save_tiny_svd(folder / "toy"), context.models_dir, kind="svd")
    return context


@pytest.fixture
def stock() -> StableVideoDiffusionPipeline:
    """The library's own pipeline of the same random weights."""
    return make_tiny_svd()


@pytest.fixture
def pipeline(stock: StableVideoDiffusionPipeline) -> DirectedPipeline:
    """Ours."""
    return DirectedPipeline.of(stock)
