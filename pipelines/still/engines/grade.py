"""The CPU engine: the look's own grade, no weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2

from pipelines.arrays import Image
from pipelines.colour import decode, encode
from pipelines.context import Context
from pipelines.still.engine import Rendition, Request
from pipelines.still.look import Scene


@dataclass(frozen=True)
class Grade:
    """Runs the look's grade in linear light and blends it over the still in sRGB.

    Blending encoded values keeps equal steps of strength equal to the eye, and makes the
    difference from the still grow in proportion to strength.
    """

    title: str = "CPU grade"

    def render(self, request: Request, context: Context) -> Rendition:
        """Return the graded still; at strength 0 a bit-for-bit copy of the pixels."""
        if request.strength == 0:
            return Rendition((request.pixels.copy(),))
        context.step("still", 0, 1)
        scene = Scene(
            linear=decode(request.pixels),
            subject=request.subject,
            nearness=request.nearness,
            rng=context.rng(f"look/{request.name}"),
        )
        picture = encode(request.look.grade(scene))
        context.step("still", 1, 1)
        if request.strength < 1:
            s = request.strength
            picture = cv2.addWeighted(picture, s, request.pixels, 1 - s, 0)
        return Rendition((picture,), _paper(request, context), request.look.outline)


def _paper(request: Request, context: Context) -> Callable[[int, int], Image] | None:
    """More of the paper that the look is painted on; the same at every call."""
    paper, still = request.look.paper, request.pixels.shape[:2]
    if paper is None:
        return None

    def bare(height: int, width: int) -> Image:
        rng = context.rng(f"look/{request.name}/paper")
        return encode(paper((height, width), still, rng))

    return bare


ENGINE = Grade()
