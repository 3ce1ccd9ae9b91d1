"""What is kept, and for how long. Whatever a live job needs stays, however old or large."""

from __future__ import annotations

import time
from collections.abc import Iterator

import sqlalchemy as sa

from service.jobs import records
from service.jobs.nouns import ENDED, LIVE
from service.jobs.tables import EVENTS, RENDERS, SOURCES, USES
from service.settings import Settings
from service.storage.store import Storage

GRACE_SECONDS = 3600.0
"""A blob younger than this may belong to a stage that has not yet said so."""

AT_ONCE = 200
"""Jobs removed in one transaction."""


def sweep(
    engine: sa.Engine, storage: Storage, settings: Settings, grace: float = GRACE_SECONDS
) -> list[str]:
    """Forget old jobs, sources and events, then every blob that nothing uses.

    Returns:
        The ids of the jobs that were forgotten.
    """
    oldest = time.time() - settings.retention_days * 86_400
    gone = list(_expire(engine, RENDERS.c.finished_at < oldest))
    _expire_sources(engine, oldest)
    _expire_events(engine, oldest)
    if settings.retention_gb is not None:
        gone += _shrink(engine, int(settings.retention_gb * 1e9))
    _collect(engine, storage, grace)
    return gone


def _expire(engine: sa.Engine, which: sa.ColumnElement[bool]) -> Iterator[str]:
    query = sa.select(RENDERS.c.id).where(RENDERS.c.state.in_(ENDED), which).limit(AT_ONCE)
    while True:
        with engine.begin() as connection:
            ids = list(connection.scalars(query))
            for render_id in ids:
                records.forget(connection, render_id)
            connection.execute(sa.delete(EVENTS).where(EVENTS.c.render_id.in_(ids)))
        yield from ids
        if len(ids) < AT_ONCE:
            return


def _expire_sources(engine: sa.Engine, oldest: float) -> None:
    """Forget sources that nobody used for long; those of any remembered job stay."""
    used = sa.select(USES.c.render_id).where(USES.c.blob == SOURCES.c.sha256)
    wanted = (
        sa.select(RENDERS.c.id)
        .where(
            RENDERS.c.tenant == SOURCES.c.tenant,
            (RENDERS.c.source_id == SOURCES.c.sha256) | RENDERS.c.id.in_(used),
        )
        .exists()
    )
    with engine.begin() as connection:
        connection.execute(sa.delete(SOURCES).where(SOURCES.c.used_at < oldest, ~wanted))


def _expire_events(engine: sa.Engine, oldest: float) -> None:
    """Forget what happened to jobs that somebody deleted, when those who listen had their time."""
    remembered = sa.select(RENDERS.c.id).where(RENDERS.c.id == EVENTS.c.render_id).exists()
    with engine.begin() as connection:
        connection.execute(sa.delete(EVENTS).where(EVENTS.c.at < oldest, ~remembered))


def _shrink(engine: sa.Engine, limit: int) -> list[str]:
    """Forget the oldest ended jobs until the files of the others fit."""
    excess = _used(engine) - limit
    if excess <= 0:
        return []
    size = sa.func.coalesce(sa.func.sum(USES.c.size), 0)
    query = (
        sa.select(RENDERS.c.id, size)
        .join(USES, USES.c.render_id == RENDERS.c.id)
        .where(RENDERS.c.state.in_(ENDED))
        .group_by(RENDERS.c.id, RENDERS.c.finished_at)
        .order_by(RENDERS.c.finished_at)
    )
    doomed: list[str] = []
    with engine.connect() as connection:
        for render_id, size_of_one in connection.execute(query):
            if excess <= 0:
                break
            doomed.append(render_id)
            excess -= int(size_of_one)
    return [gone for one in doomed for gone in _expire(engine, RENDERS.c.id == one)]


def _used(engine: sa.Engine) -> int:
    """Bytes of all blobs that jobs use, each counted once."""
    each = sa.select(USES.c.blob, sa.func.max(USES.c.size).label("size")).group_by(USES.c.blob)
    with engine.connect() as connection:
        total = connection.scalar(sa.select(sa.func.sum(each.subquery().c.size)))
    return int(total or 0)


def _collect(engine: sa.Engine, storage: Storage, grace: float) -> None:
    """Delete blobs that nothing uses and that nobody put lately."""
    old = [kept.key for kept in storage.listing() if kept.age > grace]
    for start in range(0, len(old), AT_ONCE):
        some = old[start : start + AT_ONCE]
        with engine.connect() as connection:
            used = set(connection.scalars(sa.select(USES.c.blob).where(USES.c.blob.in_(some))))
            used |= set(
                connection.scalars(sa.select(SOURCES.c.sha256).where(SOURCES.c.sha256.in_(some)))
            )
            live = RENDERS.c.source_id.in_(some) & RENDERS.c.state.in_(LIVE)
            used |= set(connection.scalars(sa.select(RENDERS.c.source_id).where(live)))
        for key in some:
            if key not in used:
                storage.delete(key)
