"""What a decoder really shows: the seam and the motion of a finished file."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from pathlib import Path

import av
import cv2
import numpy as np
from PIL import Image as Pillow
from PIL import ImageSequence

from pipelines.arrays import Image, Plane
from pipelines.encode.probe import MediaFacts
from pipelines.encode.yuv import planes_of
from pipelines.media import Seam
from pipelines.quality.motion import flow_percent_per_second, mean_flow, shrink
from pipelines.quality.seam import measure_seam

PAIRS = 6
"""Steps, spread over the clip, that the mean flow is measured on."""

_FULL_RANGE = np.clip(np.rint((np.arange(256) - 16) * 255 / 219), 0, 255).astype(np.uint8)


def measure_file(path: Path, facts: MediaFacts) -> tuple[Seam, float]:
    """Return the seam, and the mean flow in % of the short side per second."""
    if facts.frames < 2:
        return Seam(1.0, 0.0), 0.0
    starts = {round(at) for at in np.linspace(0, facts.frames - 2, PAIRS)}
    head: list[Plane] = []
    tail: deque[Plane] = deque(maxlen=2)
    wanted: dict[int, Plane] = {}
    for index, plane in enumerate(grey_frames(path, facts)):
        if index < 2:
            head.append(plane)
        tail.append(plane)
        if index in starts or index - 1 in starts:
            wanted[index] = shrink(plane)
    pairs = [(wanted[at], wanted[at + 1]) for at in sorted(starts) if at + 1 in wanted]
    typical = mean_flow(pairs)
    speed = flow_percent_per_second(typical, pairs[0][0].shape, facts.fps) if pairs else 0.0
    return measure_seam((tail[0], tail[-1]), (head[0], head[-1]), typical), speed


def grey_frames(path: Path, facts: MediaFacts) -> Iterator[Plane]:
    """Decode every frame to full-range 8-bit grey, (height, width) uint8."""
    if facts.container in ("gif", "webp"):
        for picture in _pictures(path):
            yield cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
        return
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        for frame in container.decode(stream):
            yield _grey(frame)


def first_frame(path: Path, facts: MediaFacts) -> Image:
    """Decode frame 0 to (height, width, 3) sRGB, by the file's own colour tags."""
    if facts.container in ("gif", "webp"):
        return next(_pictures(path))
    with av.open(str(path)) as container:
        return np.asarray(next(container.decode(video=0)).to_ndarray(format="rgb24"), np.uint8)


def _grey(frame: av.VideoFrame) -> Plane:
    if frame.format.name in ("yuv420p", "yuv422p", "yuv444p"):
        return cv2.LUT(planes_of(frame)[0], _FULL_RANGE)
    return cv2.cvtColor(frame.to_ndarray(format="rgb24"), cv2.COLOR_RGB2GRAY)


def _pictures(path: Path) -> Iterator[Image]:
    with Pillow.open(path) as file:
        for picture in ImageSequence.Iterator(file):
            yield np.asarray(picture.convert("RGB"))
