"""What Instagram accepts: every single feed video is published as a Reel, so one set of limits."""

from pipelines.encode.format import Limits

LIMITS = Limits(
    seconds=(3.0, 900.0),
    fps=(23.0, 60.0),
    side=(None, 1920),
    aspect=(0.01, 10.0),
    bytes=(None, 1_000_000_000),
    bit_rate=(None, 25_000_000),
)
SOURCE = "https://developers.facebook.com/docs/instagram-api/reference/ig-user/media"
READ_ON = "2026-11-23"
