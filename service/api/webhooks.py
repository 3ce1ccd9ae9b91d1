"""``/v1/webhooks``: addresses that are told what happens, what they were sent, and again."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from starlette.responses import JSONResponse

from service.api.bodies import read_json, validated
from service.api.desk import AtDesk, Reader, Writer, in_thread
from service.api.documents import json_body
from service.api.webhook_schemas import (
    DeliveryPageResource,
    DeliveryResource,
    NewSecretResource,
    ReplayRequest,
    ReplayResource,
    WebhookPageResource,
    WebhookRequest,
    WebhookResource,
    home_of,
)
from service.webhooks.nouns import DeliveryState

Cursor = Annotated[str | None, Query(max_length=200)]
Limit = Annotated[int, Query(ge=1, le=100)]

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"])


@router.post(
    "",
    status_code=201,
    response_model=NewSecretResource,
    openapi_extra=json_body(WebhookRequest),
)
async def create_webhook(request: Request, desk: AtDesk, caller: Writer) -> Response:
    """Register an address; the answer alone holds the secret that its messages are signed with."""
    wanted = validated(WebhookRequest, await read_json(request))
    made, secret = await in_thread(desk.webhooks.add, caller.tenant, wanted.url, wanted.events)
    body = NewSecretResource.with_secret(made, secret).model_dump(mode="json")
    return JSONResponse(body, 201, {"Location": home_of(made)})


@router.get("")
async def list_webhooks(
    desk: AtDesk, caller: Reader, cursor: Cursor = None, limit: Limit = 20
) -> WebhookPageResource:
    """List your webhooks, newest first."""
    page = await in_thread(desk.webhooks.list, caller.tenant, cursor=cursor, limit=limit)
    items = tuple(WebhookResource.of(each) for each in page.items)
    return WebhookPageResource(data=items, next_cursor=page.next_cursor)


@router.get("/{webhook_id}")
async def get_webhook(webhook_id: str, desk: AtDesk, caller: Reader) -> WebhookResource:
    """Return a webhook."""
    return WebhookResource.of(await in_thread(desk.webhooks.get, caller.tenant, webhook_id))


@router.delete("/{webhook_id}")
async def delete_webhook(webhook_id: str, desk: AtDesk, caller: Writer) -> WebhookResource:
    """Forget a webhook and its deliveries."""
    return WebhookResource.of(await in_thread(desk.webhooks.remove, caller.tenant, webhook_id))


@router.post("/{webhook_id}/rotate")
async def rotate_secret(webhook_id: str, desk: AtDesk, caller: Writer) -> NewSecretResource:
    """Make a new secret; for a day messages carry a signature by the old one too."""
    made, secret = await in_thread(desk.webhooks.rotate, caller.tenant, webhook_id)
    return NewSecretResource.with_secret(made, secret)


@router.get("/{webhook_id}/deliveries")
async def list_deliveries(
    webhook_id: str,
    desk: AtDesk,
    caller: Reader,
    cursor: Cursor = None,
    limit: Limit = 20,
    state: DeliveryState | None = None,
) -> DeliveryPageResource:
    """List what a webhook was sent, newest event first; ``state=dead`` lists what was given up."""
    page = await in_thread(
        desk.webhooks.deliveries,
        caller.tenant,
        webhook_id,
        state=state,
        cursor=cursor,
        limit=limit,
    )
    items = tuple(DeliveryResource.of(each) for each in page.items)
    return DeliveryPageResource(data=items, next_cursor=page.next_cursor)


@router.post("/{webhook_id}/replay", status_code=202, openapi_extra=json_body(ReplayRequest))
async def replay_deliveries(
    webhook_id: str, request: Request, desk: AtDesk, caller: Writer
) -> ReplayResource:
    """Send one delivery again, or the dead letters since a time; enables a disabled webhook."""
    wanted = validated(ReplayRequest, await read_json(request))
    replayed = await in_thread(
        desk.webhooks.replay,
        caller.tenant,
        webhook_id,
        delivery_id=wanted.delivery,
        since=wanted.since,
        delivered=wanted.delivered,
    )
    return ReplayResource(replayed=replayed)
