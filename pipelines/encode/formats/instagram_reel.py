"""Instagram Reel: every single feed video is published as a Reel, so the Reel's limits hold."""

from pipelines.encode import instagram
from pipelines.encode.format import Format

FORMAT = Format(
    title="Instagram Reel",
    container="mp4",
    size=(1080, 1920),
    fps=30.0,
    limits=instagram.LIMITS,
    source=instagram.SOURCE,
    read_on=instagram.READ_ON,
)
