"""One run of a pipeline: the library's own call, watched step by step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image as Pillow

from pipelines.arrays import Image
from pipelines.context import Context
from pipelines.models.compute import Plan, place, withdraw
from pipelines.models.libraries import without_empty_remark
from pipelines.still.diffusion.family import Family
from pipelines.still.diffusion.loading import Loaded
from pipelines.still.diffusion.passages import encode
from pipelines.still.diffusion.preview import Previews
from pipelines.still.diffusion.settings import OFF, Settings
from pipelines.still.engine import Guidance

if TYPE_CHECKING:
    from diffusers import DiffusionPipeline

STAGE = "still"

Tensors = dict[str, torch.Tensor]


@dataclass(frozen=True, eq=False)
class Sight:
    """What the network is shown, at its size.

    Attributes:
        still: (height, width, 3) uint8 sRGB.
        structure: (height, width, 3) uint8 for a ControlNet; None for none.
    """

    still: Image
    structure: Image | None = None


@dataclass(eq=False)
class Watch:
    """Told at the end of each step: counts it, stops a cancelled job, shows unfinished work.

    Attributes:
        context: of the job.
        previews: what is shown of it.
        rounds: calls of the pipeline, each for some of the variations.
        steps: of all rounds so far.
    """

    context: Context
    previews: Previews
    rounds: int
    steps: int = 0

    def __call__(
        self, pipeline: DiffusionPipeline, step: int, _: torch.Tensor, tensors: Tensors
    ) -> Tensors:
        """Take a round's latents after its ``step`` (from 0), and give them back.

        Raises:
            Cancelled: the job was cancelled.
        """
        self.steps += 1
        steps = max(step + 1, int(pipeline.num_timesteps))
        self.context.step(STAGE, self.steps, self.rounds * steps)
        self.previews.look(step, tensors["latents"])
        return tensors


@dataclass(frozen=True, eq=False)
class Drawing:
    """What was drawn.

    Attributes:
        pictures: (variations, height, width, 3) float32 sRGB 0..1, of the network's size.
        steps: that ran.
        blackened: indices of pictures that the model's own safety checker painted black.
    """

    pictures: NDArray[np.float32]
    steps: int
    blackened: tuple[int, ...]


def draw(
    loaded: Loaded, sight: Sight, settings: Settings, guidance: Guidance, plan: Plan, job: Context
) -> Drawing:
    """Run the pipeline in its place.

    Raises:
        Cancelled: at the end of a step; the pipeline is left ready for another job.
    """
    pipeline: Any = loaded.pipeline
    place(pipeline, plan)
    try:
        rounds = _rounds(settings, plan.decode_chunk_size)
        watch = Watch(job, Previews(pipeline, sight.still, job), len(rounds))
        pictures: list[NDArray[np.float32]] = []
        suspected: list[bool] = []
        for each in rounds:
            told = arguments(loaded.family, sight, each, guidance)
            with without_empty_remark():
                made = pipeline(**told, callback_on_step_end=watch)
            pictures.append(np.asarray(made.images, np.float32))
            suspected += made.get("nsfw_content_detected") or ()
        black = tuple(index for index, suspect in enumerate(suspected) if suspect)
        return Drawing(np.concatenate(pictures), watch.steps // len(rounds), black)
    finally:
        if plan.hardware.own_memory or plan.memory != "full":
            withdraw(pipeline)  # the device is free for the next stage; loading again is quick


def _rounds(settings: Settings, at_once: int) -> list[Settings]:
    """Return the same for some of the seeds each: as many as are drawn at once, or fewer."""
    seeds = settings.seeds
    starts = range(0, len(seeds), at_once)
    return [replace(settings, seeds=seeds[start : start + at_once]) for start in starts]


def arguments(
    family: Family, sight: Sight, settings: Settings, guidance: Guidance
) -> dict[str, Any]:
    """Return what the pipeline, in its place, is called with: only what its family takes."""
    height, width = sight.still.shape[:2]
    count, still = len(settings.seeds), Pillow.fromarray(sight.still)
    offered = {
        **_words(family, settings),
        "image": [still] * count if family.takes_strength else still,
        "strength": settings.schedule.strength,
        "num_inference_steps": settings.schedule.num_inference_steps,
        family.guidance_parameter: settings.guidance_scale,
        "height": height,
        "width": width,
        "num_images_per_prompt": count,
        "generator": [torch.Generator().manual_seed(seed) for seed in settings.seeds],
        "output_type": "np",
    }
    if sight.structure is not None:
        offered["control_image"] = Pillow.fromarray(sight.structure)
        offered["controlnet_conditioning_scale"] = guidance.structure_scale
    if guidance.reference is not None:
        offered["ip_adapter_image"] = Pillow.fromarray(guidance.reference)
    return {name: value for name, value in offered.items() if family.takes(name)}


def _words(family: Family, settings: Settings) -> Mapping[str, Any]:
    """Return texts, or their encodings where they are longer than is read at once."""
    if not settings.passages:
        return settings.words
    return encode(family, settings.passages, guided=settings.guidance_scale > OFF)
