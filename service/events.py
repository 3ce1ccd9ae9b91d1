"""Reading the append-only log of what happened to jobs. Lines are written in `service.jobs.states`.

Ids rise within one job, in the order in which its changes were committed. Between jobs two lines
written at the same moment may become visible out of order.
"""

from __future__ import annotations

import sqlalchemy as sa

from service.jobs.nouns import Event
from service.jobs.records import moment
from service.jobs.tables import EVENTS, OUTBOX

MOST = 1000
"""Lines read at once."""


def of_render(connection: sa.Connection, render_id: str, after: int) -> tuple[Event, ...]:
    """Return a job's events with ids above ``after``, oldest first."""
    return _read(connection, (EVENTS.c.render_id == render_id) & (EVENTS.c.id > after))


def of_all(connection: sa.Connection, after: int) -> tuple[Event, ...]:
    """Return everybody's events with ids above ``after``; -1 returns the newest alone."""
    if after < 0:
        newest = sa.select(sa.func.max(EVENTS.c.id)).scalar_subquery()
        return _read(connection, EVENTS.c.id == newest)
    return _read(connection, EVENTS.c.id > after)


def take(connection: sa.Connection, most: int) -> tuple[Event, ...]:
    """Take states that were entered out of the outbox, in the caller's transaction.

    Each is taken once: what a transaction took that is rolled back, others take. Unlike reading on
    from the last id, this misses nothing that becomes visible late.
    """
    oldest = sa.select(OUTBOX.c.event_id).order_by(OUTBOX.c.event_id).limit(most)
    waiting = list(connection.scalars(oldest.with_for_update(skip_locked=True)))
    if not waiting:
        return ()
    out = sa.delete(OUTBOX).where(OUTBOX.c.event_id.in_(waiting)).returning(OUTBOX.c.event_id)
    return _read(connection, EVENTS.c.id.in_(list(connection.scalars(out))))


def _read(connection: sa.Connection, which: sa.ColumnElement[bool]) -> tuple[Event, ...]:
    query = sa.select(EVENTS).where(which).order_by(EVENTS.c.id).limit(MOST)
    return tuple(
        Event(row.id, row.render_id, row.tenant, row.kind, moment(row.at), row.data)
        for row in connection.execute(query)
    )
