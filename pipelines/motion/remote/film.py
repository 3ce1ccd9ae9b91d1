"""The engine's work: order, bring home, check, and make the clip of it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx2

from pipelines.context import Context
from pipelines.errors import InvalidInput, RemoteFailed
from pipelines.machine import RemoteServer
from pipelines.media import Clip
from pipelines.motion.engine import Direction, Shot
from pipelines.motion.remote.faults import Faults
from pipelines.motion.remote.footage import Played, fitted, play
from pipelines.motion.remote.job import Delivered, deliver
from pipelines.motion.remote.order import Order, write_order
from pipelines.transfer.peer import public_address
from pipelines.video import Footage, read_footage

MOST_MEMORY = 2 * 2**30
"""For a video's frames: about 30 seconds of what is asked for."""

SHAPE_TOLERANCE = 0.03
"""Shapes this near are brought together by squeezing; by more, the product would look wrong."""

CAMERA_NOTE = (
    "a video server does not follow the camera path: its prompt names the move, and the report's "
    "matrices are those that were asked for"
)


def film(shot: Shot, remote: RemoteServer, context: Context) -> Clip:
    """Have a server animate ``shot``.

    Raises:
        Cancelled: the job was cancelled; the server was told to stop.
        RemoteFailed: the server does not deliver what was asked for.
    """
    remote = checked(remote)
    order = write_order(shot, remote)
    keyframes = remote.keyframes and shot.path.closed
    with TemporaryDirectory(prefix="stillwave-") as folder:
        path = Path(folder) / "video.mp4"
        delivered = deliver(order, remote, path, context)
        footage = watch(path, order, Faults(remote), math.inf if keyframes else order.seconds)
    played = play(footage, shot, keyframes=keyframes)
    return replace(
        fitted(played.clip, shot),
        details=_details(order, remote, delivered, footage, played),
        warnings=tuple(_warnings(shot, delivered, played, keyframes)),
    )


def checked(remote: RemoteServer) -> RemoteServer:
    """Return the server with its address and key trimmed.

    Raises:
        RemoteFailed: the address is none, or the key cannot be sent.
    """
    try:
        url = httpx2.URL(remote.url.strip())
    except httpx2.InvalidURL:
        url = httpx2.URL("")
    if url.scheme not in ("http", "https") or not url.host:
        raise RemoteFailed(
            "the video server's address is none",
            allowed="an address such as http://gpu:8000/v1",
            fix="set STILLWAVE_REMOTE_URL to it",
        )
    key = (remote.key or "").strip() or None
    if key is not None and not (key.isascii() and key.isprintable()):
        raise RemoteFailed(
            "the video server's key holds characters that no request can carry",
            allowed="printable ASCII",
            fix="set STILLWAVE_REMOTE_KEY to the key itself",
        )
    return replace(remote, url=remote.url.strip(), key=key)


def watch(path: Path, order: Order, faults: Faults, seconds: float) -> Footage:
    """Decode a video, and see that it is what was ordered.

    Raises:
        RemoteFailed: it is damaged, of another shape, or no moving picture.
    """
    again = "try again, and look into the server's log if it stays so"
    try:
        footage = read_footage(path, seconds, MOST_MEMORY)
    except InvalidInput as error:
        what = f"sent a video that is of no use: {error.problem}"
        raise faults.failure(what, again) from error
    if len(footage.frames) < 2:
        raise faults.failure("sent a video of a single picture", "ask for more frames")
    width, height = footage.size
    if abs(math.log(width / height * order.height / order.width)) > SHAPE_TOLERANCE:
        what = (
            f"made {width}×{height} where {order.width}×{order.height} was ordered, "
            "which would cut or bend the product"
        )
        fix = "choose a format of that shape, or a model that keeps the still's"
        raise faults.failure(what, fix, actual=f"{width}×{height}")
    return footage


def _details(
    order: Order, remote: RemoteServer, delivered: Delivered, footage: Footage, played: Played
) -> dict[str, object]:
    width, height = footage.size
    return {
        "server": public_address(remote.url),
        "model": delivered.model or order.fields.get("model"),
        "ordered": order.fields,
        "used": {
            "width": width,
            "height": height,
            "fps": round(footage.fps, 3),
            "frames": len(footage.frames),
        },
        "camera": "named in the prompt, not followed",
        "loop": played.closing,
    }


def _warnings(shot: Shot, delivered: Delivered, played: Played, keyframes: bool) -> Iterator[str]:
    yield CAMERA_NOTE
    unread = _unread(shot)
    if unread:
        yield f"the engine remote does not read {', '.join(unread)}"
    if keyframes and played.closing and played.closing["method"] != "keyframes":
        yield "the server's last frame does not lead into its first: a crossfade closes the loop"
    if not delivered.tidy:
        yield "the server did not confirm that it deleted its copy of the video"


def _unread(shot: Shot) -> list[str]:
    """What was asked for and cannot even be sent."""
    told, usual = shot.direction, Direction()
    names = [
        name
        for name in ("latent_shift", "colour_hold", "feature_cache")
        if getattr(told, name) != getattr(usual, name)
    ]
    return names if shot.still.moving is None else [*names, "mask"]
