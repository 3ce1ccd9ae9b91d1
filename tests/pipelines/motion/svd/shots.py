"""Small shots for the toy models, and stores that hold them."""

from __future__ import annotations

from dataclasses import replace

from pipelines.arrays import Image, Mask
from pipelines.camera import build_path, parse_camera
from pipelines.context import Context
from pipelines.media import Clip, Still
from pipelines.motion.engine import MOTION_ENGINES, Direction, Shot
from tests.stills import make_still, textured, whole
from tests.tiny.svd import NUM_FRAMES, SIDE

TOY = "toy"
"""The random model's name in the test's store."""


def make_shot(
    context: Context,
    *,
    still: Still | None = None,
    camera: str = "orbit",
    closed: bool = False,
    size: tuple[int, int] = (SIDE, SIDE),
    count: int = NUM_FRAMES,
    **said: object,
) -> Shot:
    """Return a shot with its guide; ``said`` goes into its direction."""
    still = still or make_still(textured(SIDE, SIDE))
    direction = Direction(**{"model": TOY, "num_inference_steps": 5, "seed": 3, **said})  # type: ignore[arg-type]
    path = build_path(parse_camera(camera), closed=closed)
    shot = Shot(still, whole(still), path, *size, fps=12.0, count=count, direction=direction)

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
