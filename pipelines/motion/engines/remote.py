"""Remote: any server that speaks the OpenAI-shaped video routes, for larger models on a fleet."""

from __future__ import annotations

from pipelines.context import Context
from pipelines.errors import RemoteFailed
from pipelines.media import Clip
from pipelines.motion.engine import Shot
from pipelines.motion.remote.film import film


class Remote:
    """Sends the framed still and brings a video home."""

    title = "A video server with the OpenAI-shaped routes"

    def animate(self, shot: Shot, context: Context) -> Clip:
        """Have the machine's video server animate the still; the frames are held in memory."""
        if context.machine.remote is None:
            raise RemoteFailed(
                "no video server is known to this machine",
                allowed="a server with the OpenAI-shaped video routes",
                fix="set STILLWAVE_REMOTE_URL to its base address, up to and with /v1",
            )
        return film(shot, context.machine.remote, context)


ENGINE = Remote()
