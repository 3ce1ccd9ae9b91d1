"""Reading a video file's pictures, by libav."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import av
import cv2
import numpy as np

from pipelines.arrays import Image, Matrix, Plane
from pipelines.errors import InvalidInput


@dataclass(frozen=True, eq=False)
class Footage:
    """The first frames of a video.

    Attributes:
        frames: (height, width, 3) uint8 sRGB each, one at least.
        fps: mean rate of the whole video.
    """

    frames: tuple[Image, ...]
    fps: float

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        return self.frames[0].shape[1], self.frames[0].shape[0]


def decoded(path: Path) -> Iterator[av.VideoFrame]:
    """Yield every picture of a file's first video track, in the order they are shown.

    Raises:
        av.FFmpegError: the file is no video, or damaged.
    """
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        yield from container.decode(stream)


def planes_of(frame: av.VideoFrame) -> tuple[Plane, ...]:
    """Return views of a planar frame's planes, each (height, width) uint8."""
    return tuple(
        np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)[
            :, : plane.width
        ]
        for plane in frame.planes
    )


def to_rgb(frame: av.VideoFrame) -> Image:
    """Return a picture as (height, width, 3) uint8 sRGB, by the file's own colour tags.

    Where a file does not say its matrix it is BT.601's, which encoders use that are not told one.
    libswscale rounds such pictures down, to a level and more too dark, so that 8-bit planes are
    turned here. Source: ITU-R BT.601-7 §2.5, BT.709-6 §3, BT.2020-2 table 4.
    """
    if frame.format.name not in _EIGHT_BIT:
        return np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
    luma, *chroma = planes_of(frame)
    size = frame.width, frame.height
    blue, red = (cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR) for plane in chroma)
    full = frame.format.name.startswith("yuvj") or int(frame.color_range) == _FULL_RANGE
    return cv2.transform(cv2.merge([luma, blue, red]), _to_rgb(int(frame.colorspace), full))


_EIGHT_BIT = ("yuv420p", "yuv422p", "yuv444p", "yuvj420p", "yuvj422p", "yuvj444p")
_FULL_RANGE = 2

_WEIGHTS = {1: (0.2126, 0.0722), 9: (0.2627, 0.0593), 10: (0.2627, 0.0593)}
"""Matrix code of ITU-T H.273 → luma's weights of red and blue; the others are BT.601's."""


@cache
def _to_rgb(code: int, full: bool) -> Matrix:
    """Return the (3, 4) affine map from 8-bit Y, Cb, Cr to 8-bit R, G, B."""
    red, blue = _WEIGHTS.get(code, (0.299, 0.114))
    green = 1 - red - blue
    matrix = np.array(
        [
            [1, 0, 2 * (1 - red)],
            [1, -2 * blue * (1 - blue) / green, -2 * red * (1 - red) / green],
            [1, 2 * (1 - blue), 0],
        ]
    )
    matrix *= [1, 1, 1] if full else [255 / 219, 255 / 224, 255 / 224]
    offset = -matrix @ [0 if full else 16, 128, 128]
    return np.column_stack([matrix, offset])


def read_footage(path: Path, seconds: float, most_bytes: int) -> Footage:
    """Decode a video to its end, and keep its first ``seconds``.

    Args:
        path: of the file.
        seconds: of the video; what comes later is decoded, and so checked, but not kept.
        most_bytes: that the kept frames may take in memory.

    Raises:
        InvalidInput: it is no video, is cut off or damaged, or is too large; the problem is a
            clause about "it".
    """
    try:
        with av.open(str(path)) as container:
            return _read(container, seconds, most_bytes)
    except av.FFmpegError as error:
        raise _unreadable(f"it cannot be decoded ({error.strerror})") from error


def _read(container: av.container.InputContainer, seconds: float, most_bytes: int) -> Footage:
    if not container.streams.video:
        raise _unreadable("it holds no pictures")
    stream = container.streams.video[0]
    stream.thread_type = "AUTO"
    fps = float(stream.average_rate or 0)
    wanted = seconds * fps
    frames: list[Image] = []
    count = damaged = 0
    for frame in container.decode(stream):
        if count < wanted + 1:
            frames.append(to_rgb(frame))
            if len(frames) * frames[0].nbytes > most_bytes:
                raise _unreadable(f"it is longer or larger than {most_bytes / 2**30:.0f} GiB hold")
        damaged += frame.is_corrupt
        count += 1
    if damaged or count < stream.frames:
        whole, promised = count - damaged, max(stream.frames, count)
        raise _unreadable(f"it is cut off or damaged, {whole} of {promised} pictures are whole")
    if not frames or not fps:
        raise _unreadable("it holds no pictures")
    return Footage(tuple(frames), fps)


def _unreadable(problem: str) -> InvalidInput:
    return InvalidInput(problem, allowed="a whole video", fix="make the file again")
