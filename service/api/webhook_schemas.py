"""What the routes of webhooks take and answer."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import AwareDatetime, ConfigDict, Field, model_validator

from pipelines.documented import Documented
from pipelines.errors import InvalidRecipe
from service.addresses import LONGEST_URL
from service.webhooks.nouns import ENDINGS, Delivery, DeliveryState, EventType, Webhook


class WebhookRequest(Documented):
    """An address that is told what happens to your jobs."""

    url: str = Field(min_length=1, max_length=LONGEST_URL)
    """An https address on the public internet."""
    events: tuple[EventType, ...] = Field(default=ENDINGS, min_length=1)
    """What it is told; the end of every job unless said otherwise."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "url": "https://shop.example/hooks/stillwave",
                    "events": ["render.succeeded", "render.failed"],
                }
            ]
        }
    )


class ReplayRequest(Documented):
    """What is sent again: one delivery, or the dead letters since a time."""

    delivery: str | None = Field(default=None, min_length=1, max_length=40)
    """A delivery's id; whatever came of it."""
    since: AwareDatetime | None = None
    """Dead letters of events since then."""
    delivered: bool = False
    """With ``since``: what was delivered too."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"delivery": "0199f3c6a51b7d2e4c8f90a1b2c3d4e5"},
                {"since": "2026-11-28T09:00:00Z", "delivered": True},
            ]
        }
    )

    @model_validator(mode="after")
    def _one(self) -> ReplayRequest:
        if (self.delivery is None) == (self.since is None):
            raise InvalidRecipe(
                "the request does not say what to send again",
                allowed="exactly one of delivery, since",
                fix='write {"delivery": "…"} or {"since": "2026-11-28T09:00:00Z"}',
            )
        return self


class WebhookResource(Documented):
    """A webhook."""

    id: str
    """Its id."""
    object: Literal["webhook"] = "webhook"
    """What this is."""
    url: str
    """Where messages go."""
    events: tuple[EventType, ...]
    """What it is told."""
    state: Literal["enabled", "disabled"]
    """``disabled`` since its receiver answered 410 Gone; a replay enables it again."""
    created_at: datetime
    """When it was registered."""
    disabled_at: datetime | None
    """When its receiver answered 410 Gone."""
    links: dict[str, str]
    """Where more of it is."""

    @classmethod
    def of(cls, webhook: Webhook) -> WebhookResource:
        """Show a webhook."""
        return cls(**_said(webhook))


class NewSecretResource(WebhookResource):
    """A webhook and its new secret."""

    secret: str
    """What its messages are signed with, ``whsec_…``; it is not shown again."""

    @classmethod
    def with_secret(cls, webhook: Webhook, secret: str) -> NewSecretResource:
        """Show a webhook with its secret."""
        return cls(**_said(webhook), secret=secret)


class WebhookPageResource(Documented):
    """Part of the list of webhooks, newest first."""

    object: Literal["list"] = "list"
    """What this is."""
    data: tuple[WebhookResource, ...]
    """The webhooks."""
    next_cursor: str | None
    """Give it as ``cursor`` for the next part; absent at the end."""


class TryResource(Documented):
    """One attempt to send."""

    at: datetime
    """When."""
    status: int | None
    """The receiver's status; absent when it did not answer."""
    detail: str
    """What came of it."""
    seconds: float
    """How long it took."""


class DeliveryResource(Documented):
    """One message for one webhook."""

    id: str
    """The message's ``webhook-id``: the same in every attempt."""
    object: Literal["delivery"] = "delivery"
    """What this is."""
    webhook: str
    """The webhook's id."""
    render: str
    """The job's id."""
    type: EventType
    """What happened."""
    state: DeliveryState
    """``pending``, ``delivered``, or ``dead``: given up after the last try."""
    created_at: datetime
    """When it happened."""
    due_at: datetime | None
    """When a pending one is tried next, about."""
    attempts: int
    """How often it was tried since it was made, or sent again."""
    tries: tuple[TryResource, ...]
    """How the latest attempts went, oldest first."""

    @classmethod
    def of(cls, delivery: Delivery) -> DeliveryResource:
        """Show a delivery."""
        return cls(
            id=delivery.id,
            webhook=delivery.webhook_id,
            render=delivery.render_id,
            type=delivery.type,
            state=delivery.state,
            created_at=delivery.created_at,
            due_at=delivery.due_at,
            attempts=delivery.attempts,
            tries=tuple(
                TryResource(
                    at=each.at, status=each.status, detail=each.detail, seconds=each.seconds
                )
                for each in delivery.tries
            ),
        )


class DeliveryPageResource(Documented):
    """Part of the list of a webhook's deliveries, newest event first."""

    object: Literal["list"] = "list"
    """What this is."""
    data: tuple[DeliveryResource, ...]
    """The deliveries."""
    next_cursor: str | None
    """Give it as ``cursor`` for the next part; absent at the end."""


class ReplayResource(Documented):
    """What is sent again."""

    object: Literal["replay"] = "replay"
    """What this is."""
    replayed: int
    """How many deliveries are due again."""


def home_of(webhook: Webhook) -> str:
    """Return the address of a webhook."""
    return f"/v1/webhooks/{webhook.id}"


def _said(webhook: Webhook) -> dict[str, Any]:
    home = home_of(webhook)
    return {
        "id": webhook.id,
        "url": webhook.url,
        "events": webhook.events,
        "state": webhook.state,
        "created_at": webhook.created_at,
        "disabled_at": webhook.disabled_at,
        "links": {"self": home, "deliveries": f"{home}/deliveries"},
    }
