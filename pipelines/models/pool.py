"""Networks kept in memory for the next request: a job of several formats loads its model once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from pipelines.context import Context

T = TypeVar("T")

PATIENCE = 0.2
"""Seconds between two looks at whether a job that waits was cancelled."""


@dataclass(eq=False)
class Pool(Generic[T]):
    """What was loaded last, lent to one job at a time.

    Attributes:
        stage: what a job is told that it waits in.
    """

    stage: str
    _turn: threading.Lock = field(default_factory=threading.Lock)
    _key: Hashable = None
    _held: T | None = None

    @contextmanager
    def lend(self, key: Hashable, load: Callable[[], T], context: Context) -> Iterator[T]:
        """Lend what belongs to ``key``, loaded where it is not at hand; others wait meanwhile.

        Raises:
            Cancelled: the job was cancelled while it waited.
            StillwaveError: of ``load``; nothing is kept then.
        """
        while not self._turn.acquire(timeout=PATIENCE):
            context.step(self.stage, 0)
        try:
            context.step(self.stage, 0)
            if self._held is None or self._key != key:
                self._key = self._held = None  # freed before the next one is loaded
                self._held, self._key = load(), key
            yield self._held
        finally:
            self._turn.release()
