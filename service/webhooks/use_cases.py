"""The use cases of webhooks. Every door calls these.

All calls are synchronous and safe from several threads. A tenant sees its own webhooks only; None
in place of a tenant is the operator, who sees everybody's.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

import sqlalchemy as sa

from pipelines.errors import UnknownName, require_range
from service.addresses import AddressPolicy, Resolve, policy_of, resolve, vet
from service.errors import Conflict, NotFound
from service.jobs.database import connect, in_service, prepare
from service.jobs.records import new_id, require_cursor
from service.jobs.tables import DELIVERIES, WEBHOOKS
from service.settings import Settings
from service.webhooks import records, states
from service.webhooks.nouns import (
    ENDINGS,
    EVENT_TYPES,
    Delivery,
    DeliveryState,
    Listed,
    Webhook,
)
from service.webhooks.signing import new_secret

MOST = 20
"""Webhooks of one tenant."""

GRACE = timedelta(hours=24)
"""A secret that was replaced signs for so long beside the new one."""


class Webhooks:
    """Register, list, remove; look at deliveries and send them again.

    Args:
        engine: the database.
        policy: which addresses may be called.
        resolver: finds a host's addresses.
    """

    def __init__(
        self, engine: sa.Engine, policy: AddressPolicy, resolver: Resolve = resolve
    ) -> None:
        self._engine = engine
        self._policy = policy
        self._resolver = resolver

    def add(self, tenant: str, url: str, events: Sequence[str] = ENDINGS) -> tuple[Webhook, str]:
        """Register an address; return the webhook and its secret, which is not shown again.

        Raises:
            FetchRefused: the address may not be called.
            UnknownName: an event type.
            Conflict: the tenant has :data:`MOST` already.
        """
        for each in events:
            if each not in EVENT_TYPES:
                raise UnknownName("event type", each, EVENT_TYPES)
        asyncio.run(vet(url, self._policy, self._resolver))
        webhook_id, secret = new_id(), new_secret()
        row = {
            "id": webhook_id,
            "tenant": tenant,
            "url": url,
            "events": [each for each in EVENT_TYPES if each in events],
            "secret": secret,
            "created_at": time.time(),
        }
        with self._changing() as connection:
            if records.count(connection, tenant) >= MOST:
                raise Conflict(f"there are {MOST} webhooks already", fix="remove one first")
            connection.execute(sa.insert(WEBHOOKS).values(row))
        return self.get(tenant, webhook_id), secret

    def get(self, tenant: str | None, webhook_id: str) -> Webhook:
        """Return a webhook.

        Raises:
            NotFound: unknown.
        """
        with self._reading() as connection:
            found = records.find(connection, tenant, webhook_id)
        if found is None:
            raise NotFound("webhook", webhook_id)
        return found

    def list(
        self, tenant: str | None, *, cursor: str | None = None, limit: int = 20
    ) -> Listed[Webhook]:
        """Return webhooks, newest first.

        Raises:
            OutOfRange: limit, 1..100.
            InvalidInput: cursor.
        """
        require_range("limit", limit, 1, 100)
        require_cursor(cursor)
        with self._reading() as connection:
            return records.page(connection, tenant, cursor, limit)

    def remove(self, tenant: str | None, webhook_id: str) -> Webhook:
        """Forget a webhook and its deliveries; return what it was.

        Raises:
            NotFound: unknown.
        """
        found = self.get(tenant, webhook_id)
        with self._changing() as connection:
            records.remove(connection, webhook_id)
        return found

    def rotate(self, tenant: str | None, webhook_id: str) -> tuple[Webhook, str]:
        """Give a webhook a new secret; for :data:`GRACE` both sign.

        Raises:
            NotFound: unknown.
        """
        found, secret = self.get(tenant, webhook_id), new_secret()
        with self._changing() as connection:
            records.rotate(connection, webhook_id, secret, GRACE.total_seconds())
        return found, secret

    def deliveries(
        self,
        tenant: str | None,
        webhook_id: str,
        *,
        state: DeliveryState | None = None,
        cursor: str | None = None,
        limit: int = 20,
    ) -> Listed[Delivery]:
        """Return what a webhook was sent, is being sent, or could not be sent; newest event first.

        Raises:
            NotFound: unknown.
            OutOfRange: limit, 1..100.
            InvalidInput: cursor.
        """
        require_range("limit", limit, 1, 100)
        require_cursor(cursor)
        self.get(tenant, webhook_id)
        with self._reading() as connection:
            return records.deliveries(connection, webhook_id, state, cursor, limit)

    def replay(
        self,
        tenant: str | None,
        webhook_id: str,
        *,
        delivery_id: str | None = None,
        since: datetime | None = None,
        delivered: bool = False,
    ) -> int:
        """Send deliveries again, with all their tries before them; return how many.

        A webhook that was disabled is enabled.

        Args:
            delivery_id: this one, whatever came of it.
            since: those of events since then: the dead letters.
            delivered: of those since then, what was delivered too.

        Raises:
            NotFound: unknown.
        """
        self.get(tenant, webhook_id)
        which = []
        if delivery_id is not None:
            which.append(DELIVERIES.c.id == delivery_id)
        if since is not None:
            states_wanted = ("dead", "delivered") if delivered else ("dead",)
            which.append(DELIVERIES.c.created_at >= since.timestamp())
            which.append(DELIVERIES.c.state.in_(states_wanted))
        with self._changing() as connection:
            records.enable(connection, webhook_id)
            count = states.replay(connection, webhook_id, which)
        if delivery_id is not None and not count:
            raise NotFound("delivery", delivery_id)
        return count

    def counts(self) -> Mapping[str, int]:
        """Count everybody's deliveries by state."""
        with self._reading() as connection:
            return records.counts(connection)

    def close(self) -> None:
        """Give connections back."""
        self._engine.dispose()

    @contextmanager
    def _changing(self) -> Iterator[sa.Connection]:
        with in_service(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        with in_service(), self._engine.connect() as connection:
            yield connection


def open_webhooks(settings: Settings) -> Webhooks:
    """Open the database as the settings say; makes what is not there yet.

    Raises:
        OutputRefused: the data folder cannot be written.
        OutOfService: the database does not answer.
    """
    engine = connect(settings)
    prepare(engine)
    return Webhooks(engine, policy_of(settings))
