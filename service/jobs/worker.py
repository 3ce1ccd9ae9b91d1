"""A worker: takes jobs from the queue, keeps its lease, sweeps up after the dead."""

from __future__ import annotations

import logging
import os
import platform
import time
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from service.chores import Chore
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
        self._idle: set[str] = set()
        self._signs = [Chore(BEAT_SECONDS, self._beat), Chore(WATCH_SECONDS, self._watch)]
        self._chores = [
            Chore(BEAT_SECONDS, self._bury),
            Chore(RECONCILE_SECONDS, self._reconcile),
            Chore(RETENTION_SECONDS, self._clean),
        ]

    def start(self) -> None:
        """Begin to work."""
        self._lease.sign_in(platform.platform())
        self._bench.crew.warm()
        self._runner.start()
        for chore in (*self._signs, *self._chores):
            chore.start()
        LOG.info("worker %s takes jobs from %s", self.id, ", ".join(self._settings.worker_queues))

    def stop(self) -> None:
        """Take no more jobs, let those that run come to an end, hand the others back."""
        patience = self._settings.drain_seconds if self._bench.running else 0
        for chore in self._chores:
            chore.end()  # they ask the queue, which is gone after the next line
        self._runner.stop(patience)
        self._bench.closing.set()
        for sign in self._signs:
            sign.end()
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
        dead = self._lease.dead(set(self._runner.holders().values()))
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
        """Put live jobs that nobody does, nor will do, back into the queue, from their start."""
        query = sa.select(RENDERS).where(
            RENDERS.c.state.in_(LIVE), RENDERS.c.created_at < time.time() - RECONCILE_SECONDS
        )
        with self._engine.connect() as connection:
            live = {row["id"]: row for row in connection.execute(query).mappings()}
        for render_id in self._queue.lost(list(live)) | self._dropped(set(live)):
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

    def _dropped(self, live: set[str]) -> set[str]:
        """Return jobs that this worker holds by the queue's account, and does not do.

        So it is when the database refused what the queue would write at the end of a step. A job
        may be on its way from the one to the other, and so must be seen twice.
        """
        held = {job for job, worker in self._runner.holders().items() if worker == self.id}
        idle = (held & live) - self._bench.running.keys()
        twice, self._idle = idle & self._idle, idle
        return twice

    def _clean(self) -> None:
        """Apply the retention."""
        gone = sweep(self._engine, self._storage, self._settings)
        if gone:
            self._queue.forget(gone)
