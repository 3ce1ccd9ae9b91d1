"""How long we wait and how often we try: never past the time limit, never past a cancel."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_before_delay
from tenacity.stop import stop_base
from tenacity.wait import wait_exponential_jitter, wait_random

from pipelines.context import Context
from pipelines.errors import Cancelled
from pipelines.motion.remote.faults import Faults, Hiccup

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
    """The time that one video may take.

    Args:
        context: the job; a cancel ends every wait at once.
        faults: of the server.
        seconds: from now on.
    """

    def __init__(self, context: Context, faults: Faults, seconds: float) -> None:
        self._cancel = context.cancel
        self._faults = faults
        self._seconds = seconds
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Return the seconds left.

        Raises:
            Cancelled: the job was cancelled.
            RemoteFailed: none are left.
        """
        if self._cancel.is_set():
            raise Cancelled
        left = self._end - time.monotonic()
        if left <= 0:
            raise self._faults.failure(
                f"did not deliver within {self._seconds:g} s",
                "raise STILLWAVE_REMOTE_TIMEOUT_SECONDS, or ask for fewer frames or steps",
                actual=self._seconds,
            )
        return left

    def pause(self, seconds: float) -> None:
        """Wait, but not past a cancel or the end; raises as :meth:`left` does."""
        self._cancel.wait(min(seconds, self.left()))
        self.left()

    def persist(self, attempt: Callable[[], T]) -> T:
        """Return what ``attempt`` does; after a `Hiccup`, try again with growing pauses.

        Raises:
            Cancelled: the job was cancelled.
            RemoteFailed: it did not pass.
        """
        retrying = Retrying(
            retry=retry_if_exception_type(Hiccup),
            wait=_pause,
            stop=_TriedEnough() | stop_before_delay(self.left()),
            sleep=self.pause,
            reraise=True,
        )
        try:
            return retrying(attempt)
        except Hiccup as hiccup:
            raise hiccup.failure from hiccup


class _TriedEnough(stop_base):
    """After `ATTEMPTS`, but for a server that says when to come back."""

    def __call__(self, retry_state: RetryCallState) -> bool:
        return retry_state.attempt_number >= ATTEMPTS and _asked(retry_state) is None


def _asked(state: RetryCallState) -> float | None:
    """Seconds that the server asked to wait."""
    error = state.outcome.exception() if state.outcome else None
    return error.wait if isinstance(error, Hiccup) else None


def _pause(state: RetryCallState) -> float:
    asked = _asked(state)
    return BACK_OFF(state) if asked is None else max(asked, SHORTEST) + JITTER(state)
