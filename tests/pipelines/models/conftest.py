"""Toy models, made once, and a store to put them into."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from diffusers import StableDiffusionPipeline, StableVideoDiffusionPipeline

from tests.tiny.img2img import make_tiny_sd
from tests.tiny.svd import make_tiny_svd


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "models"


@pytest.fixture(scope="module")
def svd() -> StableVideoDiffusionPipeline:
    return make_tiny_svd()


@pytest.fixture(scope="module")
def image_pipeline() -> StableDiffusionPipeline:
    return make_tiny_sd()
