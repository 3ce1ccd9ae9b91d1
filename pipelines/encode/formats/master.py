"""The master for editors: every pixel of every frame, RGB, without loss, at the still's size.

Lossless H.264 in RGB opens in ffmpeg, mpv, VLC, Resolve and Chromium, but not on phones.
"""

from pipelines.encode.format import Format, Limits

FORMAT = Format(
    title="Lossless master",
    container="mp4",
    size=None,
    fps=30.0,
    limits=Limits(side=(None, 4096)),
    source="https://www.itu.int/rec/T-REC-H.264",
    read_on="2026-11-23",
    longest=3840,
    lossless=True,
)
