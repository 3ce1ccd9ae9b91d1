"""Instagram feed, square: feed videos are published as Reels, so the Reel's limits hold."""

from pipelines.encode.format import Format, Limits

FORMAT = Format(
    title="Instagram feed, square",
    container="mp4",
    size=(1080, 1080),
    fps=30.0,
    limits=Limits(
        seconds=(3.0, 900.0),
        fps=(23.0, 60.0),
        side=(None, 1920),
        aspect=(0.01, 10.0),
        bytes=(None, 1_000_000_000),
        bit_rate=(None, 25_000_000),
    ),
    source="https://developers.facebook.com/docs/instagram-api/reference/ig-user/media",
    read_on="2026-11-23",
)
