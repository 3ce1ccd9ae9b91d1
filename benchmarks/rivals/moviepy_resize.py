"""moviepy's animated resize. Run by the interpreter of ``.venv-rivals``: ``… STILL OUT``."""

from __future__ import annotations

import sys

from moviepy import CompositeVideoClip, ImageClip

SIZE, FPS, SECONDS = (1080, 1920), 30, 3.0


def main() -> None:
    """Zoom from 1 to 1.15 about the middle."""
    still = ImageClip(sys.argv[1], duration=SECONDS).resized(SIZE)
    zoomed = still.resized(lambda t: 1 + 0.15 * t / SECONDS).with_position("center")
    CompositeVideoClip([zoomed], size=SIZE).write_videofile(
        sys.argv[2],
        fps=FPS,
        codec="libx264",
        preset="veryfast",
        ffmpeg_params=["-crf", "20", "-pix_fmt", "yuv420p"],
        audio=False,
        logger=None,
    )


if __name__ == "__main__":
    main()
