"""Looks at a picture while it is being made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from pipelines.arrays import Image
from pipelines.context import Context
from pipelines.models.preview import EVERY, Developer, find_developer

if TYPE_CHECKING:
    from diffusers import DiffusionPipeline


class Previews:
    """Shows the first variation every few steps.

    Args:
        pipeline: in its place, ready to run.
        seen: (height, width, 3) the still at the network's size.
        context: of the job; nothing is shown where nobody listens.
    """

    def __init__(self, pipeline: DiffusionPipeline, seen: Image, context: Context) -> None:
        self._show = context.preview
        self._develop: Developer | None = None
        if self._show is not None:
            latent = _encoded(pipeline, seen)
            if torch.isfinite(latent).all():  # some autoencoders overflow in half precision
                scale = float(pipeline.vae.config.scaling_factor)
                self._develop = find_developer(scale, latent, seen, context)

    def look(self, step: int, latents: torch.Tensor) -> None:
        """Take the latents after ``step`` (from 0), (variations, channels, height, width)."""
        unpacked = latents.ndim == 4  # Flux and its kin keep theirs as a sequence of patches
        if self._show and self._develop and unpacked and step % EVERY == 0:
            self._show(self._develop(latents[0].float().cpu()))


@torch.no_grad()
def _encoded(pipeline: DiffusionPipeline, seen: Image) -> torch.Tensor:
    """Return the still's own latent, (channels, height, width) float32 on the CPU, scaled."""
    vae, device = pipeline.vae, pipeline._execution_device
    planes = torch.from_numpy(seen.astype(np.float32) / 127.5 - 1).permute(2, 0, 1)
    latent = vae.encode(planes[None].to(device, vae.dtype)).latent_dist.mode()[0]
    shift = vae.config.get("shift_factor") or 0.0
    return ((latent - shift) * vae.config.scaling_factor).float().cpu()
