"""Keeping a codec's step at the seam as small as any other step.

A decoder shows the last frame, predicted over many frames, and then the first, coded afresh. Their
coding errors differ, so even a perfect path pops once a turn: on slow paths the seam's step grows
to two to four times its neighbours. Two things close it, at the price of a few small frames:

1. *Steer*: the first frame's coding error, carried along the motion, is added to the last frames
   before they are coded, half to the last but one and all to the last. So the tail arrives at what
   the decoder will show next, not at what we drew.
2. *Spread*: the frames beside the seam are P frames, coded finely enough to follow, so that what
   difference is left is shared by several steps of a fraction of a grey level each.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeAlias

import av
import cv2
import numpy as np
from av.video.frame import PictureType
from numpy.typing import NDArray

from pipelines.arrays import Plane
from pipelines.encode.yuv import frame_from
from pipelines.flow import Flow, dense_flow
from pipelines.video import planes_of

LEAD = 5
"""Frames by which a steered frame is made ahead of its turn: a codec that waits for one stalls."""

FEWEST = 8
"""Loops of fewer frames are coded plainly: their ends would overlap."""

SHARES = {1: 1.0, 2: 0.5}
"""Frames before the end → share of the first frame's error added there."""

HEAD = {1: 0, 2: 3}
TAIL = {2: 2, 1: -3}
"""Frames after the start, or before the end → quantiser, relative to the clip's CRF."""

SMALL = 900_000
"""Pictures of fewer pixels are coded finer by `FINER`: each of their pixels holds more detail."""

FINER = 2

FOLLOW = "no-dct-decimate=1,deadzone-inter=8,no-fast-pskip=1,trellis=0,subme=2"
"""x264 normally drops residuals this small; these frames are about nothing else."""

P_HEAD, P_TAIL = 3, 3
"""So many frames at either end carry no B frame."""

_FLOW_SIDE = 270

Packet: TypeAlias = "av.Packet[av.VideoStream]"


def zones(count: int, crf: int, pixels: int) -> str:
    """Return x264's ``zones`` option for a loop of ``count`` frames of so many pixels."""
    if count < FEWEST:
        return ""
    base = crf - (FINER if pixels < SMALL else 0)
    offsets = HEAD | {count - before: offset for before, offset in TAIL.items()}
    return "/".join(f"{at},{at},q={base + offset},{FOLLOW}" for at, offset in offsets.items())


def frame_type(index: int, count: int) -> PictureType:
    """Return the picture type to ask for: P beside the seam, else the encoder's choice."""
    beside = 1 <= index <= P_HEAD or index >= count - P_TAIL
    return PictureType.P if beside and count >= FEWEST else PictureType.NONE


class Steering:
    """Carries the first frame's coding error to the last frames.

    Args:
        count: frames of the loop.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._source: tuple[Plane, ...] = ()
        self._errors: tuple[NDArray[np.int16], ...] | None = None

    def steered(self, frames: Iterable[av.VideoFrame]) -> Iterator[av.VideoFrame]:
        """Yield the frames, the last ones with their share of the error.

        Those before are unchanged, and so are all while the first packet has not come out: on
        loops of about half a second.
        """
        waiting: deque[Callable[[], av.VideoFrame]] = deque()
        with ThreadPoolExecutor(1, "steering") as beside:
            for index, frame in enumerate(frames):
                if index == 0:
                    self._source = tuple(plane.copy() for plane in planes_of(frame))
                share = SHARES.get(self._count - index)
                own = partial(self._applied, frame, share)
                early = share is not None and self._errors is not None
                waiting.append(beside.submit(own).result if early else own)
                if len(waiting) > LEAD:
                    yield waiting.popleft()()
            while waiting:
                yield waiting.popleft()()

    def learn(self, codec: av.VideoCodecContext, packet: Packet) -> None:
        """Decode the first packet to see what a decoder will show as the first frame."""
        decoder = av.CodecContext.create("h264", "r")
        decoder.extradata = codec.extradata
        copy = av.Packet(bytes(packet))
        decoded = [*decoder.decode(copy), *decoder.decode(None)]
        shown = planes_of(decoded[0])
        self._errors = tuple(
            cv2.subtract(after, before, dtype=cv2.CV_16S)
            for after, before in zip(shown, self._source, strict=True)
        )

    def _applied(self, frame: av.VideoFrame, share: float | None) -> av.VideoFrame:
        if share is None or self._errors is None or self._count < FEWEST:
            return frame
        planes = planes_of(frame)
        flow = _flow(planes[0], self._source[0])
        return frame_from(
            tuple(
                _added(plane, error, flow, share)
                for plane, error in zip(planes, self._errors, strict=True)
            )
        )


def _added(
    plane: Plane, error: NDArray[np.int16], flow: NDArray[np.float32], share: float
) -> Plane:
    """Add ``share`` of ``error``, sampled where each pixel of ``plane`` lies in the first frame."""
    height, width = plane.shape
    rows, columns = flow.shape[:2]
    x, y = (
        cv2.resize(cv2.extractChannel(flow, axis) * np.float32(scale), (width, height)) + at
        for axis, scale, at in (
            (0, width / columns, np.arange(width, dtype=np.float32)),
            (1, height / rows, np.arange(height, dtype=np.float32)[:, None]),
        )
    )
    moved = cv2.remap(error, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    if share != 1:
        moved = cv2.addWeighted(moved, share, moved, 0, 0)
    return np.asarray(cv2.add(plane, moved, dtype=cv2.CV_8U), np.uint8)


def _flow(plane: Plane, first: Plane) -> Flow:
    """Flow from ``plane`` to ``first``, measured small, in pixels of that small size."""
    height, width = plane.shape
    scale = min(1.0, _FLOW_SIDE / min(height, width))
    size = (max(16, round(width * scale)), max(16, round(height * scale)))
    small = [cv2.resize(each, size, interpolation=cv2.INTER_AREA) for each in (plane, first)]
    return dense_flow(small[0], small[1])
