"""Small shots for the toy models, and stores that hold them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pipelines.arrays import Frames, Image, Mask
from pipelines.camera import build_path, parse_camera
from pipelines.context import Context
from pipelines.media import Clip, Framing, Still
from pipelines.motion.engine import MOTION_ENGINES, Direction, Shot
from pipelines.motion.svd.decode import decode
from pipelines.motion.svd.guide import encode, render_guide
from pipelines.motion.svd.pipeline import DirectedPipeline
from pipelines.motion.svd.settings import Settings, settle
from pipelines.motion.svd.shoot import Shooting, Take, take
from pipelines.motion.svd.size import choose_size
from pipelines.motion.svd.weights import find_native
from tests.stills import make_still, textured, whole
from tests.tiny.svd import NUM_FRAMES, SIDE

TOY = "toy"
"""The random model's name in the test's store."""


def make_shot(
    context: Context,
    *,
    still: Still | None = None,
    framing: Framing | None = None,
    camera: str = "orbit",
    easing: str = "smooth",
    closed: bool = False,
    size: tuple[int, int] = (SIDE, SIDE),
    count: int = NUM_FRAMES,
    **said: object,
) -> Shot:
    """Return a shot with its guide; ``said`` goes into its direction."""
    still = still or make_still(textured(SIDE, SIDE))
    direction = Direction(**{"model": TOY, "num_inference_steps": 5, "seed": 3, **said})  # type: ignore[arg-type]
    steps = [replace(step, easing=easing) for step in parse_camera(camera)]
    path = build_path(steps, closed=closed)
    shot = Shot(
        still, framing or whole(still), path, *size, fps=12.0, count=count, direction=direction
    )

    def guide(width: int, height: int, count: int) -> Clip:
        smaller = replace(shot, width=width, height=height, count=count)
        return MOTION_ENGINES["parallax"].animate(smaller, context)

    return replace(shot, guide=guide)


def masked(pixels: Image, moving: Mask) -> Still:
    """Return a still in which only ``moving`` may move."""
    return replace(make_still(pixels), moving=moving)


def animate(shot: Shot, context: Context) -> Clip:
    """Return the SVD engine's clip."""
    return MOTION_ENGINES["svd"].animate(shot, context)


def settings_of(pipeline: DirectedPipeline, shot: Shot) -> Settings:
    """Return the numbers a shot is generated with."""
    native = find_native(pipeline)
    return settle(shot.direction, choose_size(shot.width, shot.height, native), native, {})


def generate(pipeline: DirectedPipeline, shot: Shot, context: Context) -> tuple[Frames, Take]:
    """Return the frames that a pipeline makes of a shot, at the model's size, and the take.

    This is the engine's own way without its loading, placing and enlarging.
    """
    assert shot.guide is not None
    settings = settings_of(pipeline, shot)
    taken = take(
        Shooting(pipeline, shot, shot.guide, settings, context), settings.decode_chunk_size
    )
    return np.stack([taken.film.at(place) for place in shot.path.phases(shot.count)]), taken


def guide_again(pipeline: DirectedPipeline, shot: Shot) -> Frames:
    """Return the guide's frames as the autoencoder gives them back."""
    assert shot.guide is not None
    settings = settings_of(pipeline, shot)
    size = settings.width, settings.height
    guided = render_guide(shot.guide, (shot.width, shot.height), size, settings.num_frames)
    latents = encode(pipeline, guided.frames, guided.twins, lambda: None)
    return decode(pipeline, latents, settings.num_frames, lambda: None, closed=shot.path.closed)
