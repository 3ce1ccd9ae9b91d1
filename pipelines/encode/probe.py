"""The facts of a media file, read from the file and from nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
from PIL import Image as Pillow

from pipelines.encode.blocks import gif_blocks, mp4_boxes
from pipelines.errors import InvalidInput


@dataclass(frozen=True)
class MediaFacts:
    """What a file is.

    Attributes:
        container: ``"mp4"``, ``"gif"``, ``"webp"``, or libav's name for anything else.
        codec, pixels: libav's names, e.g. ``"h264"`` and ``"yuv420p"``.
        width, height: in pixels.
        frames: number of pictures.
        fps: mean rate.
        seconds: length of the picture track.
        bytes: size of the file.
        constant_rate: whether all frames last equally long.
        start: time of the first picture in seconds.
        colour: CICP codes (primaries, transfer, matrix) and whether the range is video's.
        audio: whether there is an audio track.
        moov_first: MP4 only, whether the index stands before the pictures.
        edit_list: MP4 only, whether there is one.
        loops: GIF and WebP only, how often it repeats (0 is forever, None is once).
    """

    container: str
    codec: str
    pixels: str
    width: int
    height: int
    frames: int
    fps: float
    seconds: float
    bytes: int
    constant_rate: bool = True
    start: float = 0.0
    colour: tuple[int, int, int, bool] = (2, 2, 2, False)
    audio: bool = False
    moov_first: bool = True
    edit_list: bool = False
    loops: int | None = None

    @property
    def bit_rate(self) -> float:
        """Overall rate in bits per second."""
        return 8 * self.bytes / self.seconds if self.seconds else 0.0


def probe(path: Path) -> MediaFacts:
    """Read the facts of any video, GIF or WebP file.

    Raises:
        InvalidInput: there is no such file, or it holds no moving picture.
    """
    if not path.is_file():
        raise InvalidInput(
            f"there is no file {path}", actual=str(path), fix="check the path and its spelling"
        )
    with path.open("rb") as file:
        magic = file.read(12)
    if magic[:4] == b"GIF8" or (magic[:4] == b"RIFF" and magic[8:] == b"WEBP"):
        return _picture_facts(path)
    return _video_facts(path)


def _picture_facts(path: Path) -> MediaFacts:
    try:
        with Pillow.open(path) as picture:
            durations = _durations(path, picture)
            kind, (width, height) = (picture.format or "").lower(), picture.size
            loops = picture.info.get("loop")
    except (OSError, ValueError, IndexError) as error:
        raise _no_video(path) from error
    seconds = sum(durations) / 1000
    return MediaFacts(
        container=kind,
        codec=kind,
        pixels="pal8" if kind == "gif" else "yuv420p",
        width=width,
        height=height,
        frames=len(durations),
        fps=len(durations) / seconds if seconds else 0.0,
        seconds=seconds,
        bytes=path.stat().st_size,
        constant_rate=max(durations) - min(durations) <= 1,
        loops=loops,
    )


def _durations(path: Path, picture: Pillow.Image) -> list[int]:
    """Length of each frame in milliseconds."""
    if picture.format == "GIF":
        return [10 * delay for delay in gif_blocks(path.read_bytes()).delays] or [0]
    durations: list[int] = []
    for index in range(getattr(picture, "n_frames", 1)):
        picture.seek(index)
        picture.load()
        durations.append(int(picture.info.get("duration", 0)))
    return durations


def _video_facts(path: Path) -> MediaFacts:
    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise _no_video(path)
            return _stream_facts(path, container)
    except av.FFmpegError as error:
        raise _no_video(path) from error


def _stream_facts(path: Path, container: av.container.InputContainer) -> MediaFacts:
    stream = container.streams.video[0]
    codec = stream.codec_context
    base = stream.time_base or Fraction(1, 1000)
    audio = bool(container.streams.audio)
    packets = [packet for packet in container.demux(stream) if packet.pts is not None]
    times = sorted(packet.pts for packet in packets if packet.pts is not None)
    if not times:
        raise _no_video(path)
    steps = {later - earlier for earlier, later in pairwise(times)}
    last = next(p.duration for p in packets if p.pts == times[-1]) or (min(steps, default=1))
    seconds = float((times[-1] - times[0] + last) * base)
    name = container.format.name
    boxes = [box.path for box in mp4_boxes(path)] if "mp4" in name else []
    return MediaFacts(
        container="mp4" if "mp4" in name else name,
        codec=codec.name,
        pixels=codec.pix_fmt or "unknown",
        width=codec.width,
        height=codec.height,
        frames=len(times),
        fps=len(times) / seconds,
        seconds=seconds,
        bytes=path.stat().st_size,
        constant_rate=max(steps, default=0) - min(steps, default=0) <= 1,
        start=float(times[0] * base),
        colour=(
            int(codec.color_primaries),
            int(codec.color_trc),
            int(codec.colorspace),
            int(codec.color_range) == 1,
        ),
        audio=audio,
        moov_first="mdat" not in boxes or boxes.index("moov") < boxes.index("mdat"),
        edit_list="moov/trak/edts/elst" in boxes,
    )


def _no_video(path: Path) -> InvalidInput:
    return InvalidInput(
        f"{path.name} holds no video we can read",
        actual=str(path),
        allowed="MP4, MOV, MKV, WebM, GIF or animated WebP",
        fix="check that the file is whole and is a video",
    )
