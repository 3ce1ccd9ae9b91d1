"""What a decoder really shows: the seam and the motion of a finished file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
    return measure_frames(grey_frames(path, facts, wanted(facts.frames)), facts.frames, facts.fps)


def wanted(count: int) -> set[int]:
    """Return the frames, of ``count``, that the measures look at."""
    last = count - 1
    return {0, min(1, last), max(last - 1, 0), last} | {
        frame for start in _starts(count) for frame in (start, start + 1)
    }


def measure_frames(shown: Mapping[int, Plane], count: int, fps: float) -> tuple[Seam, float]:
    """Return seam and mean flow from the `wanted` frames, as a decoder shows them.

    Args:
        shown: index → (height, width) uint8 full-range grey.
        count: frames of the loop.
        fps: frames per second.
    """
    if count < 2:
        return Seam(1.0, 0.0), 0.0
    last = count - 1
    pairs = [(shrink(shown[start]), shrink(shown[start + 1])) for start in _starts(count)]
    typical = mean_flow(pairs)
    speed = flow_percent_per_second(typical, pairs[0][0].shape, fps)
    return measure_seam((shown[last - 1], shown[last]), (shown[0], shown[1]), typical), speed


def _starts(count: int) -> list[int]:
    """First frames of the pairs that the mean flow is measured on."""
    if count < 2:
        return []
    return sorted({round(at) for at in np.linspace(0, count - 2, PAIRS)})


def grey_frames(path: Path, facts: MediaFacts, chosen: set[int]) -> dict[int, Plane]:
    """Decode a file and return the ``chosen`` frames as full-range grey, (height, width) uint8."""
    if facts.container in ("gif", "webp"):
        return {
            index: cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
            for index, picture in enumerate(_pictures(path))
            if index in chosen
        }
    frames = enumerate(decoded(path))
    return {index: grey(frame) for index, frame in frames if index in chosen}


def first_frame(path: Path, facts: MediaFacts) -> Image:
    """Decode frame 0 to (height, width, 3) sRGB, by the file's own colour tags."""
    if facts.container in ("gif", "webp"):
        return next(_pictures(path))
    return to_rgb(next(decoded(path)))


def grey(frame: av.VideoFrame) -> Plane:
    """Return a decoded frame as full-range grey, (height, width) uint8."""
    if frame.format.name in ("yuv420p", "yuv422p", "yuv444p"):
        return cv2.LUT(planes_of(frame)[0], _FULL_RANGE)
    return cv2.cvtColor(to_rgb(frame), cv2.COLOR_RGB2GRAY)


def _pictures(path: Path) -> Iterator[Image]:
    with Pillow.open(path) as file:
        for picture in ImageSequence.Iterator(file):
            yield np.asarray(picture.convert("RGB"))
