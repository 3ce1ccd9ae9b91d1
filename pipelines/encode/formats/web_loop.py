"""A small muted MP4 for a web page's ``<video autoplay loop muted playsinline>``."""

from pipelines.encode.format import Format, Limits

FORMAT = Format(
    title="Loop for a web page",
    container="mp4",
    size=None,
    fps=30.0,
    limits=Limits(fps=(None, 60.0), side=(None, 1920), bytes=(None, 8_000_000)),
    source="https://web.dev/articles/replace-gifs-with-videos",
    read_on="2026-11-23",
    longest=1080,
)
