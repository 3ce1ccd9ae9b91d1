"""The CPU engine: the look's own grade, no weights."""

from __future__ import annotations

from dataclasses import dataclass

import cv2

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
        full = encode(request.look.grade(scene))
        context.step("still", 1, 1)
        if request.strength == 1:
            return Rendition((full,))
        s = request.strength
        return Rendition((cv2.addWeighted(full, s, request.pixels, 1 - s, 0),))


ENGINE = Grade()
