"""The only place where a delivery's state changes.

::

    pending ──► delivered
     ▲  │ ▲         │
     │  └─┼──► dead │
     │    └──────┴──┘ replayed
     └─ tried again later

Whoever sends holds a claim, which lapses. What it then writes is guarded by the claim's token, so a
sender that was overtaken, or whose delivery was replayed meanwhile, changes nothing.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from service.jobs.tables import DELIVERIES, WEBHOOKS
from service.webhooks.nouns import Claim, DeliveryState, Try

EACH = 4
"""Messages on their way to one webhook at a time, for each worker: a slow one holds up its own."""

TRIES_KEPT = 20


@dataclass(frozen=True)
class Verdict:
    """What follows from an attempt.

    Attributes:
        state: of the delivery.
        wait: seconds until a pending one is due again.
        gone: whether the receiver wants nothing any more.
    """

    state: DeliveryState
    wait: float = 0.0
    gone: bool = False


def claim(
    connection: sa.Connection, lease: float, busy: Mapping[str, int], most: int
) -> list[Claim]:
    """Take deliveries that are due, for ``lease`` seconds; nobody else gets them meanwhile.

    Args:
        busy: messages that are on their way already, by webhook.
        most: deliveries to take.
    """
    now, token = time.time(), uuid4().hex
    due = (DELIVERIES.c.state == "pending", DELIVERIES.c.due_at <= now)
    wanted = _choose(connection, due, busy, most)
    if not wanted:
        return []
    free = sa.select(DELIVERIES.c.id).where(DELIVERIES.c.id.in_(wanted), *due)
    taken = list(connection.scalars(free.with_for_update(skip_locked=True)))
    change = sa.update(DELIVERIES).where(DELIVERIES.c.id.in_(taken), *due)
    mark = {"due_at": now + lease, "claim": token, "attempts": DELIVERIES.c.attempts + 1}
    connection.execute(change.values(mark))
    keys = (WEBHOOKS.c.url, WEBHOOKS.c.secret, WEBHOOKS.c.old_secret, WEBHOOKS.c.old_secret_until)
    ours = sa.select(DELIVERIES, *keys).join(WEBHOOKS)
    ours = ours.where(DELIVERIES.c.id.in_(taken), DELIVERIES.c.claim == token)
    return [_claim(row, now) for row in connection.execute(ours)]


def settle(connection: sa.Connection, held: Claim, tried: Try, verdict: Verdict) -> bool:
    """Write down what came of a claim; False when it was not ours any more."""
    mine = (DELIVERIES.c.id == held.id) & (DELIVERIES.c.claim == held.token)
    query = sa.select(DELIVERIES.c.tries).where(mine, DELIVERIES.c.state == "pending")
    before = connection.scalar(query.with_for_update())
    if before is None:
        return False
    line = {"at": tried.at.timestamp(), "status": tried.status, "detail": tried.detail}
    tries = [*before, line | {"seconds": round(tried.seconds, 3)}][-TRIES_KEPT:]
    values = {"state": verdict.state, "due_at": time.time() + verdict.wait, "claim": None}
    settled = sa.update(DELIVERIES).where(mine).values(**values, tries=tries)
    done = connection.execute(settled).rowcount > 0
    if done and verdict.gone:
        _disable(connection, held.webhook_id)
    return done


def replay(
    connection: sa.Connection, webhook_id: str, which: Sequence[sa.ColumnElement[bool]]
) -> int:
    """Make deliveries due at once, with all their tries before them; return how many."""
    mine = sa.update(DELIVERIES).where(DELIVERIES.c.webhook_id == webhook_id, *which)
    values = {"state": "pending", "due_at": time.time(), "claim": None, "attempts": 0}
    return connection.execute(mine.values(values)).rowcount


def forget(connection: sa.Connection, oldest: float) -> None:
    """Remove what came to its end before ``oldest``, seconds since 1970."""
    ended = (DELIVERIES.c.state != "pending") & (DELIVERIES.c.created_at < oldest)
    connection.execute(sa.delete(DELIVERIES).where(ended))


def _choose(
    connection: sa.Connection,
    due: Sequence[sa.ColumnElement[bool]],
    busy: Mapping[str, int],
    most: int,
) -> list[str]:
    """Return ids of what is due: the first of every webhook, then the second, and so on."""
    rank = sa.func.row_number().over(
        partition_by=DELIVERIES.c.webhook_id, order_by=(DELIVERIES.c.due_at, DELIVERIES.c.id)
    )
    full = [webhook_id for webhook_id, number in busy.items() if number >= EACH]
    columns = (DELIVERIES.c.id, DELIVERIES.c.webhook_id, rank.label("rank"))
    ranked = sa.select(*columns).where(*due, DELIVERIES.c.webhook_id.not_in(full)).subquery()
    query = sa.select(ranked).where(ranked.c.rank <= EACH).order_by(ranked.c.rank)
    query = query.limit(most + sum(busy.values()))  # no more than those are left out below
    return [
        row.id
        for row in connection.execute(query)
        if row.rank <= EACH - busy.get(row.webhook_id, 0)
    ][:most]


def _disable(connection: sa.Connection, webhook_id: str) -> None:
    mine = sa.update(WEBHOOKS).where(WEBHOOKS.c.id == webhook_id)
    connection.execute(mine.values(disabled_at=time.time()))
    waiting = (DELIVERIES.c.webhook_id == webhook_id) & (DELIVERIES.c.state == "pending")
    dead = {"state": "dead", "claim": None}
    connection.execute(sa.update(DELIVERIES).where(waiting).values(dead))


def _claim(row: sa.Row[Any], now: float) -> Claim:
    keys = [row.secret]
    if row.old_secret is not None and row.old_secret_until > now:
        keys.append(row.old_secret)
    return Claim(
        id=row.id,
        token=row.claim,
        webhook_id=row.webhook_id,
        url=row.url,
        secrets=tuple(keys),
        body=row.payload,
        attempts=row.attempts,
    )
