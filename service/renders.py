"""The use cases. Every door calls these, and nothing else of the jobs and the storage.

All calls are synchronous and safe from several threads; an asynchronous door calls them in a
thread. A tenant sees its own things only: an id of another tenant and an id that never was raise
the same :class:`service.errors.NotFound`. A database that is away is
:class:`service.errors.OutOfService`, in every call.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from pipelines.errors import StillwaveError, require_range
from pipelines.spec import RenderSpec, parse_spec
from pipelines.variants import vary
from service import events
from service.arrivals import Arrivals
from service.errors import Conflict, KeyReused, NotFound, OutOfService, TooMany
from service.jobs import records, states
from service.jobs.database import connect, in_service, prepare
from service.jobs.lease import Lease
from service.jobs.nouns import Delivered, Event, Kind, Page, Render, State
from service.jobs.queue import Queue, migrate
from service.jobs.recipe_files import SOURCE
from service.jobs.records import require_cursor
from service.jobs.request import Request, request_of
from service.jobs.writer import Writer
from service.settings import Settings
from service.storage.store import Storage, open_storage

__all__ = ["Delivered", "Event", "Page", "Render", "Renders", "Stored", "open_renders"]

T = TypeVar("T")

MAX_DRAFTS = 64
"""Of one exploration."""

LINK_SECONDS = 600
"""A signed address serves a file for so long."""

Spend = Callable[[sa.Connection], None]
"""Counts a job against somebody's quota, or refuses it."""


def _nothing(connection: sa.Connection) -> None:
    """Count nothing."""


@dataclass(frozen=True)
class Stored:
    """A file to hand out: by its path when it lies on this machine, else by a link or in pieces.

    Attributes:
        file: its name, size, sha256 (use it as a strong ETag) and media type.
        path: where it lies; None when the storage is elsewhere.
    """

    file: Delivered
    path: Path | None
    storage: Storage = field(repr=False)

    def link(self, disposition: str) -> str | None:
        """Return a signed address that serves it for some minutes; None where there is none."""
        kind = self.file.content_type
        return self.storage.link(self.file.sha256, LINK_SECONDS, kind, disposition)

    def read(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Yield the bytes from ``start`` up to, not including, ``end``, in pieces."""
        return self.storage.read(self.file.sha256, start, end)


class Renders:
    """Submit, follow, cancel, fetch.

    Args:
        engine: the database.
        storage: the blobs.
        jobs: the queue, as those who submit see it.
        settings: limits.
    """

    def __init__(
        self, engine: sa.Engine, storage: Storage, jobs: Queue, settings: Settings
    ) -> None:
        self._engine = engine
        self._writer = Writer(engine)
        self._storage = storage
        self._queue = jobs
        self._settings = settings
        self._watch = Lease(engine, "nobody", settings.lease_seconds)
        self._arrivals = Arrivals(settings.require_data_dir())

    def add_source(self, tenant: str, data: bytes | Iterable[bytes], role: str = SOURCE) -> str:
        """Keep a still and return its id: the same bytes have the same id.

        Args:
            role: what it is read as: ``source``, or one of `service.jobs.recipe_files.PLACES`.

        Raises:
            InvalidSource: not an image, or beyond the limits; raised as soon as it is known.
            InvalidMask, InvalidDepth: as little use, in that role.
            TooMany: the disk is nearly full.
            OutOfService: the store refuses.
        """
        self._require_space()
        pieces = [data] if isinstance(data, bytes) else data
        with self._arrivals.received(pieces, role) as arrival:
            if not self._brought_again(tenant, arrival.sha256, role):
                self._arrivals.prove(arrival, role)
                blob = self._storage.put_file(arrival.path, key=arrival.sha256)
                try:
                    self._change(
                        lambda c: records.keep_source(c, tenant, blob.key, role, blob.size)
                    )
                except IntegrityError:  # the same bytes arrived twice at the same moment
                    self._change(lambda c: records.use_source(c, tenant, blob.key, role))
        return arrival.sha256

    def submit(
        self,
        tenant: str,
        spec: RenderSpec,
        source_id: str,
        *,
        idempotency_key: str | None = None,
        priority: int = 0,
        metadata: Mapping[str, object] | None = None,
        spend: Spend = _nothing,
    ) -> Render:
        """Accept a render; once this returns, it is never lost.

        Args:
            spec: ``spec.source`` is not read: the door has turned it into ``source_id``.
            idempotency_key: the same key with the same request returns the render of the first
                time, in whatever state it is by now.
            priority: 0..9, higher goes first within a tenant.
            metadata: small JSON document that comes back with the render.
            spend: called in the transaction that accepts the job, and not for a known key; what
                it raises, e.g. TooMany, refuses the job.

        Raises:
            NotFound: no such source of this tenant, or no such file that the recipe names.
            KeyReused: the key came before with another request.
            InvalidRecipe: the recipe names files of this machine.
            InvalidMask, InvalidDepth, InvalidSource: a file does not fit the still.
            OutOfRange: priority.
            TooMany: the queue or the disk is full.
        """
        request = request_of("render", spec, source_id, priority, metadata)
        return self._accept(tenant, request, idempotency_key, spend)

    def explore(
        self,
        tenant: str,
        spec: RenderSpec,
        source_id: str,
        *,
        looks: Sequence[str],
        cameras: Sequence[str],
        seeds: Sequence[int] = (),
        idempotency_key: str | None = None,
        priority: int = 0,
        metadata: Mapping[str, object] | None = None,
        spend: Spend = _nothing,
    ) -> Render:
        """Accept a grid of drafts; its report lists ``drafts``, its artifacts hold their files.

        Args:
            seeds: none stands for the recipe's own.

        Raises:
            UnknownName: a look or a camera.
            OutOfRange: no draft, or more than :data:`MAX_DRAFTS`.
            StillwaveError: as :meth:`submit`.
        """
        chances = list(seeds) or [spec.seed]
        count = len(looks) * len(cameras) * len(chances)
        require_range("the number of drafts", count, 1, MAX_DRAFTS)
        vary(spec, looks, cameras, chances)
        options = {"looks": list(looks), "cameras": list(cameras), "seeds": chances}
        request = request_of("exploration", spec, source_id, priority, metadata)
        return self._accept(tenant, replace(request, options=options), idempotency_key, spend)

    def promote(
        self,
        tenant: str,
        exploration_id: str,
        draft_id: str,
        *,
        changes: Mapping[str, object] | None = None,
        idempotency_key: str | None = None,
        priority: int = 0,
        metadata: Mapping[str, object] | None = None,
        spend: Spend = _nothing,
    ) -> Render:
        """Submit the final of a draft; ``changes``, part of a recipe, win over the draft's.

        Raises:
            NotFound: no such exploration, or no such draft in it.
            Conflict: the exploration has not succeeded (yet).
            StillwaveError: as :meth:`submit`.
        """
        exploration = self.get(tenant, exploration_id)
        if exploration.kind != "exploration":
            raise NotFound("exploration", exploration_id)
        draft = _draft(exploration, draft_id)
        spec = parse_spec(draft["recipe"]).revised({"quality": "final", **(changes or {})})
        request = request_of("render", spec, exploration.source_id, priority, metadata)
        request = replace(request, promoted_from=(exploration_id, draft_id))
        return self._accept(tenant, request, idempotency_key, spend)

    def get(self, tenant: str, render_id: str) -> Render:
        """Return a render or an exploration.

        Raises:
            NotFound: unknown.
        """
        with self._reading() as connection:
            found = records.find(connection, tenant, render_id)
        if found is None:
            raise NotFound("render", render_id)
        return found

    def list(
        self,
        tenant: str,
        *,
        cursor: str | None = None,
        limit: int = 20,
        state: State | None = None,
        kind: Kind = "render",
    ) -> Page:
        """Return renders, newest first.

        Args:
            cursor: the page before's ``next_cursor``.
            limit: 1..100.

        Raises:
            OutOfRange: limit.
            InvalidRecipe: cursor.
        """
        require_range("limit", limit, 1, 100)
        require_cursor(cursor)
        with self._reading() as connection:
            return records.page(connection, tenant, kind, before=cursor, limit=limit, state=state)

    def cancel(self, tenant: str, render_id: str) -> Render:
        """Stop a job: a queued one never starts, a running one stops at its next step.

        The state is ``canceled`` when this returns. One that has ended stays as it is.

        Raises:
            NotFound: unknown.
        """
        waiting = self.get(tenant, render_id).state == "queued"
        ended = self._change(lambda c: states.cancel(c, render_id))
        if ended and waiting:
            self._queue.drop(render_id)
        return self.get(tenant, render_id)

    def delete(self, tenant: str, render_id: str) -> None:
        """Cancel a job when it is live, and forget it and its files.

        Raises:
            NotFound: unknown.
        """
        self.cancel(tenant, render_id)
        self._change(lambda c: records.forget(c, render_id))

    def artifact(self, tenant: str, render_id: str, name: str) -> Stored:
        """Return a file of a succeeded job.

        Raises:
            NotFound: unknown job, or no file of that name (yet).
            OutOfService: the storage lost it, or does not answer.
        """
        for file in self.get(tenant, render_id).artifacts:
            if file.name == name:
                return self._stored(file)
        raise NotFound("artifact", name)

    def events(self, tenant: str, render_id: str, after: int = 0) -> tuple[Event, ...]:
        """Return what happened to a job since event ``after``, oldest first, at most 1000.

        Raises:
            NotFound: unknown.
        """
        self.get(tenant, render_id)
        with self._reading() as connection:
            return events.of_render(connection, render_id, after)

    def tail(self, after: int) -> tuple[Event, ...]:
        """Return what happened to any tenant's jobs since event ``after``, oldest first.

        For one pump that feeds many listeners: at most 1000 at a time. ``tail(-1)`` returns only
        the newest event, to start from.
        """
        with self._reading() as connection:
            return events.of_all(connection, after)

    def ready(self) -> Mapping[str, str]:
        """Say what works: ``database storage disk workers`` → ``"ok"``, or why not."""
        checks: dict[str, Callable[[], object]] = {
            "database": self.depths,
            "storage": self._storage.check,
            "disk": self._require_space,
            "workers": self._require_worker,
        }
        return {name: _verdict(check) for name, check in checks.items()}

    def depths(self) -> Mapping[tuple[str, str], int]:
        """Count live jobs by (queue, state)."""
        with self._reading() as connection:
            return records.depths(connection)

    def workers(self) -> int:
        """Count the workers that are alive.

        The first look believes all of them; one that is dead is missed by later looks, at the
        earliest after a lease.
        """
        with in_service():
            return self._watch.living()

    def warm(self) -> None:
        """Start what takes a while to start, so that the first request finds it ready."""
        self._arrivals.warm()

    def close(self) -> None:
        """Give connections back."""
        self._writer.close()
        self._arrivals.close()
        self._queue.close()
        self._engine.dispose()

    def _accept(self, tenant: str, request: Request, key: str | None, spend: Spend) -> Render:
        """Write a job down and enqueue it, in one transaction."""
        if key is not None and (known := self._known(tenant, key, request)) is not None:
            return known
        self._require_space()
        self._prove_files(tenant, request)
        render_id = records.new_id()

        def accept(connection: sa.Connection) -> Render:
            self._require_room(connection, tenant)
            if not records.use_source(connection, tenant, request.source_id, SOURCE):
                raise NotFound("source", request.source_id)
            files = _require_sources(connection, tenant, request.files.values())
            render = states.accept(connection, request.row(render_id, tenant, key))
            spend(connection)
            records.hold_sources(connection, render_id, files)
            self._queue.put(
                connection,
                render_id,
                queue=request.queue,
                tenant=tenant,
                priority=request.priority,
            )
            return render

        try:
            return self._change(accept)
        except IntegrityError:
            if key is not None and (known := self._known(tenant, key, request)) is not None:
                return known  # the same key arrived twice at the same moment
            raise

    def _known(self, tenant: str, key: str, request: Request) -> Render | None:
        with self._reading() as connection:
            found = records.find_key(connection, tenant, key)
        if found is None:
            return None
        fingerprint, render = found
        if fingerprint != request.fingerprint:
            raise KeyReused(
                f"the idempotency key {key!r} came before with another request",
                actual=key,
                fix="use a new key for a new request",
            )
        return render

    def _brought_again(self, tenant: str, sha256: str, role: str) -> bool:
        """Renew a tenant's source; False when it is new, which is mostly seen without asking."""
        try:
            self._storage.path(sha256)
        except KeyError:
            return False
        return self._change(lambda c: records.use_source(c, tenant, sha256, role))

    def _prove_files(self, tenant: str, request: Request) -> None:
        """Have the files that a recipe names read with its still."""
        if not request.files:
            return
        ids = {SOURCE: request.source_id, **request.files}
        with self._reading() as connection:
            _require_sources(connection, tenant, ids.values())
        try:
            self._arrivals.prove_together(self._storage, ids)
        except KeyError as error:
            raise OutOfService("the storage has lost a file of the recipe", wait=60.0) from error

    def _require_room(self, connection: sa.Connection, tenant: str) -> None:
        everybody, own = records.count_live(connection, tenant)
        limits = self._settings.queue_limit, self._settings.tenant_queue_limit
        if everybody < limits[0] and own < limits[1]:
            return
        whose, limit = ("your", limits[1]) if own >= limits[1] else ("the", limits[0])
        raise TooMany(f"{whose} queue is full", allowed=f"{limit} jobs at a time", wait=10.0)

    def _require_space(self) -> None:
        free, least = self._storage.free(), self._settings.min_free_mb * 10**6
        if free is not None and free < least:
            raise TooMany(
                "the service's disk is nearly full",
                allowed=f"at least {self._settings.min_free_mb} MB of free space",
                wait=60.0,
            )

    def _require_worker(self) -> None:
        if not self.workers():
            raise OutOfService("no worker is there", fix="start one: stillwave worker")

    def _stored(self, file: Delivered) -> Stored:
        try:
            path = self._storage.path(file.sha256)
        except KeyError as error:
            raise OutOfService(f"the storage has lost {file.name}", wait=60.0) from error
        return Stored(file, path, self._storage)

    def _change(self, work: Callable[[sa.Connection], T]) -> T:
        with in_service():
            return self._writer.change(work)

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        with in_service(), self._engine.connect() as connection:
            yield connection


def _require_sources(
    connection: sa.Connection, tenant: str, ids: Collection[str]
) -> Mapping[str, int]:
    """Return files that a tenant sent, in whatever role: id → bytes.

    Raises:
        NotFound: the first that it did not.
    """
    known = records.sources(connection, tenant, ids) if ids else {}
    for source_id in ids:
        if source_id not in known:
            raise NotFound("source", source_id)
    return known


def _draft(exploration: Render, draft_id: str) -> Mapping[str, Any]:
    if exploration.report is None:
        raise Conflict(
            f"the exploration has no drafts: it is {exploration.state}",
            actual=exploration.state,
            allowed="succeeded",
            fix="wait until it has succeeded",
        )
    for draft in exploration.report["drafts"]:
        if draft["id"] == draft_id:
            return draft
    raise NotFound("draft", draft_id)


def _verdict(check: Callable[[], object]) -> str:
    try:
        check()
    except StillwaveError as error:
        return str(error)
    return "ok"


def open_renders(settings: Settings) -> Renders:
    """Open database, queue and storage as the settings say; makes what is not there yet.

    Raises:
        OutputRefused: the data folder cannot be written.
        OutOfService: the database or the storage does not answer.
    """
    engine = connect(settings)
    prepare(engine)
    migrate(settings)
    return Renders(engine, open_storage(settings), Queue(engine), settings)
