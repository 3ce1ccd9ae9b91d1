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


class Gauge:
    """Measures a loop as its decoded frames come in, in order: each step at once, the seam last.

    Args:
        count: frames of the loop.
        fps: frames per second.

    Attributes:
        wanted: indices of the frames it looks at.
    """

    def __init__(self, count: int, fps: float) -> None:
        self._fps = fps
        self._starts = _starts(count)
        self._ends = (max(count - 2, 0), count - 1, 0, min(1, count - 1))
        self.wanted = {*self._ends, *self._starts, *(start + 1 for start in self._starts)}
        self._before: tuple[int, Plane] | None = None
        self._speeds: list[float] = []
        self._seen: dict[int, Plane] = {}

    def take(self, index: int, plane: Plane) -> None:
        """Look at a frame, (height, width) uint8 full-range grey, if it is wanted."""
        if index not in self.wanted:
            return
        if index in self._ends:
            self._seen[index] = plane
        small = shrink(plane)
        if self._before is not None and self._before[0] == index - 1 in self._starts:
            self._speeds.append(mean_flow([(self._before[1], small)]))
        self._before = index, small

    def read(self) -> tuple[Seam, float]:
        """Return the seam, and the mean flow in % of the short side per second."""
        if not self._starts:
            return Seam(1.0, 0.0), 0.0
        assert self._before is not None, "frames have come in"
        typical = float(np.mean(self._speeds))
        before, last, first, after = (self._seen[index] for index in self._ends)
        speed = flow_percent_per_second(typical, self._before[1].shape, self._fps)
        return measure_seam((before, last), (first, after), typical), speed


def measure_file(path: Path, facts: MediaFacts) -> tuple[Seam, float]:
    """Return a file's seam, and its mean flow in % of the short side per second."""
    gauge = Gauge(facts.frames, facts.fps)
    for index, plane in grey_frames(path, facts, gauge.wanted).items():
        gauge.take(index, plane)
    return gauge.read()


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
