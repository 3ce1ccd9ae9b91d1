"""How long we wait and how often we try: never past the time limit, never past a cancel."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_before_delay
from tenacity.stop import stop_base
from tenacity.wait import wait_exponential_jitter, wait_random

from pipelines.errors import Cancelled, StillwaveError
from pipelines.transfer.peer import Hiccup

T = TypeVar("T")

ATTEMPTS = 5
"""Of one thing in a row; a server that says when to come back is asked until the time is up."""

SHORTEST = 0.25
"""Seconds between two attempts, even where a server asks for none."""

BACK_OFF = wait_exponential_jitter(multiplier=SHORTEST, max=8.0, jitter=SHORTEST)
"""About 0.25, 0.5, 1 and 2 seconds."""

JITTER = wait_random(0, SHORTEST)
"""Keeps many clients from coming back at once."""


class Patience:
    """The time and the attempts that one thing may take.

    Args:
        cancel: ends every wait at once.
        late: says what it is called when the time is up.
        seconds: from now on.
        attempts: in a row.
    """

    def __init__(
        self,
        cancel: threading.Event,
        late: Callable[[float], StillwaveError],
        seconds: float,
        attempts: int = ATTEMPTS,
    ) -> None:
        self._cancel = cancel
        self._late = late
        self._seconds = seconds
        self._attempts = attempts
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Return the seconds left.

        Raises:
            Cancelled: the job was cancelled.
            StillwaveError: none are left; what `late` says.
        """
        if self._cancel.is_set():
            raise Cancelled
        left = self._end - time.monotonic()
        if left <= 0:
            raise self._late(self._seconds)
        return left

    def pause(self, seconds: float) -> None:
        """Wait, but not past a cancel or the end; raises as :meth:`left` does."""
        self._cancel.wait(min(seconds, self.left()))
        self.left()

    def persist(self, attempt: Callable[[], T]) -> T:
        """Return what ``attempt`` does; after a `Hiccup`, try again with growing pauses.

        Raises:
            Cancelled: the job was cancelled.
            StillwaveError: it did not pass.
        """
        retrying = Retrying(
            retry=retry_if_exception_type(Hiccup),
            wait=_pause,
            stop=_TriedEnough(self._attempts) | stop_before_delay(self.left()),
            sleep=self.pause,
            reraise=True,
        )
        try:
            return retrying(attempt)
        except Hiccup as hiccup:
            raise hiccup.failure from hiccup


class _TriedEnough(stop_base):
    """After so many attempts, but for a server that says when to come back."""

    def __init__(self, attempts: int) -> None:
        self._attempts = attempts

    def __call__(self, retry_state: RetryCallState) -> bool:
        return retry_state.attempt_number >= self._attempts and _asked(retry_state) is None


def _asked(state: RetryCallState) -> float | None:
    """Seconds that the server asked to wait."""
    error = state.outcome.exception() if state.outcome else None
    return error.wait if isinstance(error, Hiccup) else None


def _pause(state: RetryCallState) -> float:
    asked = _asked(state)
    return BACK_OFF(state) if asked is None else max(asked, SHORTEST) + JITTER(state)
