"""ffmpeg's zoompan filter, by the static ffmpeg that imageio-ffmpeg brings."""

from __future__ import annotations

from pathlib import Path

from imageio_ffmpeg import get_ffmpeg_exe

from benchmarks.stills import COUNT, FPS, FRAME, STILL

CENTRED = "x='iw/2-iw/zoom/2':y='ih/2-ih/zoom/2'"
ZOOM_IN = f"z='1+0.15*on/{COUNT - 1}':{CENTRED}"
"""A straight zoom about the middle, 1 to 1.15 in the whole clip."""

PAN_ZOOM = 1.15
PAN_RIGHT = f"z={PAN_ZOOM}:x='(iw-iw/zoom)*on/{COUNT - 1}':y='ih/2-ih/zoom/2'"
"""A slow pan from the left border to the right one."""

X264 = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-pix_fmt", "yuv420p")
RAW = ("-f", "rawvideo", "-pix_fmt", "yuv420p")


def command(
    still: Path,
    out: Path,
    *,
    enlarged: int,
    move: str = ZOOM_IN,
    pixels: str = "yuv420p",
    output: tuple[str, ...] = X264,
) -> list[str]:
    """Return the command that makes the clip.

    Args:
        still: a picture of `STILL`'s size.
        out: the file to write.
        enlarged: how many times the still is enlarged first; 1 is not at all.
        move: zoompan's ``z``, ``x`` and ``y``.
        pixels: the format it works in: with halved chroma, which is what ffmpeg chooses for a
            photo on its way to H.264, zoompan cuts at even pixels only.
        output: the encoder's options.
    """
    before = f"scale={STILL[0] * enlarged}:-2," if enlarged > 1 else ""
    chain = f"{before}format={pixels},zoompan={move}:d={COUNT}:s={FRAME[0]}x{FRAME[1]}:fps={FPS}"
    quiet = ("-hide_banner", "-loglevel", "error", "-y")
    return [get_ffmpeg_exe(), *quiet, "-i", str(still), "-vf", chain, *output, str(out)]
