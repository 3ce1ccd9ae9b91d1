"""YouTube Shorts: square or taller, up to three minutes."""

from pipelines.encode.format import Format, Limits

FORMAT = Format(
    title="YouTube Shorts",
    container="mp4",
    size=(1080, 1920),
    fps=30.0,
    limits=Limits(seconds=(1.0, 180.0), aspect=(None, 1.0)),
    source="https://support.google.com/youtube/answer/1722171",
    read_on="2026-11-23",
)
