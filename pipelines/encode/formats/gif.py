"""A GIF for anywhere: small, one palette, exact delays, looping forever."""

from pipelines.encode.format import Format, Limits

FORMAT = Format(
    title="Animated GIF",
    container="gif",
    size=None,
    fps=20.0,
    limits=Limits(fps=(None, 50.0), side=(1, 65535)),
    source="https://www.w3.org/Graphics/GIF/spec-gif89a.txt",
    read_on="2026-11-23",
    longest=480,
)
