"""Animated WebP, looping forever."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from pipelines.arrays import Image
from pipelines.context import Context
from pipelines.encode.stream import stream
from pipelines.media import Loop

_OPTIONS = {"quality": "80", "compression_level": "2"}


def write_webp(loop: Loop, path: Path, *, context: Context) -> None:
    """Encode ``loop`` to ``path``."""
    rate = Fraction(loop.clip.fps).limit_denominator(1001)
    with av.open(str(path), "w", format="webp", options={"loop": "0"}) as container:
        out = container.add_stream("libwebp_anim", rate=rate)
        codec = out.codec_context
        codec.width, codec.height, codec.pix_fmt = loop.clip.width, loop.clip.height, "bgra"
        codec.time_base = 1 / rate
        out.options = {**_OPTIONS}
        for index, frame in enumerate(stream(loop.clip, _frame, context)):
            frame.pts, frame.time_base = index, codec.time_base
            container.mux(out.encode(frame))
        container.mux(out.encode(None))


def _frame(image: Image) -> av.VideoFrame:
    """RGB as it is: libwebp does its own conversion, so no matrix can go wrong on the way."""
    return av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24").reformat(
        format="bgra"
    )
