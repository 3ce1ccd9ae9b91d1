"""A video decoded while it is coded: what a player will show is known when it is written."""

from __future__ import annotations

import re
from collections.abc import Callable, Set
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import TypeAlias

import av

from pipelines.arrays import Plane
from pipelines.encode.readback import grey
from pipelines.threads import step_back

Packet: TypeAlias = "av.Packet[av.VideoStream]"

SLICE = re.compile(rb"\x00\x00\x01([\x01\x05\x21\x25\x41\x45\x61\x65])")
"""The header of a coded picture in Annex B: ``nal_unit_type`` 1 or 5 with any ``nal_ref_idc``."""


class Watch:
    """Decodes the coded frames of one turn of a loop, in a thread of its own.

    A frame that is not wanted and that no other refers to is not decoded (``nal_ref_idc`` 0, ITU-T
    H.264 §7.4.1).

    Args:
        wanted: indices of the frames to show, in playing order.
        show: told each of them, and its full-range grey, in that order.
    """

    def __init__(self, wanted: Set[int], show: Callable[[int, Plane], None]) -> None:
        self._wanted = wanted
        self._show = show
        self._decoder: av.VideoCodecContext | None = None
        self._work: list[Future[None]] = []
        self._pool = ThreadPoolExecutor(1, "watch", initializer=step_back)

    def __enter__(self) -> Watch:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.shutdown(cancel_futures=True)

    def feed(self, codec: av.VideoCodecContext, data: bytes, pts: int) -> None:
        """Take the next coded frame, as it goes into the file."""
        if self._decoder is None:
            self._decoder = av.CodecContext.create("h264", "r")
            self._decoder.extradata = codec.extradata
        if pts in self._wanted or _is_referred_to(data):
            self._work.append(self._pool.submit(self._decode, self._decoder, data, pts))

    def end(self) -> None:
        """Hear that no more come: the decoder gives the last frames while the file is closed."""
        if self._decoder is not None:
            self._work.append(self._pool.submit(self._decode, self._decoder, None, 0))

    def finish(self) -> bool:
        """Wait for the rest; return whether there was anything to watch."""
        for work in self._work:
            work.result()
        return self._decoder is not None

    def _decode(self, decoder: av.VideoCodecContext, data: bytes | None, pts: int) -> None:
        packet = None if data is None else av.Packet(data)
        if packet is not None:
            packet.pts = pts
        for frame in decoder.decode(packet):
            if frame.pts is not None and frame.pts in self._wanted:
                self._show(frame.pts, grey(frame))


def _is_referred_to(data: bytes) -> bool:
    """Whether other frames may need this one."""
    header = SLICE.search(data)
    return header is None or bool(header[1][0] >> 5)
