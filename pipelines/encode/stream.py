"""Frames in order from a small pool of threads, a few ahead of the encoder, never all at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from typing import TypeVar

from pipelines.arrays import Image
from pipelines.context import Context
from pipelines.media import Clip
from pipelines.threads import FEEDING, step_back

T = TypeVar("T")

WORKERS = 2
AHEAD = 12
"""Pictures made or being made that the codec has not seen; while it takes those that come again,
the next are made."""


def stream(clip: Clip, prepare: Callable[[Image], T], context: Context) -> Iterator[T]:
    """Yield ``prepare(clip.render(index))`` for each frame in order; both run in the pool.

    The codec's own threads go first, for they are what takes longest. A frame whose picture was
    made before is the same object again, kept until its last use. Reports progress as the stage
    ``"encode"``.

    Raises:
        Cancelled: the context was cancelled.
    """
    with (
        ThreadPoolExecutor(WORKERS, "frame", step_back, (FEEDING,)) as pool,
        closing(_ahead(clip, prepare, pool)) as futures,
    ):
        for index, future in enumerate(futures):
            context.step("encode", index, clip.count)
            yield future.result()
        context.step("encode", clip.count, clip.count)


def _ahead(
    clip: Clip, prepare: Callable[[Image], T], pool: ThreadPoolExecutor
) -> Generator[Future[T]]:
    """Yield the frames in order, each when `AHEAD` pictures that come later are in the making."""
    last_use = {twin: index for index, twin in enumerate(clip.twins)}
    made: dict[int, Future[T]] = {}
    waiting: deque[Future[T]] = deque()
    unseen: set[Future[T]] = set()
    try:
        for index in range(clip.count):
            twin = clip.twins[index] if clip.twins else index
            if twin not in made:
                made[twin] = pool.submit(_made, clip, prepare, twin)
                unseen.add(made[twin])
            waiting.append(made[twin])
            if last_use.get(twin, index) == index:
                del made[twin]
            while len(unseen) > AHEAD:
                unseen.discard(waiting[0])
                yield waiting.popleft()
        while waiting:
            yield waiting.popleft()
    finally:
        for future in (*waiting, *made.values()):
            future.cancel()


def _made(clip: Clip, prepare: Callable[[Image], T], index: int) -> T:
    return prepare(clip.render(index))
