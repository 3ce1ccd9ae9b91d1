"""A worker: takes jobs from the queue, keeps its lease, sweeps up after the dead."""

from __future__ import annotations

import logging
import os
import platform
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from pipelines.errors import StillwaveError
from service.jobs import states
from service.jobs.crew import Crew
from service.jobs.database import connect, patiently, prepare
from service.jobs.execution import Bench
from service.jobs.lease import BEAT_SECONDS, Lease
from service.jobs.nouns import LIVE
from service.jobs.queue import Queue, Runner, migrate
from service.jobs.retention import sweep
from service.jobs.tables import RENDERS
from service.settings import Settings
from service.storage.store import open_storage

LOG = logging.getLogger("stillwave.worker")

WATCH_SECONDS = 0.2
RECONCILE_SECONDS = 10.0
RETENTION_SECONDS = 600.0


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


class Worker:
    """One worker; its id is new with every boot."""

    def __init__(self, settings: Settings) -> None:
        self.id = f"{platform.node()[:20]}-{os.getpid()}-{uuid4().hex[:12]}"
        self._settings = settings
        self._engine = connect(settings)
        quick = connect(settings, durable=False)
        patiently(lambda: prepare(self._engine))
        patiently(lambda: migrate(settings))
        self._storage = open_storage(settings)
        self._bench = Bench(self._engine, quick, self._storage, settings, Crew(settings))
        self._lease = Lease(quick, self.id, settings.lease_seconds)
        self._queue = Queue(self._engine)
        self._runner = Runner(settings, quick, self.id, self._bench.work)
        self._chores = [
            Chore(BEAT_SECONDS, self._beat),
            Chore(BEAT_SECONDS, self._bury),
            Chore(WATCH_SECONDS, self._watch),
            Chore(RECONCILE_SECONDS, self._reconcile),
            Chore(RETENTION_SECONDS, self._clean),
        ]

    def start(self) -> None:
        """Begin to work."""
        self._lease.sign_in(platform.platform())
        self._bench.crew.warm()
        self._runner.start()
        for chore in self._chores:
            chore.start()
        LOG.info("worker %s takes jobs from %s", self.id, ", ".join(self._settings.worker_queues))

    def stop(self) -> None:
        """Take no more jobs, let those that run come to an end, hand the others back."""
        patience = self._settings.drain_seconds if self._bench.running else 0
        self._runner.stop(patience)
        for chore in self._chores:
            chore.ending.set()
        self._bench.crew.end()
        try:
            self._lease.sign_out()
        except SQLAlchemyError as error:
            LOG.warning("the worker could not sign out: %s", error)

    def _beat(self) -> None:
        """Say that this worker lives; a chore of its own, so that nothing holds it up."""
        self._lease.beat()

    def _bury(self) -> None:
        """Give the jobs of the dead to the living."""
        dead = self._lease.dead(self._runner.holders())
        if dead:
            count = self._runner.recover(dead)
            self._lease.bury(dead)
            LOG.warning("workers %s are dead: %d jobs go on elsewhere", sorted(dead), count)

    def _watch(self) -> None:
        """Stop what was cancelled, or was taken over while this worker slept."""
        running = dict(self._bench.running)
        if not running:
            return
        query = sa.select(RENDERS.c.id, RENDERS.c.state, RENDERS.c.attempts)
        with self._engine.connect() as connection:
            rows = connection.execute(query.where(RENDERS.c.id.in_(running)))
            found = {row.id: (row.state, row.attempts) for row in rows}
        for render_id, execution in running.items():
            state, attempts = found.get(render_id, ("gone", 0))
            if state not in LIVE or execution.attempt not in (None, attempts):
                execution.stop.set()

    def _reconcile(self) -> None:
        """Put live jobs that the queue does not hold any more back into it, from their start."""
        query = sa.select(RENDERS).where(
            RENDERS.c.state.in_(LIVE), RENDERS.c.created_at < time.time() - RECONCILE_SECONDS
        )
        with self._engine.connect() as connection:
            live = {row["id"]: row for row in connection.execute(query).mappings()}
        for render_id in self._queue.lost(list(live)):
            row = live[render_id]
            with self._engine.begin() as connection:
                ours = states.requeue(connection, render_id, row["attempts"])
            if ours:
                LOG.error("render %s was lost by the queue and starts afresh", render_id)
                self._queue.forget([render_id])
                with self._engine.begin() as connection:
                    self._queue.put(
                        connection,
                        render_id,
                        queue=row["queue"],
                        tenant=row["tenant"],
                        priority=row["priority"],
                    )

    def _clean(self) -> None:
        """Apply the retention."""
        gone = sweep(self._engine, self._storage, self._settings)
        if gone:
            self._queue.forget(gone)
