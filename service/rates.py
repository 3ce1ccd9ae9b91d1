"""Rate limits: token buckets, one for each caller, in this process's memory."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from service.errors import TooMany

MOST_CALLERS = 10_000
"""Buckets kept; full ones are forgotten first, for they are as good as new."""


@dataclass
class _Bucket:
    tokens: float
    at: float


class Rates:
    """Counts requests; a minute's worth may come at once.

    Args:
        clock: seconds that only go forward.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: dict[str, _Bucket] = {}

    def spend(self, caller: str, per_minute: int) -> None:
        """Count one request.

        Raises:
            TooMany: the caller's minute is used up; says when the next request may come.
        """
        now = self._clock()
        bucket = self._buckets.get(caller)
        if bucket is None:
            self._make_room()
            bucket = self._buckets[caller] = _Bucket(float(per_minute), now)
        refilled = bucket.tokens + (now - bucket.at) * per_minute / 60
        bucket.tokens, bucket.at = min(float(per_minute), refilled), now
        if bucket.tokens < 1:
            wait = (1 - bucket.tokens) * 60 / per_minute
            raise TooMany("too many requests", wait=wait, allowed=f"{per_minute} a minute")
        bucket.tokens -= 1

    def _make_room(self) -> None:
        if len(self._buckets) < MOST_CALLERS:
            return
        now = self._clock()
        idle = [name for name, bucket in self._buckets.items() if now - bucket.at > 60]
        for name in idle or list(self._buckets)[: MOST_CALLERS // 10]:
            del self._buckets[name]
