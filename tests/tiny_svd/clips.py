"""Clips as the denoiser sees them: latents of the frames, noised stills, the motion bucket."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass

import numpy as np
import torch
from diffusers import AutoencoderKLTemporalDecoder
from torch import Tensor

from tests.tiny_svd import scenes
from tests.tiny_svd.autoencoder import to_tensor

log = logging.getLogger(__name__)

MICRO_FPS = 6.0
"""The frame rate the model is told, less one as the pipeline does: the pipeline's default 7."""

LEAST_NOISE, MOST_NOISE = 0.01, 0.5
"""Bounds of ``noise_aug_strength``, drawn evenly on a logarithmic scale."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Clips with their conditions.

    ``latents`` (clips, frames, 4, height, width), times the scaling factor; ``stills`` (clips, 4,
    height, width), of the noised frame 0, not scaled; ``ids`` (clips, 3): frame rate, motion
    bucket, noise strength.
    """

    latents: Tensor
    stills: Tensor
    ids: Tensor


@dataclass(frozen=True, slots=True)
class Clips:
    """Encoded clips; each serves forwards and backwards, so both its ends are kept as stills.

    ``latents`` (clips, frames, 4, height, width), scaled; ``stills`` (clips, 2, 4, height, width):
    of the first and the last frame; ``noises`` (clips, 2) and ``buckets`` (clips,).
    """

    latents: Tensor
    stills: Tensor
    noises: Tensor
    buckets: Tensor

    def batch(self, indices: Tensor, backwards: Tensor) -> Batch:
        """Return the clips at ``indices``, those with ``backwards`` (bool) played backwards."""
        latents, end = self.latents[indices], backwards.long()
        latents = torch.where(backwards[:, None, None, None, None], latents.flip(1), latents)
        noises = self.noises[indices, end]
        rate = torch.full_like(noises, MICRO_FPS)
        ids = torch.stack([rate, self.buckets[indices], noises], dim=1)
        return Batch(latents, self.stills[indices, end], ids)

    def random_batch(self, count: int) -> Batch:
        """Return ``count`` random clips, half of them backwards."""
        return self.batch(torch.randint(len(self.buckets), (count,)), torch.rand(count) < 0.5)


def make_clips(vae: AutoencoderKLTemporalDecoder, rng: np.random.Generator, count: int) -> Clips:
    """Render and encode ``count`` random clips."""
    parts: list[Clips] = []
    for index in range(count):
        parts.append(_make_clip(vae, rng))
        if index % 500 == 499:
            log.info("%d of %d clips encoded", index + 1, count)
    names = ("latents", "stills", "noises", "buckets")
    return Clips(*(torch.stack([getattr(part, name) for part in parts]) for name in names))


@torch.no_grad()
def _make_clip(vae: AutoencoderKLTemporalDecoder, rng: np.random.Generator) -> Clips:
    path, speed = scenes.random_path(rng)
    frames = to_tensor(scenes.random_scene(rng).clip(path))
    logarithms = rng.uniform(math.log(LEAST_NOISE), math.log(MOST_NOISE), 2)
    noises = torch.from_numpy(np.exp(logarithms)).float()
    ends = frames[[0, -1]]
    noised = ends + noises[:, None, None, None] * torch.randn_like(ends)
    latents = vae.encode(torch.cat([frames, noised])).latent_dist.mode()
    bucket = torch.tensor(float(scenes.bucket_of(speed)))
    return Clips(latents[:-2] * vae.config.scaling_factor, latents[-2:], noises, bucket)
