"""TikTok, posted by a person or by the Content Posting API."""

from pipelines.encode.format import Format, Limits

FORMAT = Format(
    title="TikTok",
    container="mp4",
    size=(1080, 1920),
    fps=30.0,
    limits=Limits(
        seconds=(3.0, 600.0),
        fps=(23.0, 60.0),
        side=(360, 4096),
        bytes=(None, 4_000_000_000),
    ),
    source="https://developers.tiktok.com/doc/content-posting-api-media-transfer-guide",
    read_on="2026-11-23",
)
