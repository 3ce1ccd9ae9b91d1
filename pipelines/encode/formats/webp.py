"""Animated WebP: what a GIF would be today, in full colour."""

from pipelines.encode.format import Format, Limits

FORMAT = Format(
    title="Animated WebP",
    container="webp",
    size=None,
    fps=25.0,
    limits=Limits(side=(1, 16383)),
    source="https://developers.google.com/speed/webp/docs/riff_container",
    read_on="2026-11-23",
    longest=720,
)
