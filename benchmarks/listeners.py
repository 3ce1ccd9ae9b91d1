"""Many clients that only listen: each holds a stream of events open and counts what it hears."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.serving import HOST, PATIENCE_SECONDS, Service


@dataclass(frozen=True)
class Held:
    """What became of the listeners.

    Attributes:
        beaten: how many heard a heartbeat.
        told: how many heard the last event.
        late: seconds from the event's cause until the last one heard it.
        resident: MB that the HTTP door held meanwhile.
    """

    beaten: int
    told: int
    late: float
    resident: float


@dataclass
class _Ear:
    beaten: bool = False
    told: bool = False


def hold(service: Service, render: str, count: int, cause: Callable[[], object]) -> Held:
    """Have ``count`` clients listen to a queued render; when all heard a heartbeat, end it."""
    return asyncio.run(_hold(service, render, count, cause))


async def _hold(service: Service, render: str, count: int, cause: Callable[[], object]) -> Held:
    ears = [_Ear() for _ in range(count)]
    clients = [asyncio.create_task(_listen(service.port, render, ear)) for ear in ears]
    loop = asyncio.get_running_loop()
    deadline = loop.time() + PATIENCE_SECONDS
    while not all(ear.beaten for ear in ears) and loop.time() < deadline:
        await asyncio.sleep(0.1)
    resident = service.resident()
    start = loop.time()
    await asyncio.to_thread(cause)
    await asyncio.wait(clients, timeout=PATIENCE_SECONDS)
    late = loop.time() - start
    return Held(sum(ear.beaten for ear in ears), sum(ear.told for ear in ears), late, resident)


async def _listen(port: int, render: str, ear: _Ear) -> None:
    reader, writer = await asyncio.open_connection(HOST, port)
    writer.write(f"GET /v1/renders/{render}/events HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
    while line := await reader.readline():
        ear.beaten |= line.startswith(b": ")
        if line.startswith(b"event: canceled"):
            ear.told = True
            break
    writer.close()
