"""Rough pictures of latents."""

from __future__ import annotations

import cv2
import numpy as np
import torch

from pipelines.arrays import Image
from pipelines.models.preview import Linear
from tests.stills import psnr, textured


def test_colours_are_learnt_from_the_still_and_hold_for_other_latents() -> None:
    """Latents that are a linear function of colour are read back without a loss."""
    mixing = torch.tensor([[0.9, -0.2, 0.4], [0.1, 0.8, -0.5], [0.3, 0.3, 0.3], [-0.7, 0.2, 0.1]])

    def latent(picture: Image) -> torch.Tensor:
        small = cv2.resize(picture, (32, 24), interpolation=cv2.INTER_AREA)
        return torch.einsum("cd,hwd->chw", mixing, torch.from_numpy(small / np.float32(255))) - 0.3

    develop = Linear(latent(textured(256, 192)), textured(256, 192))
    other = textured(256, 192, seed=9)
    seen = develop(latent(other))
    assert psnr(seen, cv2.resize(other, (32, 24), interpolation=cv2.INTER_AREA)) > 45
