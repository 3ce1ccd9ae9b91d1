"""sRGB pictures to BT.709 I420 of video range, 8 bits: the samples every player expects.

Source: ITU-R BT.709-6 §3 (matrix 0.2126, 0.7152, 0.0722; luma 16..235, chroma 16..240).
"""

from __future__ import annotations

import av
import cv2
import numpy as np
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc
from numpy.typing import NDArray

from pipelines.arrays import Image, Plane
from pipelines.video import planes_of

_TO_YUV = np.array(
    [
        [0.2126, 0.7152, 0.0722, 16 / 219],
        [-0.2126 / 1.8556, -0.7152 / 1.8556, 0.5, 128 / 224],
        [0.5, -0.7152 / 1.5748, -0.0722 / 1.5748, 128 / 224],
    ]
) * [[219 / 255], [224 / 255], [224 / 255]]
_TO_YUV[:, 3] *= 255
"""(3, 4) affine map from 8-bit R, G, B to 8-bit Y, Cb, Cr of video range."""


def to_i420(image: Image) -> av.VideoFrame:
    """Convert (height, width, 3) sRGB of even sides; correct to a level, and tagged 1/1/1.

    OpenCV turns all three samples of a pixel at once several times faster than libswscale, or than
    OpenCV itself turns one: luma is taken from that, chroma from the picture at half its size.
    """
    height, width = image.shape[:2]
    frame = av.VideoFrame(width, height, "yuv420p")
    luma, blue, red = planes_of(frame)
    half = cv2.resize(image, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    chroma = cv2.transform(half, _TO_YUV)
    cv2.extractChannel(cv2.transform(image, _TO_YUV), 0, dst=luma)
    cv2.extractChannel(chroma, 1, dst=blue)
    cv2.extractChannel(chroma, 2, dst=red)
    return _tagged(frame)


def _tagged(frame: av.VideoFrame) -> av.VideoFrame:
    frame.colorspace, frame.color_range = Colorspace.ITU709, ColorRange.MPEG
    frame.color_trc, frame.color_primaries = ColorTrc.BT709, ColorPrimaries.BT709
    return frame


def frame_from(planes: tuple[Plane, ...]) -> av.VideoFrame:
    """Return an I420 frame of three planes."""
    stacked: NDArray[np.uint8] = np.concatenate([plane.ravel() for plane in planes])
    height, width = planes[0].shape
    return av.VideoFrame.from_ndarray(stacked.reshape(height * 3 // 2, width), format="yuv420p")
