"""From a request to its pictures: the algorithm of the img2img engine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pipelines.arrays import Image, ImageF
from pipelines.colour import quantise
from pipelines.context import Context
from pipelines.models import edition
from pipelines.models.compute import (
    Plan,
    choose,
    choose_precision,
    find_hardware,
    measure_needs,
    with_leaner_retry,
)
from pipelines.models.pool import Pool
from pipelines.still.diffusion.detail import with_detail
from pipelines.still.diffusion.drawing import STAGE, Drawing, Sight, draw
from pipelines.still.diffusion.loading import Key, Loaded, load, weigh
from pipelines.still.diffusion.schedulers import make_scheduler, require_sampler
from pipelines.still.diffusion.settings import OFF, Settings, habits_of, settle
from pipelines.still.diffusion.size import Fit, fit_size
from pipelines.still.diffusion.structure import draw_structure
from pipelines.still.diffusion.weights import Weights, choose_weights
from pipelines.still.engine import Rendition, Request

SOFT = 1.5
"""Pixels of the still for one of the network's from which on new things look soft beside old."""


@dataclass(frozen=True, eq=False)
class Drawn:
    """What one run made, at the still's size.

    Attributes:
        pictures: (height, width, 3) uint8 sRGB, one for each variation.
        drawing: the same at the network's size.
        detail: share of the still's finest detail that was kept, 0..1.
        scheduler: name of the class that ran.
        plan: device, precision and memory mode it ran with.
    """

    pictures: tuple[Image, ...]
    drawing: Drawing
    detail: float
    scheduler: str
    plan: Plan


@dataclass(frozen=True, eq=False)
class Restyler:
    """Restyles stills by diffusion, and keeps its pipeline for the next one.

    Attributes:
        pool: where pipelines are kept.
    """

    pool: Pool[Loaded] = field(default_factory=lambda: Pool(STAGE))

    def restyle(self, request: Request, context: Context) -> Rendition:
        """Return the request's variations, every one of the size of its pixels.

        Raises:
            UnknownName, InvalidInput, OutOfRange: the request does not fit the model.
            MissingCapability: weights, memory or a device are missing.
            Cancelled: the context was cancelled.
        """
        require_sampler(request.guidance.scheduler)
        weights = choose_weights(request.guidance, context)
        machine = context.machine
        precision = choose_precision(machine, find_hardware(machine.device))
        editions = tuple(edition(name, context.models_dir) for name in weights.names)
        key = Key(weights, editions, precision, context.models_dir, machine.licence_policy)
        with self.pool.lend(key, lambda: load(key), context) as loaded:
            weigh(loaded, key, request.guidance)
            settings = _prepare(request, weights, loaded)
            height, width = request.pixels.shape[:2]
            fit = fit_size(width, height, loaded.family.native)
            drawn = _draw(request, fit, loaded, settings, context)
        return Rendition(
            pictures=drawn.pictures,
            models=weights.names,
            details=dict(_details(request, weights, settings, fit, drawn)),
            warnings=(
                *settings.warnings,
                *_shortfalls(weights.model, fit, drawn.drawing),
                *drawn.plan.warnings,
            ),
        )


def _prepare(request: Request, weights: Weights, loaded: Loaded) -> Settings:
    """Settle everything, and put the request's scheduler into the pipeline."""
    family, asked = loaded.family, request.guidance
    habits = habits_of(weights, family, loaded.scheduler)
    name = asked.scheduler or habits.scheduler
    scheduler = make_scheduler(name, loaded.scheduler, family, weights.model)
    pipeline: Any = loaded.pipeline
    pipeline.scheduler = scheduler
    return settle(request, weights, family, habits, scheduler)


def _draw(
    request: Request, fit: Fit, loaded: Loaded, settings: Settings, context: Context
) -> Drawn:
    guidance, pipeline = request.guidance, loaded.pipeline
    seen: Image = np.asarray(fit.into(request.pixels), np.uint8)
    structure = None
    if guidance.structure != "none":
        nearness = np.asarray(fit.into(request.nearness), np.float32)
        structure = draw_structure(guidance.structure, seen, nearness)
    needs = measure_needs(
        pipeline,
        width=fit.model[0],
        height=fit.model[1],
        num_frames=len(settings.seeds),
        guided=settings.guidance_scale > OFF,
        variations=True,
    )
    sight = Sight(seen, structure)
    drawing, plan = with_leaner_retry(
        choose(context.machine, needs),
        lambda plan: draw(loaded, sight, settings, guidance, plan, context),
    )
    still, small = _as_float(request.pixels), _as_float(seen)
    detailed = [with_detail(picture, small, still, fit) for picture in drawing.pictures]
    return Drawn(
        pictures=tuple(quantise(picture) for picture, _ in detailed),
        drawing=drawing,
        detail=float(np.mean([kept for _, kept in detailed])),
        scheduler=type(pipeline.scheduler).__name__,
        plan=plan,
    )


def _details(
    request: Request, weights: Weights, settings: Settings, fit: Fit, drawn: Drawn
) -> Iterator[tuple[str, object]]:
    """Say what was chosen and done, as JSON values."""
    asked, schedule = request.guidance, settings.schedule
    yield "model", weights.model
    yield "size", list(fit.model)
    if fit.scale > 1:
        yield "detail_kept", round(drawn.detail, 4)
    yield "strength", schedule.strength
    yield "num_inference_steps", schedule.num_inference_steps
    yield "steps_run", drawn.drawing.steps
    yield "scheduler", drawn.scheduler
    yield "guidance_scale", settings.guidance_scale
    yield "seeds", list(settings.seeds)
    yield "prompt", settings.prompt
    yield "negative_prompt", settings.negative_prompt
    if settings.passages:
        yield "passages", {what: len(each) for what, each in settings.passages.items()}
    if settings.left_out:
        yield "left_out", dict(settings.left_out)
    if asked.loras:
        yield "loras", dict(asked.loras)
    if weights.adapter is not None:
        yield "reference_scale", asked.reference_scale
    if weights.controlnet is not None:
        yield "structure", asked.structure
        yield "structure_scale", asked.structure_scale
    yield "mode", drawn.plan.report()


def _shortfalls(model: str, fit: Fit, drawing: Drawing) -> Iterator[str]:
    for index in drawing.blackened:
        yield f"The safety checker of {model} painted variation {index} black."
    if fit.scale >= SOFT:
        width, height = fit.model
        yield (
            f"{model} drew at {width} × {height} pixels and the still has {fit.scale:.1f} times as "
            "many along a side: what it drew anew is softer than what it kept."
        )


def _as_float(pixels: Image) -> ImageF:
    return pixels.astype(np.float32) / np.float32(255)
