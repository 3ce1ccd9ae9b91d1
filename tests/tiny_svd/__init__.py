"""A Stable Video Diffusion model small enough to commit, trained to move: see README.md."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from diffusers import StableVideoDiffusionPipeline

FOLDER = Path(__file__).parent / "weights"
"""The trained model, as ``StableVideoDiffusionPipeline.save_pretrained`` writes it."""


def load_pipeline() -> StableVideoDiffusionPipeline:
    """Return the trained model as the stock pipeline, on the CPU in float32."""
    from tests.tiny_svd import build

    return build.load(FOLDER)
