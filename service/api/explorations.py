"""``/v1/explorations``: many drafts of one still, and the final of the chosen one."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import Request, Response

from pipelines.parts import CameraStep
from service.api import jobs
from service.api.bodies import read_json, validated
from service.api.desk import AtDesk, Writer, in_thread
from service.api.documents import json_body, json_or_form
from service.api.headers import IdempotencyKey, Prefer
from service.api.job_routes import ACCEPTED, job_router
from service.api.recipe_files import with_files
from service.api.schemas import ExplorationRequest, PromotionRequest
from service.jobs.nouns import Kind
from service.resources import RenderResource

KIND: Kind = "exploration"

router = job_router(KIND)


@router.post(
    "",
    status_code=202,
    response_model=RenderResource,
    responses=ACCEPTED,
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
        spend=caller.spend,
    )
    return await jobs.accepted(desk, render, prefer)


@router.post(
    "/{exploration_id}/promote",
    status_code=202,
    response_model=RenderResource,
    responses=ACCEPTED,
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
    changes = await with_files(desk, caller, wanted.changes, "/changes")
    render = await in_thread(
        desk.renders.promote,
        caller.tenant,
        exploration_id,
        wanted.draft,
        changes=changes,
        idempotency_key=idempotency_key,
        priority=wanted.priority,
        metadata=wanted.metadata,
        spend=caller.spend,
    )
    return await jobs.accepted(desk, render, prefer)


def _written(camera: Sequence[CameraStep]) -> str:
    """Write a camera as the one string that stands for it."""
    return ",".join(
        step.move if step.amount is None else f"{step.move}={step.amount!r}" for step in camera
    )
