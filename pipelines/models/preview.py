"""Latents as rough pictures, shown while a picture or a clip is being made."""

from __future__ import annotations

from typing import Protocol

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from pipelines.arrays import Image
from pipelines.colour import quantise
from pipelines.context import Context
from pipelines.models.loading import load_preview_vae
from pipelines.models.store import installed

EVERY = 4
"""Steps between two looks."""

TINY = {0.18215: "taesd", 0.13025: "taesdxl"}
"""Scale of an autoencoder's latents → the tiny one that was made to read them."""


class Developer(Protocol):
    """Makes a rough picture of a latent."""

    def __call__(self, latent: torch.Tensor) -> Image:
        """Turn (channels, height, width) float32, scaled, into uint8 sRGB of any size."""


class Linear:
    """Colours as a linear function of the latent's channels, learnt from the still alone.

    Args:
        latent: (channels, height, width) float32 of the still, scaled.
        still: (height, width, 3) uint8 of any size.
    """

    def __init__(self, latent: torch.Tensor, still: Image) -> None:
        height, width = latent.shape[1:]
        small = cv2.resize(still, (width, height), interpolation=cv2.INTER_AREA)
        self._weights: NDArray[np.float32] = np.linalg.lstsq(
            _design(latent), small.reshape(-1, 3).astype(np.float32) / 255, rcond=None
        )[0]

    def __call__(self, latent: torch.Tensor) -> Image:
        """Return (height, width, 3) uint8, a pixel for each latent."""
        height, width = latent.shape[1:]
        return quantise((_design(latent) @ self._weights).reshape(height, width, 3))


class TinyDecoder:
    """A tiny autoencoder's decoder, from the model store."""

    def __init__(self, name: str, context: Context) -> None:
        policy = context.machine.licence_policy
        self._network = load_preview_vae(
            name, context.models_dir, dtype=torch.float32, policy=policy
        )

    @torch.no_grad()
    def __call__(self, latent: torch.Tensor) -> Image:
        """Return (height, width, 3) uint8 at the picture's own size."""
        network = self._network.to(latent.device)
        picture = network.decode(latent[None]).sample[0]
        return quantise((picture / 2 + 0.5).permute(1, 2, 0).cpu().numpy())


def find_developer(
    scaling_factor: float, latent: torch.Tensor, still: Image, context: Context
) -> Developer:
    """Return a tiny decoder where the store holds the one that fits, else colours alone.

    Args:
        scaling_factor: of the autoencoder whose latents are shown.
        latent: (channels, height, width) float32 of the still, scaled.
        still: (height, width, 3) uint8 of any size.
        context: of the job.
    """
    name = TINY.get(scaling_factor)
    if name is not None and name in installed(context.models_dir):
        return TinyDecoder(name, context)
    return Linear(latent, still)


def _design(latent: torch.Tensor) -> NDArray[np.float32]:
    flat = latent.cpu().reshape(len(latent), -1).T.numpy()
    return np.concatenate([flat, np.ones((len(flat), 1), np.float32)], axis=1)
