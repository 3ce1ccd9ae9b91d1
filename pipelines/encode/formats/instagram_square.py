"""Instagram feed, square: feed videos are published as Reels, so the Reel's limits hold."""

from pipelines.encode import instagram
from pipelines.encode.format import Format

FORMAT = Format(
    title="Instagram feed, square",
    container="mp4",
    size=(1080, 1080),
    fps=30.0,
    limits=instagram.LIMITS,
    source=instagram.SOURCE,
    read_on=instagram.READ_ON,
)
