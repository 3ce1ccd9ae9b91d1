"""What a worker's process does now and then, beside its jobs."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from sqlalchemy.exc import SQLAlchemyError

from pipelines.errors import StillwaveError

LOG = logging.getLogger("stillwave.worker")

ROUND_SECONDS = 2.0
"""Of a chore, at most, when the worker stops."""


class Chore:
    """Something a worker does now and then; an error ends one round, never the chore."""

    def __init__(self, every: float, do: Callable[[], None]) -> None:
        self._every = every
        self._do = do
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Begin, in a thread."""
        self._thread.start()

    def end(self) -> None:
        """Begin no other round, and wait a while for the one that is under way."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join(ROUND_SECONDS)

    def _run(self) -> None:
        while not self._ending.wait(self._every):
            try:
                self._do()
            except (SQLAlchemyError, StillwaveError, OSError) as error:
                LOG.warning("%s: %s", self._do.__name__, error)
            except Exception:  # nobody looks at this thread's end
                LOG.exception("%s broke", self._do.__name__)
