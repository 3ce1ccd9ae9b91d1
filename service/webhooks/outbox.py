"""From the event log's outbox to deliveries: the messages that each webhook is to be sent."""

from __future__ import annotations

import hashlib
import json
import time
from typing import Any, cast

import sqlalchemy as sa

from service import events
from service.jobs import records as jobs
from service.jobs.nouns import Event, Render
from service.jobs.tables import DELIVERIES
from service.resources import RenderResource
from service.webhooks import records
from service.webhooks.nouns import EventType

AT_ONCE = 100
"""Events taken in one transaction."""


def make_deliveries(engine: sa.Engine) -> int:
    """Turn some of what happened into deliveries, due at once; return how many events were taken.

    In one transaction: an event leaves the outbox when its deliveries are written down.
    """
    with engine.begin() as connection:
        taken = events.take(connection, AT_ONCE)
        rows = [row for event in taken for row in _rows(connection, event)]
        if rows:
            connection.execute(sa.insert(DELIVERIES), rows)
    return len(taken)


def message(type: EventType, event: Event, render: Render) -> str:
    """Write the body: the job as the API shows it in a list, when the message was made."""
    body = {
        "type": type,
        "timestamp": event.at.isoformat(),
        "data": RenderResource.of(render, with_report=False).model_dump(mode="json"),
    }
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def delivery_id(webhook_id: str, event: Event) -> str:
    """Return the one id of an event's message for a webhook; it sorts by the event's time."""
    told = hashlib.sha256(f"{webhook_id} {event.id}".encode()).hexdigest()
    return f"{int(event.at.timestamp() * 1000):012x}{told[:20]}"


def _rows(connection: sa.Connection, event: Event) -> list[dict[str, Any]]:
    render = jobs.load(connection, event.render_id)
    if render is None:  # it was deleted: whoever did that knows
        return []
    type = cast(EventType, f"{render.kind}.{event.kind}")
    webhooks = records.subscribed(connection, event.tenant, type)
    if not webhooks:
        return []
    common: dict[str, Any] = {
        "render_id": render.id,
        "type": type,
        "payload": message(type, event, render),
        "state": "pending",
        "created_at": event.at.timestamp(),
        "due_at": time.time(),
        "attempts": 0,
        "tries": [],
    }
    return [
        common | {"id": delivery_id(webhook.id, event), "webhook_id": webhook.id}
        for webhook in webhooks
    ]
