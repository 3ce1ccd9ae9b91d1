"""What is said about webhooks. All frozen; times are aware and in UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Literal, TypeVar, get_args

Item = TypeVar("Item")

EventType = Literal[
    "render.queued",
    "render.running",
    "render.succeeded",
    "render.failed",
    "render.canceled",
    "exploration.queued",
    "exploration.running",
    "exploration.succeeded",
    "exploration.failed",
    "exploration.canceled",
]
"""A kind of job and the state it entered."""

EVENT_TYPES: tuple[EventType, ...] = get_args(EventType)

ENDINGS: tuple[EventType, ...] = tuple(
    each for each in EVENT_TYPES if not each.endswith((".queued", ".running"))
)
"""What a webhook is told unless it asks for something else."""

DeliveryState = Literal["pending", "delivered", "dead"]


@dataclass(frozen=True)
class Webhook:
    """An address and what it is told.

    Attributes:
        disabled_at: when its receiver answered 410 Gone; it is told nothing since.
    """

    id: str
    tenant: str
    url: str
    events: tuple[EventType, ...]
    created_at: datetime
    disabled_at: datetime | None = None

    @property
    def state(self) -> Literal["enabled", "disabled"]:
        """Whether it is told anything."""
        return "enabled" if self.disabled_at is None else "disabled"


@dataclass(frozen=True)
class Try:
    """One attempt to send.

    Attributes:
        status: that the receiver answered; None when it did not.
        detail: what came of it, in a few words.
        seconds: it took.
    """

    at: datetime
    status: int | None
    detail: str
    seconds: float


@dataclass(frozen=True)
class Delivery:
    """One message for one webhook.

    Attributes:
        id: the same for the same webhook and event, sorts by time; sent as ``webhook-id``.
        created_at: when the event happened.
        due_at: when it is tried next, of a pending one.
        attempts: since it was made, or replayed.
        tries: how the latest attempts went, oldest first.
    """

    id: str
    webhook_id: str
    render_id: str
    type: EventType
    state: DeliveryState
    created_at: datetime
    due_at: datetime | None
    attempts: int
    tries: tuple[Try, ...]


@dataclass(frozen=True)
class Claim:
    """A delivery that is ours to send until the claim lapses.

    Attributes:
        token: of this claim alone.
        secrets: to sign with; two while the secret is changed.
        body: the message as it is signed and sent.
    """

    id: str
    token: str
    webhook_id: str
    url: str
    secrets: tuple[str, ...]
    body: str
    attempts: int


@dataclass(frozen=True)
class Listed(Generic[Item]):
    """Part of a list, newest first; ``next_cursor`` is None on the last part."""

    items: tuple[Item, ...] = ()
    next_cursor: str | None = None
