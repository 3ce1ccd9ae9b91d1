"""H.264 in MP4, as every platform takes it.

High profile, I420, BT.709 converted and tagged 1/1/1, constant rate, closed GOPs, three B frames at
a time that no other refers to, index first, no edit list, first picture at 0.000 s, no audio track.
Container flags after tests with libav 62: ``+faststart+negative_cts_offsets`` with ``use_editlist
0`` is the one set that gives all of that together.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from pipelines.arrays import Image
from pipelines.context import Context
from pipelines.encode.format import Format
from pipelines.encode.seamless import SMALL, Packet, Steering, frame_type, zones
from pipelines.encode.stream import stream
from pipelines.encode.watch import Watch
from pipelines.encode.yuv import to_i420
from pipelines.media import Loop

LONGEST_GOP = 5.0
"""Seconds between key frames at most: a short loop is one GOP, so that it pops nowhere."""

_MUXER = {"movflags": "+faststart+negative_cts_offsets", "use_editlist": "0"}
SMOOTH_PATH = {
    "scenecut": "0",
    "open-gop": "0",
    "b-pyramid": "none",
    "b-adapt": "0",
    "ref": "2",
    "me": "dia",
    "subme": "1",
    "trellis": "1",
}
"""What x264 is told beside its preset. A camera's path is smooth: a neighbour's vector is almost
right, so less time is spent on vectors, and a little of it on coefficients and on a second picture
to look at. What that gives and costs on five clips is the question of ``benchmarks/coding.py``."""

_AVX_512F = 13
"""OpenCV's number for the instruction set (``CV_CPU_AVX_512F``)."""

_BT709 = {
    "colorprim": "bt709",
    "transfer": "bt709",
    "colormatrix": "bt709",
    "range": "tv",
}
_RGB = {
    "colorprim": "bt709",
    "transfer": "iec61966-2-1",
    "colormatrix": "GBR",
    "range": "pc",
}


@dataclass(frozen=True)
class _Packet:
    """One coded frame; times count frames."""

    data: bytes
    pts: int
    dts: int
    key: bool


def write_video(
    loop: Loop,
    format: Format,
    path: Path,
    *,
    repeats: int,
    context: Context,
    draft: bool,
    metadata: str,
    watch: Watch,
) -> None:
    """Encode one turn of ``loop`` and write it ``repeats`` times to ``path``.

    Repeats are copies of coded frames: they cost no time and are equal to the last bit. ``watch``
    is shown the first turn.
    """
    rate = Fraction(loop.clip.fps).limit_denominator(1001)
    with av.open(str(path), "w", format="mp4", options=_MUXER) as container:
        container.metadata["comment"] = metadata
        out = container.add_stream("libx264rgb" if format.lossless else "libx264", rate=rate)
        codec = out.codec_context
        codec.width, codec.height = loop.clip.width, loop.clip.height
        codec.time_base = 1 / rate
        packets: list[_Packet] = []
        coded = (
            _lossless(out, loop, context) if format.lossless else _lossy(out, loop, context, draft)
        )
        for packet in coded:
            packets.append(kept := _kept(packet))
            watch.feed(codec, kept.data, kept.pts)
            _mux(container, out, kept, 0, rate)
        watch.end()
        for turn in range(1, repeats):
            for kept in packets:
                _mux(container, out, kept, turn * loop.clip.count, rate)


def _lossy(out: av.VideoStream, loop: Loop, context: Context, draft: bool) -> Iterator[Packet]:
    clip = loop.clip
    crf = _rate_factor(clip.width * clip.height, draft)
    codec = out.codec_context
    codec.pix_fmt, codec.profile = "yuv420p", "High"
    codec.gop_size = _gop(clip.count, clip.fps)
    closes = loop.mode != "none"
    private = {**_BT709, **SMOOTH_PATH}
    ends = zones(clip.count, crf, clip.width * clip.height) if closes else ""
    if ends:
        private["zones"] = ends
    out.options = {"preset": "veryfast", "crf": str(crf), "x264-params": x264_params(private)}
    steering = Steering(clip.count)
    frames = stream(clip, to_i420, context)
    for index, frame in enumerate(steering.steered(frames) if closes else frames):
        if closes:
            frame.pict_type = frame_type(index, clip.count)
        for packet in _encoded(out, frame, index):
            if closes and packet.is_keyframe and packet.pts == 0:
                steering.learn(codec, packet)
            yield packet
    yield from out.encode(None)


def _rate_factor(pixels: int, draft: bool) -> int:
    """x264's CRF: finer for small pictures, each of whose pixels holds more of the photo."""
    if draft:
        return 23
    return 18 if pixels < SMALL else 20


def _lossless(out: av.VideoStream, loop: Loop, context: Context) -> Iterator[Packet]:
    codec = out.codec_context
    codec.pix_fmt, codec.gop_size = "rgb24", _gop(loop.clip.count, loop.clip.fps)
    out.options = {"preset": "veryfast", "qp": "0", "x264-params": x264_params(_RGB)}
    for index, frame in enumerate(stream(loop.clip, _rgb_frame, context)):
        yield from _encoded(out, frame, index)
    yield from out.encode(None)


def _encoded(out: av.VideoStream, frame: av.VideoFrame, index: int) -> list[Packet]:
    frame.pts, frame.time_base = index, out.codec_context.time_base
    return out.encode(frame)


def _rgb_frame(image: Image) -> av.VideoFrame:
    return av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")


def _gop(frames: int, fps: float) -> int:
    """Frames between key frames: the loop in equal parts of at most `LONGEST_GOP`."""
    parts = math.ceil(frames / fps / LONGEST_GOP)
    return math.ceil(frames / parts)


def x264_params(options: Mapping[str, str]) -> str:
    """Return x264's options in its own notation, and those that make its bytes repeat."""
    return ":".join(f"{name}={value}" for name, value in {**options, **_steady()}.items())


def _steady() -> dict[str, str]:
    """Keep x264 to AVX2: its AVX-512 code gives other bytes from run to run (measured).

    Asked for only where AVX-512 would be used, since x264 takes the name without checking.
    """
    return {"asm": "avx2"} if cv2.checkHardwareSupport(_AVX_512F) else {}


def _kept(packet: Packet) -> _Packet:
    if packet.pts is None or packet.dts is None:
        raise av.error.InvalidDataError(0, "a packet without times")
    return _Packet(bytes(packet), packet.pts, packet.dts, packet.is_keyframe)


def _mux(
    container: av.container.OutputContainer,
    out: av.VideoStream,
    kept: _Packet,
    shift: int,
    rate: Fraction,
) -> None:
    packet = av.Packet(kept.data)
    packet.stream, packet.time_base = out, 1 / rate
    packet.pts, packet.dts, packet.duration = kept.pts + shift, kept.dts + shift, 1
    packet.is_keyframe = kept.key
    container.mux(packet)
