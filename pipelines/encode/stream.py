"""Frames in order from a small pool of threads, a few ahead of the encoder, never all at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from pipelines.arrays import Image
from pipelines.context import Context
from pipelines.media import Clip
from pipelines.threads import FEEDING, step_back

T = TypeVar("T")

WORKERS = 2
AHEAD = 16
"""Frames in flight: while the codec takes frames that come again, the next are made."""


def stream(clip: Clip, prepare: Callable[[Image], T], context: Context) -> Iterator[T]:
    """Yield ``prepare(clip.render(index))`` for each frame in order; both run in the pool.

    The codec's own threads go first, for they are what takes longest. A frame whose picture was
    made before is the same object again, kept until its last use. Reports progress as the stage
    ``"encode"``.

    Raises:
        Cancelled: the context was cancelled.
    """
    last_use = {twin: index for index, twin in enumerate(clip.twins)}
    with ThreadPoolExecutor(WORKERS, "frame", step_back, (FEEDING,)) as pool:
        made: dict[int, Future[T]] = {}
        waiting: deque[Future[T]] = deque()
        try:
            for index in range(clip.count):
                twin = clip.twins[index] if clip.twins else index
                if twin not in made:
                    made[twin] = pool.submit(_made, clip, prepare, twin)
                waiting.append(made[twin])
                if last_use.get(twin, index) == index:
                    del made[twin]
                if len(waiting) == AHEAD:
                    yield waiting.popleft().result()
                context.step("encode", index, clip.count)
            while waiting:
                yield waiting.popleft().result()
            context.step("encode", clip.count, clip.count)
        finally:
            for future in (*waiting, *made.values()):
                future.cancel()


def _made(clip: Clip, prepare: Callable[[Image], T], index: int) -> T:
    return prepare(clip.render(index))
