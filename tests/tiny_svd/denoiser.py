"""Training of the tiny denoiser: v-prediction at log-normal noise levels.

With latents ``z`` and noise ``n`` at level ``s`` the network gets x / √(s² + 1) for x = z + s·n and
the time ¼ ln s, and learns v = (n − s·z) / √(s² + 1): EulerDiscreteScheduler's "v_prediction" with
continuous time steps (Karras et al., "Elucidating the Design Space", NeurIPS 2022, rewritten).
"""

from __future__ import annotations

import copy
import logging
import math
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKLTemporalDecoder, UNetSpatioTemporalConditionModel
from torch import Tensor, nn

from tests.tiny_svd import build
from tests.tiny_svd.budget import Budget
from tests.tiny_svd.clips import Batch, Clips, make_clips

log = logging.getLogger(__name__)

CLIPS = 2400
HELD_OUT = 64
BATCH = 8
RATE = 1.5e-3
WARM_UP = 100
"""Steps of rising learning rate."""

LEVEL_MEAN, LEVEL_DEVIATION = 0.9, 1.5
"""Of the logarithm of the noise level."""

DROPOUT = 0.12
"""Share of clips whose still is withheld, for classifier-free guidance."""

PROBES = (0.05, 0.3, 1.0, 3.0, 10.0, 40.0)
"""Noise levels at which the held-out loss is measured."""

CHECK_EVERY = 250
"""Steps between measurements and saved checkpoints."""


def train(
    unet: UNetSpatioTemporalConditionModel,
    vae: AutoencoderKLTemporalDecoder,
    rng: np.random.Generator,
    budget: Budget,
    folder: Path,
) -> None:
    """Train ``unet`` on the autoencoder's latents; save its moving average as it goes."""
    held_out = make_clips(vae, rng, HELD_OUT)
    clips = make_clips(vae, rng, CLIPS)
    average = copy.deepcopy(unet).requires_grad_(False)
    optimizer = torch.optim.AdamW(unet.parameters(), lr=RATE, betas=(0.9, 0.99), weight_decay=0.01)
    unet.train()
    for step, progress in enumerate(budget):
        for group in optimizer.param_groups:
            group["lr"] = _rate(step, progress)
        loss = _loss(unet, clips.random_batch(BATCH), _random_levels(BATCH), DROPOUT)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(unet.parameters(), 1.0)
        optimizer.step()
        _follow(average, unet, min(0.999, (1 + step) / (10 + step)))
        if step % CHECK_EVERY == CHECK_EVERY - 1:
            _check(step + 1, progress, average, held_out, folder)
    _check(step + 1, 1.0, average, held_out, folder)


def _rate(step: int, progress: float) -> float:
    """Learning rate: a linear warm-up, then half a cosine down to 3 %."""
    return (
        RATE
        * min(1.0, (step + 1) / WARM_UP)
        * (0.03 + 0.97 * (1 + math.cos(math.pi * progress)) / 2)
    )


def _random_levels(count: int) -> Tensor:
    return (LEVEL_MEAN + LEVEL_DEVIATION * torch.randn(count)).exp().clamp(0.01, 90.0)


def _loss(
    unet: UNetSpatioTemporalConditionModel, batch: Batch, levels: Tensor, dropout: float
) -> Tensor:
    """Return the mean squared error of v for fresh noise; ``levels`` (clips,)."""
    noise = torch.randn_like(batch.latents)
    level = levels[:, None, None, None, None]
    size = (level**2 + 1).sqrt()
    kept = torch.rand(len(levels)) >= dropout
    stills = batch.stills * kept[:, None, None, None]
    frames = batch.latents.shape[1]
    seen = torch.cat(
        [(batch.latents + level * noise) / size, stills[:, None].expand(-1, frames, -1, -1, -1)],
        dim=2,
    )
    embedding = torch.zeros(len(levels), 1, build.EMBEDDING)
    guess = unet(seen, 0.25 * levels.log(), embedding, batch.ids).sample
    return nn.functional.mse_loss(guess, (noise - level * batch.latents) / size)


@torch.no_grad()
def _follow(average: nn.Module, model: nn.Module, decay: float) -> None:
    for mean, value in zip(average.parameters(), model.parameters(), strict=True):
        mean.lerp_(value, 1 - decay)


@torch.no_grad()
def _check(
    step: int,
    progress: float,
    average: UNetSpatioTemporalConditionModel,
    held_out: Clips,
    folder: Path,
) -> None:
    """Log the loss on held-out clips, always with the same noise, and save the checkpoint."""
    batch = held_out.batch(torch.arange(HELD_OUT), torch.zeros(HELD_OUT, dtype=torch.bool))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        losses = [
            _loss(average, batch, torch.full((HELD_OUT,), level), 0.0).item() for level in PROBES
        ]
    log.info("step %d, %.0f %%: %s", step, 100 * progress, " ".join(f"{x:.3f}" for x in losses))
    copy.deepcopy(average).half().save_pretrained(folder / "unet")
