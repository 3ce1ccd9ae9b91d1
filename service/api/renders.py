"""``/v1/renders``: submit, look, list, cancel, follow, fetch."""

from __future__ import annotations

from fastapi import Request, Response

from service.api import jobs
from service.api.desk import AtDesk, Writer, in_thread
from service.api.documents import json_or_form
from service.api.headers import IdempotencyKey, Prefer
from service.api.job_routes import ACCEPTED, job_router
from service.api.schemas import RenderRequest
from service.resources import RenderResource

router = job_router("render")


@router.post(
    "",
    status_code=202,
    response_model=RenderResource,
    responses=ACCEPTED,
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
    render = await in_thread(
        desk.renders.submit,
        caller.tenant,
        jobs.recipe_of(wanted),
        source_id,
        idempotency_key=idempotency_key,
        priority=wanted.priority,
        metadata=wanted.metadata,
        spend=caller.spend,
    )
    return await jobs.accepted(desk, render, prefer)
