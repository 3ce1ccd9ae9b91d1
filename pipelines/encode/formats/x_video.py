"""X: 720 lines, since 1080 are played to subscribers only."""

from pipelines.encode.format import Format, Limits

FORMAT = Format(
    title="X (Twitter) video",
    container="mp4",
    size=(720, 1280),
    fps=30.0,
    limits=Limits(
        seconds=(0.5, 140.0),
        fps=(None, 60.0),
        side=(32, 1280),
        aspect=(1 / 3, 3.0),
        bytes=(None, 512_000_000),
    ),
    source="https://docs.x.com/x-api/media/quickstart/best-practices",
    read_on="2026-11-23",
)
