"""Following a job: server-sent events, and waiting for its end."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator

from starlette.responses import Response, StreamingResponse

from pipelines.errors import StillwaveError
from service.api.desk import Desk, in_thread
from service.jobs.nouns import ENDED, LIVE, Event, Render

RECONNECT = b"retry: 2000\n\n"
"""Milliseconds after which a client whose connection broke comes back."""

HEARTBEAT = b": still here\n\n"


class EventStream(StreamingResponse):
    """Server-sent events, as the HTML standard has them."""

    media_type = "text/event-stream"

    def __init__(self, lines: AsyncIterator[bytes], status_code: int = 200) -> None:
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(lines, status_code, headers)


async def follow(desk: Desk, render: Render, after: int) -> Response:
    """Stream what happened since event ``after``, then what happens, until the job ends.

    A client that has the last event of a job that ended is told by 204 not to come back.
    """
    if render.state in ENDED:
        missed = await in_thread(desk.renders.events, render.tenant, render.id, after)
        if not missed:
            return Response(status_code=204)
    return EventStream(_lines(desk, render.tenant, render.id, after))


async def wait_for_end(desk: Desk, render: Render, seconds: float) -> Render:
    """Return the job when it has ended, or as it is after ``seconds``."""
    deadline = time.monotonic() + seconds
    async with desk.pump.listening(render.id) as listener:
        while True:
            render = await in_thread(desk.renders.get, render.tenant, render.id)
            left = deadline - time.monotonic()
            if render.state not in LIVE or left <= 0:
                return render
            while left > 0:
                event = await listener.next(min(left, 5.0))
                if event is None or event.kind in ENDED:
                    break
                left = deadline - time.monotonic()


async def _lines(desk: Desk, tenant: str, id: str, last: int) -> AsyncIterator[bytes]:
    """Yield what is sent; holds no job meanwhile, since many may listen for long."""
    yield RECONNECT
    try:
        async for event in _events(desk, tenant, id, last):
            yield HEARTBEAT if event is None else written(event)
    except StillwaveError:
        return  # it was deleted, or the log is away: the client comes back and is told


async def _events(desk: Desk, tenant: str, id: str, last: int) -> AsyncIterator[Event | None]:
    """Yield a job's events in order, each once; None when nothing happened for a while."""
    async with desk.pump.listening(id) as listener:
        while True:
            logged = await in_thread(desk.renders.events, tenant, id, last)
            for event in logged:
                yield event
                if event.kind in ENDED:
                    return
                last = event.id
            while heard := await listener.next(desk.settings.heartbeat_seconds):
                if heard.id > last:
                    yield heard
                    if heard.kind in ENDED:
                        return
                    last = heard.id
            yield None  # and look into the log again: nothing is lost for good


def written(event: Event) -> bytes:
    """Write an event as it travels.

    ``id`` rises, ``event`` is its kind, ``data`` a JSON object in one line.
    """
    data = {"render": event.render_id, "at": event.at.isoformat(), **event.data}
    text = json.dumps(data, ensure_ascii=False)
    return f"id: {event.id}\nevent: {event.kind}\ndata: {text}\n\n".encode()
