"""What a worker's process does now and then, beside its jobs."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy.exc import SQLAlchemyError

from pipelines.errors import StillwaveError

LOG = logging.getLogger("stillwave.worker")


@dataclass(frozen=True)
class Chore:
    """Something a worker does now and then; an error ends one round, never the chore."""

    every: float
    do: Callable[[], None]
    ending: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        """Begin, in a thread."""
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while not self.ending.wait(self.every):
            try:
                self.do()
            except (SQLAlchemyError, StillwaveError, OSError) as error:
                LOG.warning("%s: %s", self.do.__name__, error)
