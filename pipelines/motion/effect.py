"""The contract of an ambient effect.

An effect is prepared once per clip and then asked for any phase in any order, from several
threads. It must be periodic (phase 0 and phase 1 are the same picture, with matching velocity:
integer harmonics only). An effect lays itself over a frame; effects that displace pixels resample
the frame they are given.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pipelines.arrays import Depth, Image, Mask


@dataclass(frozen=True, eq=False)
class Stage:
    """The scene as the first frame shows it, at the size of the frames.

    Attributes:
        pixels: (height, width, 3) uint8 sRGB, frame 0 before any effect.
        subject: (height, width) float32 coverage of the product.
        nearness: (height, width) float32, 1 = nearest.
        region: (height, width) float32 0..1, where the effect may act: the user's mask, or
            everything; effects that must not touch the product take ``region * (1 - subject)``.
        seconds: length of one loop.
        rng: the effect's own random stream.
    """

    pixels: Image
    subject: Mask
    nearness: Depth
    region: Mask
    seconds: float
    rng: np.random.Generator


@dataclass(frozen=True, eq=False)
class Moment:
    """One frame being made.

    Attributes:
        phase: position in the loop, 0 <= phase < 1.
        pixels: (height, width, 3) uint8 sRGB, the rendered frame. An effect may write into it.
        warp: (2, 3) float64 affine, pixel of frame 0 at the subject's depth → pixel of this
            frame, so that an effect can stay with the scene under the moving camera.
    """

    phase: float
    pixels: Image
    warp: np.ndarray[tuple[int, int], np.dtype[np.float64]]


Painter = Callable[[Moment], Image]
"""Moment → (height, width, 3) uint8 sRGB. Pure in its result: same moment, same pixels."""


@dataclass(frozen=True)
class Effect:
    """An ambient effect.

    Attributes:
        title: a few words for people.
        description: one sentence for people.
        prepare: stage, amount 0..1 (1 = strong; 0.5 is the calm default) → painter. All costly
            work (normals, textures, particles) happens here, once.
        over_subject: whether it acts on the product itself (light-sweep does, snow does not).
    """

    title: str
    description: str
    prepare: Callable[[Stage, float], Painter]
    over_subject: bool = False
