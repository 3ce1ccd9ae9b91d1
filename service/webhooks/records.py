"""Webhooks and deliveries as rows: rows → nouns, and what is changed of webhooks."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import sqlalchemy as sa

from service.jobs.records import moment
from service.jobs.tables import DELIVERIES, WEBHOOKS
from service.webhooks.nouns import Delivery, DeliveryState, EventType, Listed, Try, Webhook

Item = TypeVar("Item")


def find(connection: sa.Connection, tenant: str | None, webhook_id: str) -> Webhook | None:
    """Return a tenant's webhook, or with None anybody's."""
    query = _of(tenant).where(WEBHOOKS.c.id == webhook_id)
    row = connection.execute(query).mappings().first()
    return None if row is None else webhook_of(row)


def page(
    connection: sa.Connection, tenant: str | None, before: str | None, limit: int
) -> Listed[Webhook]:
    """Return webhooks, newest first, from below the id ``before``."""
    return _listed(connection, _of(tenant), WEBHOOKS.c.id, before, limit, webhook_of)


def count(connection: sa.Connection, tenant: str) -> int:
    """Count a tenant's webhooks."""
    number = sa.select(sa.func.count()).where(WEBHOOKS.c.tenant == tenant)
    return int(connection.scalar(number) or 0)


def subscribed(connection: sa.Connection, tenant: str, type: EventType) -> list[Webhook]:
    """Return a tenant's webhooks that are told about events of a type."""
    rows = connection.execute(_of(tenant).where(WEBHOOKS.c.disabled_at.is_(None))).mappings()
    return [webhook for webhook in map(webhook_of, rows) if type in webhook.events]


def rotate(connection: sa.Connection, webhook_id: str, secret: str, grace: float) -> None:
    """Sign with a new secret, and for ``grace`` seconds with the one before too."""
    values = {
        "secret": secret,
        "old_secret": WEBHOOKS.c.secret,
        "old_secret_until": time.time() + grace,
    }
    connection.execute(sa.update(WEBHOOKS).where(WEBHOOKS.c.id == webhook_id).values(values))


def enable(connection: sa.Connection, webhook_id: str) -> None:
    """Tell a webhook again what happens."""
    mine = sa.update(WEBHOOKS).where(WEBHOOKS.c.id == webhook_id)
    connection.execute(mine.values(disabled_at=None))


def remove(connection: sa.Connection, webhook_id: str) -> None:
    """Forget a webhook and its deliveries."""
    connection.execute(sa.delete(DELIVERIES).where(DELIVERIES.c.webhook_id == webhook_id))
    connection.execute(sa.delete(WEBHOOKS).where(WEBHOOKS.c.id == webhook_id))


def deliveries(
    connection: sa.Connection,
    webhook_id: str,
    state: DeliveryState | None,
    before: str | None,
    limit: int,
) -> Listed[Delivery]:
    """Return a webhook's deliveries, newest event first, from below the id ``before``."""
    query = sa.select(DELIVERIES).where(DELIVERIES.c.webhook_id == webhook_id)
    if state is not None:
        query = query.where(DELIVERIES.c.state == state)
    return _listed(connection, query, DELIVERIES.c.id, before, limit, delivery_of)


def counts(connection: sa.Connection) -> dict[str, int]:
    """Count everybody's deliveries by state."""
    query = sa.select(DELIVERIES.c.state, sa.func.count().label("number")).group_by(
        DELIVERIES.c.state
    )
    return {row.state: row.number for row in connection.execute(query)}


def webhook_of(row: sa.RowMapping) -> Webhook:
    """Turn a row into the noun."""
    disabled = row["disabled_at"]
    return Webhook(
        id=row["id"],
        tenant=row["tenant"],
        url=row["url"],
        events=tuple(row["events"]),
        created_at=moment(row["created_at"]),
        disabled_at=None if disabled is None else moment(disabled),
    )


def delivery_of(row: sa.RowMapping) -> Delivery:
    """Turn a row into the noun."""
    return Delivery(
        id=row["id"],
        webhook_id=row["webhook_id"],
        render_id=row["render_id"],
        type=row["type"],
        state=row["state"],
        created_at=moment(row["created_at"]),
        due_at=moment(row["due_at"]) if row["state"] == "pending" else None,
        attempts=row["attempts"],
        tries=tuple(_try(each) for each in row["tries"]),
    )


def _try(said: Mapping[str, Any]) -> Try:
    return Try(moment(said["at"]), said["status"], said["detail"], said["seconds"])


def _of(tenant: str | None) -> sa.Select[Any]:
    query = sa.select(WEBHOOKS)
    return query if tenant is None else query.where(WEBHOOKS.c.tenant == tenant)


def _listed(
    connection: sa.Connection,
    query: sa.Select[Any],
    id: sa.Column[Any],
    before: str | None,
    limit: int,
    noun: Callable[[sa.RowMapping], Item],
) -> Listed[Item]:
    if before is not None:
        query = query.where(id < before)
    rows = connection.execute(query.order_by(id.desc()).limit(limit + 1)).mappings().all()
    cursor = rows[limit - 1]["id"] if len(rows) > limit else None
    return Listed(tuple(noun(row) for row in rows[:limit]), cursor)
