"""One video from order to file; whatever happens, the server is told to forget it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from pipelines.context import Context
from pipelines.errors import RemoteFailed
from pipelines.machine import RemoteServer
from pipelines.motion.remote.faults import Faults
from pipelines.motion.remote.order import Order
from pipelines.motion.remote.server import Video, VideoServer
from pipelines.transfer.patience import Patience

FIRST_PAUSE, LONGEST_PAUSE, GROWTH = 0.1, 5.0, 1.5
"""Seconds between two looks at a video, and how they grow."""

STAGE = "animate"
DOWNLOAD = "download"

FAILED = ("failed", "cancelled", "canceled", "expired", "deleted")


class Delivered(NamedTuple):
    """What came with a video's file.

    Attributes:
        model: what the server says it ran; empty where it says nothing.
        tidy: whether the server deleted its copy.
    """

    model: str
    tidy: bool


def deliver(order: Order, remote: RemoteServer, path: Path, context: Context) -> Delivered:
    """Have a video made and bring it to ``path``.

    Raises:
        Cancelled: the job was cancelled; the server was told to stop.
        RemoteFailed: the server does not deliver.
    """
    faults = Faults(remote)
    patience = Patience(context.cancel, faults.late, remote.timeout_seconds)
    with VideoServer(remote, faults, patience) as server:
        context.step(STAGE, 0, 100)
        video = server.create(order)
        tidy = False
        try:
            done = _made(server, video, patience, context, faults)
            server.fetch(done, path, lambda got, total: context.step(DOWNLOAD, got, total))
        finally:
            tidy = server.forget(video)
    return Delivered(done.model, tidy)


def _made(
    server: VideoServer, video: Video, patience: Patience, context: Context, faults: Faults
) -> Video:
    """Look at the video, ever less often, until it is completed."""
    pause, percent = FIRST_PAUSE, 0
    while video.status != "completed":
        if video.status in FAILED:
            raise _failure(video, faults)
        percent = max(percent, video.percent)
        context.step(STAGE, percent, 100)
        patience.pause(pause)
        pause = min(pause * GROWTH, LONGEST_PAUSE)
        video = server.look(video)
    context.step(STAGE, 100, 100)
    return video


def _failure(video: Video, faults: Faults) -> RemoteFailed:
    said = f": {video.error}" if video.error else ", without saying why"
    what = f"could not make the video ({video.status}){said}"
    return faults.failure(what, "change what it names, or look into its log", actual=video.status)
