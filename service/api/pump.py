"""One reader of the event log feeds everybody who listens."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress

from starlette.concurrency import run_in_threadpool

from pipelines.errors import StillwaveError
from service.jobs.nouns import Event
from service.renders import Renders

LOG = logging.getLogger(__name__)

PAUSE_SECONDS = 0.1
"""Between two looks at the log."""

TROUBLE_SECONDS = 2.0
"""Between two looks while the log cannot be read."""

MOST_WAITING = 1000
"""Events kept for a listener that does not take them; then it is told to read the log itself."""


class Listener:
    """One render's events as they happen."""

    def __init__(self) -> None:
        self._waiting: asyncio.Queue[Event | None] = asyncio.Queue(MOST_WAITING)

    def hear(self, event: Event) -> None:
        """Take an event; one that does not fit is found in the log at the next look."""
        with suppress(asyncio.QueueFull):
            self._waiting.put_nowait(event)

    async def next(self, seconds: float) -> Event | None:
        """Return the next event, or None when none came in time."""
        try:
            async with asyncio.timeout(seconds):
                return await self._waiting.get()
        except TimeoutError:
            return None


class Pump:
    """Reads the log as long as the application runs.

    Args:
        renders: whose log.
        heard: told every event of every tenant, for the metrics.
    """

    def __init__(self, renders: Renders, heard: Callable[[Event], None]) -> None:
        self._renders = renders
        self._heard = heard
        self._listeners: dict[str, set[Listener]] = {}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run until the block is left."""
        task = asyncio.create_task(self._run())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    @asynccontextmanager
    async def listening(self, render_id: str) -> AsyncIterator[Listener]:
        """Listen to one render; what happened before is in the log."""
        listener = Listener()
        self._listeners.setdefault(render_id, set()).add(listener)
        try:
            yield listener
        finally:
            others = self._listeners[render_id]
            others.discard(listener)
            if not others:
                del self._listeners[render_id]

    async def _run(self) -> None:
        after, pause = -1, PAUSE_SECONDS
        while True:
            try:
                after = await self._pass_on(after)
                pause = PAUSE_SECONDS
            except StillwaveError as error:
                LOG.warning("the event log cannot be read: %s", error)
                pause = TROUBLE_SECONDS
            await asyncio.sleep(pause)

    def _tell(self, events: Sequence[Event]) -> None:
        """Count what happened; that asks the database again, so it is done beside the loop."""
        for event in events:
            self._heard(event)

    async def _pass_on(self, after: int) -> int:
        """Pass on what is new; return where to go on. The first look only finds the end."""
        events = await run_in_threadpool(self._renders.tail, after)
        if after < 0:
            return events[-1].id if events else 0
        for event in events:
            for listener in self._listeners.get(event.render_id, ()):
                listener.hear(event)
        await run_in_threadpool(self._tell, events)
        return max((event.id for event in events), default=after)
