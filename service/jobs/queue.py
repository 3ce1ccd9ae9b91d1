"""The durable queue: the only importer of the queue library (DBOS Transact).

Traps that this module keeps shut (each was seen): the library recovers a dead worker's jobs only
when told whose they are, so a sweep tells it; its default executor id is the same for everybody,
so each boot has its own; its default version is a hash of the code, so one constant is pinned; a
job without a partition on a partitioned queue never starts, so the tenant is always the partition;
no priority means the first of all, so one is always given.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

import sqlalchemy as sa
from dbos import DBOS, DBOSClient, DBOSConfig

from service.jobs.database import database_url
from service.jobs.nouns import QueueName
from service.logs import REQUEST, about_job
from service.settings import Settings
from service.tracing import job_span, traceparent

T = TypeVar("T")

Step = Callable[[str, Callable[[], T]], T]
"""Called as ``step(name, work)``: does ``work``, or returns what it returned when an earlier
execution of the same job did it to the end."""

APP = "stillwave"
VERSION = "1"
"""Rises when the order of steps changes in a way that half-done jobs could not follow."""

WORKFLOW = "stillwave.job"
POLLING_SECONDS: Mapping[QueueName, float] = {"cpu": 0.03, "gpu": 0.25}
"""Between two looks at a queue: each look costs the jobs that run, each wait those that do not."""

HIGHEST = 9
"""Our highest priority; the library's runs the other way and starts with 1."""

OVER = ("SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")


def migrate(settings: Settings) -> None:
    """Make the library's tables, or bring them up to date."""
    _quieten()
    DBOS.migrate(database_url(settings))


class Queue:
    """The side of those who submit: never executes anything."""

    def __init__(self, engine: sa.Engine) -> None:
        self._client = DBOSClient(
            system_database_engine=engine,
            application_name=APP,
            retry_connection_errors=False,
            lazy=True,
        )

    def put(
        self,
        connection: sa.Connection,
        render_id: str,
        *,
        queue: QueueName,
        tenant: str,
        priority: int,
    ) -> None:
        """Enqueue a job in the caller's transaction: both happen, or neither."""
        self._client.enqueue_in_transaction(
            connection,
            {
                "workflow_name": WORKFLOW,
                "queue_name": queue,
                "workflow_id": render_id,
                "app_version": VERSION,
                "priority": 1 + HIGHEST - priority,
                "queue_partition_key": tenant,
            },
            render_id,
            {"request_id": REQUEST.get(), "traceparent": traceparent()},
        )

    def drop(self, render_id: str) -> None:
        """Take a job that has not started out of the queue."""
        self._client.cancel_workflow(render_id)

    def forget(self, render_ids: Sequence[str]) -> None:
        """Remove what the library remembers of ended jobs."""
        self._client.delete_workflows(list(render_ids))

    def lost(self, render_ids: Sequence[str]) -> set[str]:
        """Return those jobs that the queue will not run (any more)."""
        if not render_ids:
            return set()
        found = self._client.list_workflows(
            workflow_ids=list(render_ids), load_input=False, load_output=False
        )
        return set(render_ids) - {one.workflow_id for one in found if one.status not in OVER}

    def close(self) -> None:
        """Give up the client; the engine stays its owner's."""
        self._client.destroy()


class Runner:
    """The side of a worker: takes jobs from its queues and runs them in threads."""

    def __init__(
        self,
        settings: Settings,
        quick: sa.Engine,
        worker_id: str,
        work: Callable[[str, Step[object]], None],
    ) -> None:
        """``quick`` is used on SQLite, where a step would wait for the disk several times."""
        _quieten()
        self._settings = settings
        config: DBOSConfig = {
            "name": APP,
            "system_database_url": database_url(settings),
            "system_database_engine": quick if quick.dialect.name == "sqlite" else None,
            "executor_id": worker_id,
            "application_version": VERSION,
            "log_level": "WARNING",
        }
        DBOS(config=config)

        @DBOS.workflow(name=WORKFLOW)
        def job(render_id: str, asked: Mapping[str, str | None]) -> None:
            with (
                about_job(render_id, asked["request_id"]),
                job_span(asked["traceparent"], render_id),
            ):
                work(render_id, lambda name, do: DBOS.run_step({"name": name}, do))

    def start(self) -> None:
        """Begin to take jobs."""
        DBOS.listen_queues(list(self._settings.worker_queues))
        DBOS.launch()
        for name in self._settings.worker_queues:
            DBOS.register_queue(
                name,
                worker_concurrency=1 if name == "gpu" else self._settings.worker_slots,
                partition_concurrency=self._settings.tenant_slots,
                polling_interval_sec=POLLING_SECONDS[name],
                on_conflict="always_update",
            )

    def holders(self) -> Mapping[str, str]:
        """Return each job that a worker holds → that worker's id, whether it is dead or alive."""
        held = DBOS.list_workflows(status="PENDING", load_input=False, load_output=False)
        return {one.workflow_id: one.executor_id for one in held if one.executor_id is not None}

    def recover(self, dead: Iterable[str]) -> int:
        """Put the jobs of dead workers back into their queues; return how many."""
        return len(DBOS._recover_pending_workflows(list(dead)))

    def stop(self, patience: float) -> None:
        """Take no more jobs, and wait a while for those that run."""
        DBOS.destroy(workflow_completion_timeout_sec=int(patience))
        logging.getLogger("dbos").setLevel(logging.CRITICAL)  # who still runs has been fenced off


def _quieten() -> None:
    """Leave the library's warnings, and errors that are not just a cancelled job."""
    logger = logging.getLogger("dbos")
    logger.setLevel(logging.WARNING)
