"""The only place where a job's state changes; each change appends its event.

::

    queued ◄─► running ──► succeeded
       │        │  ▲ │
       │        │  └─┘ another attempt
       ▼        ▼
    canceled  canceled, failed

Every change is one guarded UPDATE: it does nothing, and says so, when the job has moved on. What a
worker writes is guarded by the number of its attempt too, so that a worker that was taken for dead
and wakes up cannot touch what another attempt does.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, get_args

import sqlalchemy as sa

from service.jobs.nouns import LIVE, Delivered, Progress, Render, State
from service.jobs.records import render_of
from service.jobs.tables import EVENTS, OUTBOX, RENDERS, USES

MAX_CRASHES = 3
"""A job whose process dies so often is given up."""

MAX_ATTEMPTS = 12
"""A job is begun at most so often, whoever died: its process, its worker, its machine."""


NEW: Mapping[str, Any] = {"state": "queued", "attempts": 0, "crashes": 0, "artifacts": ()}
"""What is the same in the row of every new job."""


def accept(connection: sa.Connection, row: Mapping[str, Any]) -> Render:
    """Put a new job into the table, queued, and return it."""
    connection.execute(sa.insert(RENDERS), {**row, **NEW})
    _log(connection, row["id"], row["tenant"], "queued", {})
    return render_of({**dict.fromkeys(RENDERS.c.keys()), **row, **NEW})


def begin(connection: sa.Connection, render_id: str) -> int | None:
    """Open another attempt and return its number; None when the job has ended, or now does."""
    opened = _change(
        connection,
        render_id,
        "running",
        {
            "state": "running",
            "attempts": RENDERS.c.attempts + 1,
            "started_at": sa.func.coalesce(RENDERS.c.started_at, time.time()),
            "progress": None,
        },
        RENDERS.c.state.in_(LIVE),
        RENDERS.c.attempts < MAX_ATTEMPTS,
    )
    if opened:
        number = sa.select(RENDERS.c.attempts).where(RENDERS.c.id == render_id)
        return int(connection.execute(number).scalar_one())
    give_up(connection, render_id, f"it was begun {MAX_ATTEMPTS} times and never came to its end")
    return None


def requeue(connection: sa.Connection, render_id: str, attempts: int) -> bool:
    """Let a live job start afresh; False when another did so, or it went on by itself.

    Args:
        attempts: how many there were when the job was seen to be nobody's.
    """
    values = {"state": "queued", "attempts": attempts + 1, "progress": None}
    same = RENDERS.c.attempts == attempts
    return _change(connection, render_id, "queued", values, RENDERS.c.state.in_(LIVE), same)


def advance(connection: sa.Connection, render_id: str, attempt: int, progress: Progress) -> bool:
    """Remember how far an attempt is; False when it is not the job's attempt any more."""
    data = asdict(progress)
    return _change(connection, render_id, "progress", {"progress": data}, *_own(attempt), data=data)


def crash(connection: sa.Connection, render_id: str, attempt: int, reason: str) -> bool:
    """Note that an attempt broke; True when the job may be tried again."""
    crashes = sa.select(RENDERS.c.crashes).where(RENDERS.c.id == render_id)
    count = int(connection.execute(crashes).scalar_one()) + 1
    if count >= MAX_CRASHES:
        fail(connection, render_id, attempt, given_up(f"it broke {count} times; {reason}"))
        return False
    values = {"crashes": count, "progress": None}
    return _change(
        connection, render_id, "retrying", values, *_own(attempt), data={"reason": reason}
    )


def succeed(
    connection: sa.Connection,
    render_id: str,
    attempt: int,
    report: Mapping[str, Any],
    artifacts: Sequence[Delivered],
) -> bool:
    """Publish a job's result, whole; False when the attempt is not the job's any more."""
    files = [asdict(file) for file in artifacts]
    values = {"state": "succeeded", "finished_at": time.time(), "report": report}
    done = _change(
        connection, render_id, "succeeded", values | {"artifacts": files}, *_own(attempt)
    )
    if done:
        _release(connection, render_id)
        blobs = {file.sha256: file.size for file in artifacts}
        uses = [
            {"render_id": render_id, "blob": blob, "role": "artifact", "size": size}
            for blob, size in blobs.items()
        ]
        connection.execute(sa.insert(USES), uses)
    return done


def fail(connection: sa.Connection, render_id: str, attempt: int, error: Mapping[str, Any]) -> bool:
    """End an attempt's job with what was wrong."""
    return _end(connection, render_id, "failed", {"error": error}, *_own(attempt))


def give_up(connection: sa.Connection, render_id: str, reason: str) -> bool:
    """End a live job that no attempt can bring to its end."""
    error = given_up(reason)
    return _end(connection, render_id, "failed", {"error": error}, RENDERS.c.state.in_(LIVE))


def given_up(reason: str) -> dict[str, Any]:
    """Return the error of a job that could not be brought to its end."""
    title = "the job was given up"
    return {"type": "JobFailed", "title": title, "detail": f"{title}: {reason.rstrip('.')}."}


def cancel(connection: sa.Connection, render_id: str) -> bool:
    """Cancel a live job; whoever works on it finds out and stops."""
    return _end(connection, render_id, "canceled", {}, RENDERS.c.state.in_(LIVE))


def keep(connection: sa.Connection, render_id: str, attempt: int, blobs: Mapping[str, int]) -> bool:
    """Hold blobs (key → bytes) that a live job's later stages, or later attempts, need."""
    live = sa.select(RENDERS.c.id).where(RENDERS.c.id == render_id, *_own(attempt))
    if connection.execute(live.with_for_update()).first() is None:
        return False
    held = set(connection.scalars(sa.select(USES.c.blob).where(USES.c.render_id == render_id)))
    fresh = [
        {"render_id": render_id, "blob": blob, "role": "kept", "size": size}
        for blob, size in blobs.items()
        if blob not in held
    ]
    if fresh:
        connection.execute(sa.insert(USES), fresh)
    return True


def _own(attempt: int) -> tuple[sa.ColumnElement[bool], ...]:
    return RENDERS.c.state == "running", RENDERS.c.attempts == attempt


def _end(
    connection: sa.Connection,
    render_id: str,
    state: str,
    values: Mapping[str, Any],
    *conditions: sa.ColumnElement[bool],
) -> bool:
    ended = {"state": state, "finished_at": time.time(), **values}
    data = {key: ended[key] for key in ("error",) if key in ended}
    done = _change(connection, render_id, state, ended, *conditions, data=data)
    if done:
        _release(connection, render_id)
    return done


def _release(connection: sa.Connection, render_id: str) -> None:
    kept = (USES.c.render_id == render_id) & (USES.c.role == "kept")
    connection.execute(sa.delete(USES).where(kept))


def _change(
    connection: sa.Connection,
    render_id: str,
    event: str,
    values: Mapping[str, Any],
    *conditions: sa.ColumnElement[bool],
    data: Mapping[str, Any] | None = None,
) -> bool:
    change = sa.update(RENDERS).where(RENDERS.c.id == render_id, *conditions).values(**values)
    if connection.execute(change).rowcount == 0:
        return False
    tenant = connection.scalar(sa.select(RENDERS.c.tenant).where(RENDERS.c.id == render_id))
    _log(connection, render_id, str(tenant), event, data or {})
    return True


def _log(
    connection: sa.Connection, render_id: str, tenant: str, kind: str, data: Mapping[str, Any]
) -> None:
    """Append to the log; a state that was entered goes into the outbox too."""
    line = {"render_id": render_id, "tenant": tenant, "kind": kind, "at": time.time()}
    append = sa.insert(EVENTS).returning(EVENTS.c.id)
    event_id = connection.execute(append, {**line, "data": data}).scalar_one()
    if kind in get_args(State):
        connection.execute(sa.insert(OUTBOX), {"event_id": event_id})
