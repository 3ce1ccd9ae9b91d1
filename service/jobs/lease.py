"""Who is alive: every worker counts, and whose count stands still is dead.

A sweeper compares counts with its own monotonic clock, so no wall clock that jumps, here or in the
database, makes anybody look dead. A long time between two looks of its own (the database was away,
the machine slept) counts as two beats at most, so that everybody has time to count again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

import sqlalchemy as sa

from service.jobs.tables import WORKERS

BEAT_SECONDS = 1.0


class Lease:
    """One worker's sign of life, and its eyes on the others'."""

    def __init__(
        self,
        engine: sa.Engine,
        worker_id: str,
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = engine
        self._id = worker_id
        self._seconds = seconds
        self._clock = clock
        self._seen: dict[str, tuple[int, float]] = {}  # beat, seconds without another
        self._looked = clock()

    def sign_in(self, about: str) -> None:
        """Appear; before any job is taken."""
        with self._engine.begin() as connection:
            row = {"id": self._id, "beat": 0, "about": about}
            connection.execute(sa.insert(WORKERS).values(**row))

    def beat(self) -> None:
        """Say that this worker lives."""
        mine = WORKERS.c.id == self._id
        with self._engine.begin() as connection:
            counted = sa.update(WORKERS).where(mine).values(beat=WORKERS.c.beat + 1)
            if connection.execute(counted).rowcount == 0:  # taken for dead, and swept
                row = {"id": self._id, "beat": 1, "about": "back"}
                connection.execute(sa.insert(WORKERS).values(**row))

    def sign_out(self) -> None:
        """Go: whatever this worker still holds is free at once."""
        self.bury([self._id])

    def dead(self, holders: Iterable[str]) -> set[str]:
        """Return which holders of jobs are dead: signed out, or silent for a whole lease."""
        names, silent = self._look()
        return (silent | (set(holders) - names)) - {self._id}

    def living(self) -> int:
        """Count the workers that signed in and are not dead."""
        names, silent = self._look()
        return len(names - silent)

    def bury(self, dead: Iterable[str]) -> None:
        """Forget the dead; one that was not dead signs in again with its next beat."""
        with self._engine.begin() as connection:
            connection.execute(sa.delete(WORKERS).where(WORKERS.c.id.in_(list(dead))))

    def _look(self) -> tuple[set[str], set[str]]:
        """Return who is signed in, and who of them was silent for a whole lease."""
        with self._engine.connect() as connection:
            query = sa.select(WORKERS.c.id, WORKERS.c.beat)
            beats = {name: int(beat) for name, beat in connection.execute(query)}
        now = self._clock()
        passed = min(now - self._looked, 2 * BEAT_SECONDS)
        self._looked = now
        self._seen = {name: self._silence(name, beat, passed) for name, beat in beats.items()}
        silent = {name for name, (_, silence) in self._seen.items() if silence > self._seconds}
        return set(beats), silent

    def _silence(self, name: str, beat: int, passed: float) -> tuple[int, float]:
        before, silence = self._seen.get(name, (-1, 0.0))
        return (beat, 0.0) if beat != before else (beat, silence + passed)
