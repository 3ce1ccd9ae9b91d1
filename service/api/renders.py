"""``/v1/renders``: submit, look, list, cancel, follow, fetch."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from service.api import jobs
from service.api.desk import AtDesk, Reader, Writer, in_thread
from service.api.documents import FILE, json_or_form
from service.api.headers import IdempotencyKey, LastEventId, Prefer
from service.api.schemas import PageResource, RenderRequest, RenderResource
from service.api.stream import EventStream, follow
from service.jobs.nouns import Kind, State

KIND: Kind = "render"

router = APIRouter(prefix="/v1/renders", tags=["renders"])


@router.post(
    "",
    status_code=202,
    response_model=RenderResource,
    responses={200: {"model": RenderResource, "description": "It ended within Prefer: wait."}},
    openapi_extra=json_or_form(RenderRequest),
)
async def create_render(
    request: Request,
    desk: AtDesk,
    caller: Writer,
    prefer: Prefer = None,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Accept a render. What is accepted is never lost."""
    wanted, source_id = await jobs.read_request(request, desk, caller, RenderRequest)
    await jobs.count(desk, caller)
    render = await in_thread(
        desk.renders.submit,
        caller.tenant,
        jobs.recipe_of(wanted),
        source_id,
        idempotency_key=idempotency_key,
        priority=wanted.priority,
        metadata=wanted.metadata,
    )
    return await jobs.accepted(desk, render, prefer)


@router.get("")
async def list_renders(
    desk: AtDesk,
    caller: Reader,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    state: State | None = None,
) -> PageResource:
    """List your renders, newest first."""
    return await jobs.listed(desk, caller, KIND, cursor, limit, state)


@router.get("/{render_id}")
async def get_render(render_id: str, desk: AtDesk, caller: Reader) -> RenderResource:
    """Return a render, with its report once it succeeded."""
    return RenderResource.of(await jobs.found(desk, caller, KIND, render_id))


@router.delete("/{render_id}")
async def delete_render(render_id: str, desk: AtDesk, caller: Writer) -> RenderResource:
    """Cancel a live render, which stays in the list; forget one that has ended, and its files."""
    return await jobs.ended(desk, caller, KIND, render_id)


@router.get("/{render_id}/events", response_class=EventStream)
async def follow_render(
    render_id: str, desk: AtDesk, caller: Reader, last_event_id: LastEventId = 0
) -> Response:
    """Follow a render until it ends, as server-sent events; a reconnecting client misses none."""
    render = await jobs.found(desk, caller, KIND, render_id)
    return await follow(desk, render, last_event_id)


@router.get("/{render_id}/artifacts/{name}", response_class=Response, responses=FILE)
@router.head("/{render_id}/artifacts/{name}", include_in_schema=False)
async def get_artifact(
    render_id: str,
    name: str,
    request: Request,
    desk: AtDesk,
    caller: Reader,
    download: bool = False,
) -> Response:
    """Send a file of a render: to be shown, or with ``download`` to be saved."""
    render = await jobs.found(desk, caller, KIND, render_id)
    return await jobs.sent(request, desk, caller, render, name, download)
