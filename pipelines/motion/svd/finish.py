"""From the model's size and few frames to the shot's."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from pipelines.arrays import Image
from pipelines.media import Clip
from pipelines.motion.engine import Shot
from pipelines.motion.svd.film import Film
from pipelines.motion.svd.region import Region


def finish(
    shot: Shot, film: Film, reference: Clip, region: Region | None
) -> Callable[[int], Image]:
    """Return the render function of the shot's clip.

    Args:
        shot: says size, number of frames and their moments.
        film: what was generated.
        reference: the guide at the shot's size; outside the motion mask its pixels are shown as
            they are, not as the autoencoder and the enlarging leave them.
        region: the motion mask as the frames see it; None is everywhere.
    """
    places = shot.path.phases(shot.count)

    def render(index: int) -> Image:
        frame = resample(film.at(places[index]), (shot.width, shot.height))
        if region is None:
            return frame
        share = region.at(index)
        return cv2.blendLinear(frame, reference.render(index), share, np.float32(1) - share)

    return render


def resample(frame: Image, size: tuple[int, int]) -> Image:
    """Bring a frame to (width, height): Lanczos where it grows, area average where it shrinks."""
    height, width = frame.shape[:2]
    if (width, height) == size:
        return frame
    shrinks = width * height > size[0] * size[1]
    return cv2.resize(frame, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LANCZOS4)
