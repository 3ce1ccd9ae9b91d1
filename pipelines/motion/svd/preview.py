"""Looks at a clip while it is being made: latents as rough pictures."""

from __future__ import annotations

from typing import Protocol

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from pipelines.arrays import Image
from pipelines.colour import quantise
from pipelines.context import Context, PreviewListener
from pipelines.models import installed, known_models
from pipelines.models.loading import load_preview_vae

EVERY = 4
"""Steps between two looks."""


class Developer(Protocol):
    """Makes a rough picture of a clean latent."""

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


def _design(latent: torch.Tensor) -> NDArray[np.float32]:
    flat = latent.cpu().reshape(len(latent), -1).T.numpy()
    return np.concatenate([flat, np.ones((len(flat), 1), np.float32)], axis=1)


class TinyDecoder:
    """A tiny autoencoder's decoder, from the model store."""

    def __init__(self, name: str, context: Context) -> None:
        policy = context.machine.licence_policy
        self._network = load_preview_vae(
            name, context.models_dir, dtype=torch.float32, policy=policy
        )

    @torch.no_grad()
    def __call__(self, latent: torch.Tensor) -> Image:
        """Return (height, width, 3) uint8 at the frames' own size."""
        network = self._network.to(latent.device)
        picture = network.decode(latent[None]).sample[0]
        return quantise((picture / 2 + 0.5).permute(1, 2, 0).cpu().numpy())


class Previews:
    """Shows the middle frame every few steps.

    Args:
        context: of the job; a tiny autoencoder in its store makes better pictures.
        show: who sees them.
        latent: (channels, height, width) float32 of the still, scaled.
        still: (height, width, 3) uint8.
    """

    def __init__(
        self, context: Context, show: PreviewListener, latent: torch.Tensor, still: Image
    ) -> None:
        name = _find_decoder(context)
        self._develop: Developer = Linear(latent, still)
        if name is not None:
            self._develop = TinyDecoder(name, context)
        self._show = show
        self._steps = 0

    def look(self, aim: torch.Tensor | None) -> None:
        """Take the clean latents that a step aimed at, (1, frames, channels, height, width)."""
        self._steps += 1
        if aim is not None and (self._steps - 1) % EVERY == 0:
            self._show(self._develop(aim[0, aim.shape[1] // 2].float()))


def _find_decoder(context: Context) -> str | None:
    """Return the name of a tiny autoencoder in the store, or None."""
    here = installed(context.models_dir)
    known = known_models(context.models_dir)
    names = (model.name for model in known if model.kind == "preview-vae" and model.name in here)
    return next(names, None)
