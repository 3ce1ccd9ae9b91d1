"""``/v1/explorations``: many drafts of one still, and the final of the chosen one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from pipelines.parts import CameraStep
from service.api import jobs
from service.api.bodies import read_json, validated
from service.api.desk import AtDesk, Reader, Writer, in_thread
from service.api.documents import FILE, json_body, json_or_form
from service.api.headers import IdempotencyKey, LastEventId, Prefer
from service.api.schemas import (
    ExplorationRequest,
    PageResource,
    PromotionRequest,
    RenderResource,
)
from service.api.stream import EventStream, follow
from service.jobs.nouns import Kind, State

KIND: Kind = "exploration"

router = APIRouter(prefix="/v1/explorations", tags=["explorations"])


@router.post(
    "",
    status_code=202,
    response_model=RenderResource,
    responses={200: {"model": RenderResource, "description": "It ended within Prefer: wait."}},
    openapi_extra=json_or_form(ExplorationRequest),
)
async def create_exploration(
    request: Request,
    desk: AtDesk,
    caller: Writer,
    prefer: Prefer = None,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Accept a grid of drafts: every look with every camera and every seed."""
    wanted, source_id = await jobs.read_request(request, desk, caller, ExplorationRequest)
    spec = jobs.recipe_of(wanted)
    await jobs.count(desk, caller)
    render = await in_thread(
        desk.renders.explore,
        caller.tenant,
        spec,
        source_id,
        looks=wanted.looks or (spec.look.name,),
        cameras=wanted.cameras or (_written(spec.camera),),
        seeds=wanted.seeds,
        idempotency_key=idempotency_key,
        priority=wanted.priority,
        metadata=wanted.metadata,
    )
    return await jobs.accepted(desk, render, prefer)


@router.get("")
async def list_explorations(
    desk: AtDesk,
    caller: Reader,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    state: State | None = None,
) -> PageResource:
    """List your explorations, newest first."""
    return await jobs.listed(desk, caller, KIND, cursor, limit, state)


@router.get("/{exploration_id}")
async def get_exploration(exploration_id: str, desk: AtDesk, caller: Reader) -> RenderResource:
    """Return an exploration; its report lists the drafts once it succeeded."""
    return RenderResource.of(await jobs.found(desk, caller, KIND, exploration_id))


@router.delete("/{exploration_id}")
async def delete_exploration(exploration_id: str, desk: AtDesk, caller: Writer) -> RenderResource:
    """Cancel a live exploration, which stays in the list; forget one that has ended."""
    return await jobs.ended(desk, caller, KIND, exploration_id)


@router.get("/{exploration_id}/events", response_class=EventStream)
async def follow_exploration(
    exploration_id: str, desk: AtDesk, caller: Reader, last_event_id: LastEventId = 0
) -> Response:
    """Follow an exploration until it ends, as server-sent events."""
    job = await jobs.found(desk, caller, KIND, exploration_id)
    return await follow(desk, job, last_event_id)


@router.get("/{exploration_id}/artifacts/{name}", response_class=Response, responses=FILE)
@router.head("/{exploration_id}/artifacts/{name}", include_in_schema=False)
async def get_draft(
    exploration_id: str,
    name: str,
    request: Request,
    desk: AtDesk,
    caller: Reader,
    download: bool = False,
) -> Response:
    """Send a draft, the contact sheet or the page that plays all drafts."""
    job = await jobs.found(desk, caller, KIND, exploration_id)
    return await jobs.sent(request, desk, caller, job, name, download)


@router.post(
    "/{exploration_id}/promote",
    status_code=202,
    response_model=RenderResource,
    responses={200: {"model": RenderResource, "description": "It ended within Prefer: wait."}},
    openapi_extra=json_body(PromotionRequest),
)
async def promote_draft(
    exploration_id: str,
    request: Request,
    desk: AtDesk,
    caller: Writer,
    prefer: Prefer = None,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Accept the final of a draft."""
    wanted = validated(PromotionRequest, await read_json(request))
    await jobs.found(desk, caller, KIND, exploration_id)
    await jobs.count(desk, caller)
    render = await in_thread(
        desk.renders.promote,
        caller.tenant,
        exploration_id,
        wanted.draft,
        changes=wanted.changes,
        idempotency_key=idempotency_key,
        priority=wanted.priority,
        metadata=wanted.metadata,
    )
    return await jobs.accepted(desk, render, prefer)


def _written(camera: Sequence[CameraStep]) -> str:
    """Write a camera as the one string that stands for it."""
    return ",".join(
        step.move if step.amount is None else f"{step.move}={step.amount!r}" for step in camera
    )
