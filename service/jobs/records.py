"""What is remembered of jobs and sources: rows → nouns. Reads only, but for sources."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from pipelines.errors import InvalidInput
from service.jobs.nouns import LIVE, Delivered, Page, Progress, Render, State
from service.jobs.tables import RENDERS, SOURCES, USES

_ONE = sa.select(RENDERS).where(RENDERS.c.id == sa.bindparam("which"))
_COUNTS = sa.select(
    sa.func.count(),
    sa.func.sum(sa.case((RENDERS.c.tenant == sa.bindparam("whose"), 1), else_=0)),
).where(RENDERS.c.state.in_(LIVE))
_RENEWAL = (
    sa.update(SOURCES)
    .where(
        SOURCES.c.tenant == sa.bindparam("whose"),
        SOURCES.c.sha256 == sa.bindparam("which"),
        SOURCES.c.role == sa.bindparam("what"),
    )
    .values(used_at=sa.bindparam("used_at"))
)
"""What every submission asks: built once, since building takes longer than asking."""


def new_id() -> str:
    """Return an id that nobody guesses and that sorts by time: 32 hex digits."""
    return f"{time.time_ns() // 1_000_000:012x}{secrets.token_hex(10)}"


def require_cursor(cursor: str | None) -> None:
    """Refuse what is no place in a list that goes by id.

    Raises:
        InvalidInput: it is none.
    """
    if cursor is None or (len(cursor) == 32 and set(cursor) <= set("0123456789abcdef")):
        return
    raise InvalidInput(
        f"the cursor {cursor[:60]!r} is none of ours",
        actual=cursor,
        fix="use next_cursor of the page before, or leave it out",
    )


def find(connection: sa.Connection, tenant: str, render_id: str) -> Render | None:
    """Return a tenant's job; None when there is none."""
    mine = (RENDERS.c.id == render_id) & (RENDERS.c.tenant == tenant)
    row = connection.execute(sa.select(RENDERS).where(mine)).mappings().first()
    return None if row is None else render_of(row)


def load(connection: sa.Connection, render_id: str) -> Render | None:
    """Return any tenant's job, for a worker."""
    row = connection.execute(_ONE, {"which": render_id}).mappings().first()
    return None if row is None else render_of(row)


def find_key(connection: sa.Connection, tenant: str, key: str) -> tuple[str, Render] | None:
    """Return the job of an idempotency key and the fingerprint of its request."""
    mine = (RENDERS.c.tenant == tenant) & (RENDERS.c.idempotency_key == key)
    row = connection.execute(sa.select(RENDERS).where(mine)).mappings().first()
    return None if row is None else (str(row["fingerprint"]), render_of(row))


def page(
    connection: sa.Connection,
    tenant: str,
    kind: str,
    *,
    before: str | None,
    limit: int,
    state: State | None,
) -> Page:
    """Return a tenant's jobs, newest first, from below the id ``before``."""
    query = sa.select(RENDERS).where(RENDERS.c.tenant == tenant, RENDERS.c.kind == kind)
    if before is not None:
        query = query.where(RENDERS.c.id < before)
    if state is not None:
        query = query.where(RENDERS.c.state == state)
    query = query.order_by(RENDERS.c.id.desc()).limit(limit + 1)
    found = [render_of(row) for row in connection.execute(query).mappings()]
    more = len(found) > limit
    return Page(tuple(found[:limit]), found[limit - 1].id if more else None)


def count_live(connection: sa.Connection, tenant: str) -> tuple[int, int]:
    """Return how many jobs wait or run: of everybody, and of one tenant."""
    everybody, own = connection.execute(_COUNTS, {"whose": tenant}).one()
    return int(everybody), int(own or 0)


def depths(connection: sa.Connection) -> dict[tuple[str, str], int]:
    """Count live jobs by (queue, state)."""
    query = sa.select(RENDERS.c.queue, RENDERS.c.state, sa.func.count())
    query = query.where(RENDERS.c.state.in_(LIVE)).group_by(RENDERS.c.queue, RENDERS.c.state)
    return {(queue, state): count for queue, state, count in connection.execute(query)}


def forget(connection: sa.Connection, render_id: str) -> None:
    """Remove an ended job; its blobs go with the next sweep unless others use them."""
    connection.execute(sa.delete(USES).where(USES.c.render_id == render_id))
    connection.execute(sa.delete(RENDERS).where(RENDERS.c.id == render_id))


def keep_source(connection: sa.Connection, tenant: str, sha256: str, role: str, size: int) -> None:
    """Remember a tenant's source, and the role that it was proven in.

    Raises:
        IntegrityError: it is remembered.
    """
    row = {"tenant": tenant, "sha256": sha256, "role": role, "size": size}
    connection.execute(sa.insert(SOURCES), row | {"used_at": time.time()})


def use_source(connection: sa.Connection, tenant: str, sha256: str, role: str) -> bool:
    """Renew a source's age; False when the tenant has none of that id in that role."""
    told = {"whose": tenant, "which": sha256, "what": role, "used_at": time.time()}
    return connection.execute(_RENEWAL, told).rowcount > 0


def sources(connection: sa.Connection, tenant: str, sha256s: Iterable[str]) -> dict[str, int]:
    """Return which of some sources a tenant has, in whatever role: id → bytes."""
    query = sa.select(SOURCES.c.sha256, SOURCES.c.size)
    query = query.where(SOURCES.c.tenant == tenant, SOURCES.c.sha256.in_(list(sha256s)))
    return {sha256: int(size) for sha256, size in connection.execute(query)}


def hold_sources(connection: sa.Connection, render_id: str, sources: Mapping[str, int]) -> None:
    """Keep sources, id → bytes, for as long as a job is remembered."""
    uses = [
        {"render_id": render_id, "blob": blob, "role": "input", "size": size}
        for blob, size in sources.items()
    ]
    if uses:
        connection.execute(sa.insert(USES), uses)


def render_of(row: Mapping[str, Any] | sa.RowMapping) -> Render:
    """Turn a row of the table into the noun."""
    progress, promoted = row["progress"], row["promoted_from"]
    return Render(
        id=row["id"],
        tenant=row["tenant"],
        kind=row["kind"],
        state=row["state"],
        created_at=moment(row["created_at"]),
        started_at=None if row["started_at"] is None else moment(row["started_at"]),
        finished_at=None if row["finished_at"] is None else moment(row["finished_at"]),
        progress=Progress(**progress) if progress else None,
        recipe=row["recipe"],
        options=row["options"],
        metadata=row["metadata"],
        source_id=row["source_id"],
        queue=row["queue"],
        priority=row["priority"],
        attempts=row["attempts"],
        report=row["report"],
        artifacts=tuple(Delivered(**file) for file in row["artifacts"]),
        error=row["error"],
        promoted_from=tuple(promoted) if promoted else None,
    )


def moment(seconds: float) -> datetime:
    """Return seconds since 1970 as an aware time."""
    return datetime.fromtimestamp(seconds, UTC)
