"""What a decoder really shows: the seam and the motion of a finished file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import cv2
import numpy as np
from PIL import Image as Pillow
from PIL import ImageSequence

from pipelines.arrays import Image, Plane
from pipelines.encode.probe import MediaFacts
from pipelines.media import Seam
from pipelines.quality.motion import flow_percent_per_second, mean_flow, shrink
from pipelines.quality.seam import measure_seam
from pipelines.video import decoded, planes_of, to_rgb

PAIRS = 6
"""Steps, spread over the clip, that the mean flow is measured on."""

_FULL_RANGE = np.clip(np.rint((np.arange(256) - 16) * 255 / 219), 0, 255).astype(np.uint8)


def measure_file(path: Path, facts: MediaFacts) -> tuple[Seam, float]:
    """Return the seam, and the mean flow in % of the short side per second."""
    if facts.frames < 2:
        return Seam(1.0, 0.0), 0.0
    last = facts.frames - 1
    starts = sorted({round(at) for at in np.linspace(0, last - 1, PAIRS)})
    wanted = {0, 1, last - 1, last, *starts, *(start + 1 for start in starts)}
    grey = grey_frames(path, facts, wanted)
    pairs = [(shrink(grey[start]), shrink(grey[start + 1])) for start in starts]
    typical = mean_flow(pairs)
    speed = flow_percent_per_second(typical, pairs[0][0].shape, facts.fps)
    return measure_seam((grey[last - 1], grey[last]), (grey[0], grey[1]), typical), speed


def grey_frames(path: Path, facts: MediaFacts, wanted: set[int]) -> dict[int, Plane]:
    """Decode a file and return the ``wanted`` frames as full-range grey, (height, width) uint8."""
    if facts.container in ("gif", "webp"):
        return {
            index: cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
            for index, picture in enumerate(_pictures(path))
            if index in wanted
        }
    frames = enumerate(decoded(path))
    return {index: _grey(frame) for index, frame in frames if index in wanted}


def first_frame(path: Path, facts: MediaFacts) -> Image:
    """Decode frame 0 to (height, width, 3) sRGB, by the file's own colour tags."""
    if facts.container in ("gif", "webp"):
        return next(_pictures(path))
    return to_rgb(next(decoded(path)))


def _grey(frame: av.VideoFrame) -> Plane:
    if frame.format.name in ("yuv420p", "yuv422p", "yuv444p"):
        return cv2.LUT(planes_of(frame)[0], _FULL_RANGE)
    return cv2.cvtColor(to_rgb(frame), cv2.COLOR_RGB2GRAY)


def _pictures(path: Path) -> Iterator[Image]:
    with Pillow.open(path) as file:
        for picture in ImageSequence.Iterator(file):
            yield np.asarray(picture.convert("RGB"))
