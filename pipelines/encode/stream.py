"""Frames in order from a small pool of threads, a few ahead of the encoder, never all at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from pipelines.arrays import Image
from pipelines.context import Context
from pipelines.media import Clip

T = TypeVar("T")

WORKERS = 2
AHEAD = 4
"""Frames in flight: enough to keep the encoder fed while one frame is slow."""


def stream(clip: Clip, prepare: Callable[[Image], T], context: Context) -> Iterator[T]:
    """Yield ``prepare(clip.render(index))`` for each frame in order; both run in the pool.

    Reports progress as the stage ``"encode"``.

    Raises:
        Cancelled: the context was cancelled.
    """
    with ThreadPoolExecutor(WORKERS, thread_name_prefix="frame") as pool:
        flight: deque[Future[T]] = deque()
        try:
            for index in range(clip.count):
                flight.append(pool.submit(_made, clip, prepare, index))
                if len(flight) == AHEAD:
                    yield flight.popleft().result()
                context.step("encode", index, clip.count)
            while flight:
                yield flight.popleft().result()
            context.step("encode", clip.count, clip.count)
        finally:
            for future in flight:
                future.cancel()


def _made(clip: Clip, prepare: Callable[[Image], T], index: int) -> T:
    return prepare(clip.render(index))
