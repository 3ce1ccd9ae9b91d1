"""Ways to run the stock pipeline: from noise, from a guide, with a mask, as a loop.

Everything goes through the library's own call: a late start is its ``sigmas`` and ``latents``, what
happens between steps its ``callback_on_step_end``.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from diffusers import StableVideoDiffusionPipeline
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from tests.tiny_svd import build
from tests.tiny_svd.autoencoder import to_tensor
from tests.tiny_svd.measure import Clip

STEPS = 12

AfterStep = Callable[[object, int, object, dict[str, Tensor]], dict[str, Tensor]]
"""What the library calls after each step: pipeline, step, time, tensors."""


def animate(
    pipeline: StableVideoDiffusionPipeline,
    stills: Sequence[NDArray[np.uint8]],
    seeds: Sequence[int],
    **options: object,
) -> list[Clip]:
    """Return one clip for each still, as one batch, without guidance unless told otherwise."""
    height, width = stills[0].shape[:2]
    defaults = {"num_inference_steps": STEPS, "min_guidance_scale": 1.0, "max_guidance_scale": 1.0}
    with _quiet():
        frames = pipeline(
            [Image.fromarray(still) for still in stills],
            height=height,
            width=width,
            generator=[torch.Generator().manual_seed(seed) for seed in seeds],
            output_type="np",
            **{**defaults, **options},
        ).frames
    return [np.rint(clip * 255).astype(np.uint8) for clip in frames]


def levels(pipeline: StableVideoDiffusionPipeline, steps: int = STEPS) -> list[float]:
    """Return the scheduler's noise levels, from the largest down to 0."""
    scheduler = build.make_scheduler().from_config(pipeline.scheduler.config)
    with _quiet():
        scheduler.set_timesteps(steps)
    return scheduler.sigmas.tolist()


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Silence what the scheduler's way of turning tensors into arrays makes NumPy say."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "__array__ implementation", DeprecationWarning)
        yield


@torch.no_grad()
def encode(pipeline: StableVideoDiffusionPipeline, clips: Sequence[Clip]) -> Tensor:
    """Return the scaled latents of clips, (clips, frames, 4, height / 4, width / 4)."""
    latents = [pipeline.vae.encode(to_tensor(clip)).latent_dist.mode() for clip in clips]
    return torch.stack(latents) * pipeline.vae.config.scaling_factor


@torch.no_grad()
def reconstruct(pipeline: StableVideoDiffusionPipeline, frames: Clip) -> Clip:
    """Return pictures uint8 (frames, height, width, 3) encoded and decoded one by one."""
    latents = pipeline.vae.encode(to_tensor(frames)).latent_dist.mode()
    again = pipeline.vae.decode(latents, num_frames=1).sample.clamp(-1, 1)
    return np.rint((again.permute(0, 2, 3, 1).numpy() + 1) * 127.5).astype(np.uint8)


def noise_for(latents: Tensor, seeds: Sequence[int]) -> Tensor:
    """Return normal noise of the latents' shape, one stream for each clip."""
    streams = [torch.Generator().manual_seed(seed + 10_000) for seed in seeds]
    return torch.stack([torch.randn(latents.shape[1:], generator=stream) for stream in streams])


def follow(
    pipeline: StableVideoDiffusionPipeline,
    guides: Sequence[Clip],
    seeds: Sequence[int],
    start: int,
    **options: object,
) -> list[Clip]:
    """Return clips denoised from their guides, noised to the level of step ``start``.

    The start of CamTrol (arXiv 2406.10126): 0 is pure noise but for a trace, ``STEPS`` - 1 almost
    the guide. The still is the guide's first frame.
    """
    sigmas = levels(pipeline)[start:]
    latents = encode(pipeline, guides)
    noised = latents + sigmas[0] * noise_for(latents, seeds)
    begun = noised / (sigmas[0] ** 2 + 1) ** 0.5  # the call multiplies by this again
    stills = [guide[0] for guide in guides]
    return animate(pipeline, stills, seeds, latents=begun, sigmas=sigmas, **options)


def holding(still: Tensor, noise: Tensor, region: Tensor, sigmas: Sequence[float]) -> AfterStep:
    """Return a callback that holds ``region`` of the latents to the noised ``still``.

    ``still`` and ``noise`` (clips, frames, 4, height, width), ``region`` bool (height, width).
    """

    def after(_: object, step: int, __: object, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
        held = still + sigmas[step + 1] * noise
        return {"latents": torch.where(region, held, tensors["latents"])}

    return after


def rolling(steps: int = STEPS, by: int = 1) -> AfterStep:
    """Return a callback that turns the frames round by ``by`` after each step but the last, and
    back at the end (the latent shift of Mobius, arXiv 2502.20307).
    """

    def after(_: object, step: int, __: object, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
        turn = by if step < steps - 1 else -by * (steps - 1)
        return {"latents": tensors["latents"].roll(turn, dims=1)}

    return after
