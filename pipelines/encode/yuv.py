"""sRGB pictures to BT.709 I420 of video range, 8 bits: the samples every player expects.

Source: ITU-R BT.709-6 §3 (matrix 0.2126, 0.7152, 0.0722; luma 16..235, chroma 16..240).
"""

from __future__ import annotations

import threading

import av
import numpy as np
from av.video.reformatter import (
    ColorPrimaries,
    ColorRange,
    Colorspace,
    ColorTrc,
    Interpolation,
    VideoReformatter,
)
from numpy.typing import NDArray

from pipelines.arrays import Image, Plane

_local = threading.local()


def to_i420(image: Image) -> av.VideoFrame:
    """Convert (height, width, 3) sRGB of even sides; correct to a level, and tagged 1/1/1."""
    if not hasattr(_local, "reformatter"):
        _local.reformatter = VideoReformatter()  # keeps its tables, and is not thread safe
    source = av.VideoFrame.from_numpy_buffer(np.ascontiguousarray(image), format="rgb24")
    frame: av.VideoFrame = _local.reformatter.reformat(
        source,
        format="yuv420p",
        interpolation=Interpolation.BILINEAR,
        src_color_range=ColorRange.JPEG,
        dst_colorspace=Colorspace.ITU709,
        dst_color_range=ColorRange.MPEG,
        dst_color_trc=ColorTrc.BT709,
        dst_color_primaries=ColorPrimaries.BT709,
        threads=1,
    )
    return frame


def frame_from(planes: tuple[Plane, ...]) -> av.VideoFrame:
    """Return an I420 frame of three planes."""
    stacked: NDArray[np.uint8] = np.concatenate([plane.ravel() for plane in planes])
    height, width = planes[0].shape
    return av.VideoFrame.from_ndarray(stacked.reshape(height * 3 // 2, width), format="yuv420p")
