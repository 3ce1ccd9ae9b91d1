"""Where denoising starts: in pure noise, or in a noised guide whose layout then leads the camera.

The guide's latents, noised to the level of an intermediate step, are denoised from there on:
"Training-free Camera Control for Video Generation" (CamTrol), arXiv 2406.10126; the same idea for
pictures is SDEdit, arXiv 2108.01073. Noise adds without scaling, since the schedule is
variance-exploding (Karras et al., arXiv 2206.00364).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from diffusers import SchedulerMixin
from diffusers.utils.torch_utils import randn_tensor

RHO = 7.0
"""Noise levels between two steps are interpolated as the schedule spaces them: in σ^(1/7)."""


@dataclass(frozen=True)
class Start:
    """A place on the schedule.

    Attributes:
        step: in steps of the full schedule; 0 is its start, in pure noise.
        sigma: the noise level there.
        sigmas: the levels from there to 0; None is the full schedule, as the library sets it.
        steps: denoising steps that are left.
    """

    step: float
    sigma: float
    sigmas: Sequence[float] | None
    steps: int


def find_start(scheduler: SchedulerMixin, num_inference_steps: int, strength: float) -> Start:
    """Return where a camera of ``strength`` 0..1 starts.

    0 is the full schedule, without a guide. Above, the start moves evenly over the steps, the
    more the later, to the last one at 1, where nearly no noise is left and the guide comes out as
    the autoencoder reproduces it. It may fall between two steps, so that the same strength means
    the same noise for 4 steps as for 25.
    """
    scheduler.set_timesteps(num_inference_steps)
    full = [float(sigma) for sigma in scheduler.sigmas]
    steps = len(full) - 1
    place = strength * (steps - 1)
    if place == 0:
        return Start(0.0, full[0], None, steps)
    before, share = int(place), place % 1.0
    sigma = full[before]
    if share:
        ends = full[before] ** (1 / RHO), full[before + 1] ** (1 / RHO)
        sigma = ((1 - share) * ends[0] + share * ends[1]) ** RHO
    return Start(place, sigma, [sigma, *full[before + 1 :]], steps - before)


def draw_noise(
    seed: int, size: tuple[int, int], shape: tuple[int, ...], dtype: torch.dtype
) -> torch.Tensor:
    """Return the latents' noise that the stock pipeline draws for ``seed``, on the CPU.

    One generator first gives the augmentation noise of the conditioning picture, then this.

    Args:
        seed: of the generator.
        size: (width, height) of the picture.
        shape: of the latents, (videos, frames, channels, height, width).
        dtype: in which the pipeline draws.
    """
    generator = torch.Generator().manual_seed(seed)
    randn_tensor((1, 3, size[1], size[0]), generator=generator, dtype=torch.float32)
    return randn_tensor(shape, generator=generator, dtype=dtype)
