"""GIF: one palette for the clip, exact delays, differences only, looping forever."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from pipelines.arrays import Image, Plane
from pipelines.context import Context
from pipelines.encode.palette import COLOURS, Quantiser, choose_palette
from pipelines.encode.stream import stream
from pipelines.media import Loop

SAMPLES = 8
"""Frames that the palette is chosen from, frame 0 among them."""

_CENTISECOND = Fraction(1, 100)


def write_gif(loop: Loop, path: Path, *, context: Context) -> None:
    """Encode ``loop`` to ``path``. Its frames are held at once: they are small, and drawn once."""
    frames = list(stream(loop.clip, np.ascontiguousarray, context))
    palette = choose_palette(frames[:: max(1, len(frames) // SAMPLES)])
    quantiser, table = Quantiser(palette), _argb(palette)
    delay = round(100 / loop.clip.fps)
    with av.open(str(path), "w", format="gif", options={"loop": "0"}) as container:
        out = container.add_stream("gif", rate=Fraction(100, delay))
        codec = out.codec_context
        codec.width, codec.height, codec.pix_fmt = loop.clip.width, loop.clip.height, "pal8"
        codec.time_base = _CENTISECOND
        for index, image in enumerate(frames):
            container.mux(out.encode(_frame(quantiser, image, table, index * delay)))
        container.mux(out.encode(None))


def _frame(
    quantiser: Quantiser, image: Image, table: NDArray[np.uint8], time: int
) -> av.VideoFrame:
    indices: Plane = quantiser.indices(image)
    frame = av.VideoFrame.from_ndarray((indices, table), format="pal8")  # type: ignore[arg-type]
    frame.pts, frame.time_base = time, _CENTISECOND
    return frame


def _argb(palette: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(256, 4) entries in PyAV's order: opaque colours, then the transparent one."""
    table = np.zeros((256, 4), np.uint8)
    table[:COLOURS, 0] = 255
    table[:COLOURS, 1:] = palette
    return table
