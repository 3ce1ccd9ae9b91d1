"""The denoising itself: the library's pipeline, stepped in on where the shot asks for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from PIL import Image as Pillow

from pipelines.arrays import Image
from pipelines.motion.svd.pipeline import DirectedPipeline
from pipelines.motion.svd.settings import Settings
from pipelines.motion.svd.start import Start
from pipelines.motion.svd.steps import Steps, stride


@dataclass(frozen=True, eq=False)
class Lead:
    """What leads the denoising beside the still.

    Attributes:
        guide: (1, frames, channels, height, width) float32 latents of the guide, scaled.
        noise: of the same shape; the guide noised by it is where denoising starts and what the
            masked part is held to.
        moving: (1, frames, 1, height, width) float32, the model's share of each latent; None is
            all.
    """

    guide: torch.Tensor
    noise: torch.Tensor
    moving: torch.Tensor | None

    def hold(self, latents: torch.Tensor, sigma: float) -> torch.Tensor:
        """Put the guide, noised to ``sigma``, back where nothing may move."""
        if self.moving is None:
            return latents
        share = self.moving.to(latents.device)
        held = (self.guide + sigma * self.noise).to(latents.device)
        return torch.lerp(held, latents.float(), share).to(latents.dtype)


def denoise(
    pipeline: DirectedPipeline,
    still: Image,
    settings: Settings,
    start: Start,
    lead: Lead | None,
    after: Callable[[torch.Tensor | None], None],
    *,
    closed: bool,
    shifting: int,
) -> torch.Tensor:
    """Return denoised latents, (1, frames, channels, height, width).

    Without a lead, a loop and a mask this is the stock pipeline's call at the same seed.

    Args:
        still: (height, width, 3) uint8 conditioning picture at the model's size.
        settings: all numbers.
        start: where on the schedule.
        lead: the guide; None starts from pure noise.
        after: called after each step with the clean latents it aimed at, or None where the
            scheduler does not say; what it raises stops the generation.
        closed: whether guidance is alike at both ends.
        shifting: steps between two turns of what the model sees; 0 never turns it.
    """
    latents = None if lead is None else first_latents(pipeline, start, lead)
    turn = stride(settings.num_frames) if shifting else 0
    with _observed(pipeline, Steps(pipeline.scheduler, turn, max(1, shifting)), closed) as steps:

        def step_end(_: Any, step: int, __: Any, tensors: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401
            if lead is not None:
                sigma = float(steps.sigmas[step + 1])
                tensors["latents"] = lead.hold(tensors["latents"], sigma)
            after(steps.aim)
            return tensors

        return pipeline(
            Pillow.fromarray(still),
            height=settings.height,
            width=settings.width,
            num_frames=settings.num_frames,
            num_inference_steps=settings.num_inference_steps,
            sigmas=start.sigmas,
            min_guidance_scale=settings.min_guidance_scale,
            max_guidance_scale=settings.max_guidance_scale,
            fps=settings.fps,
            motion_bucket_id=settings.motion_bucket_id,
            noise_aug_strength=settings.noise_aug_strength,
            generator=torch.Generator().manual_seed(settings.seed),
            latents=latents,
            output_type="latent",
            callback_on_step_end=step_end,
        ).frames


def first_latents(pipeline: DirectedPipeline, start: Start, lead: Lead) -> torch.Tensor:
    """Return what the pipeline takes as ``latents``: it multiplies them by the first noise level.

    On the full schedule they are the stock pipeline's pure noise.
    """
    dtype = next(pipeline.image_encoder.parameters()).dtype
    if start.sigmas is None:
        return lead.noise.to(dtype)
    pipeline.scheduler.set_timesteps(sigmas=start.sigmas)
    scale = float(pipeline.scheduler.init_noise_sigma)
    return ((lead.guide + start.sigma * lead.noise) / scale).to(dtype)


@contextmanager
def _observed(pipeline: DirectedPipeline, steps: Steps, closed: bool) -> Iterator[Steps]:
    """Let ``steps`` stand in for the scheduler, and close the guidance, for one generation."""
    own = pipeline.scheduler
    pipeline.scheduler, pipeline.closed = steps, closed
    try:
        yield steps
    finally:
        pipeline.scheduler, pipeline.closed = own, False
