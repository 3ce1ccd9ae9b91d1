"""``/v1/videos``: renders in the shape of the OpenAI video routes.

The shape is the one that vLLM-Omni and SGLang Diffusion kept, so that clients written for them, and
this program's own ``remote`` engine, work against this service. Every render is a video here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response

from pipelines.parts import SourceRef
from service.api import jobs
from service.api.bodies import (
    keep_reference,
    keep_upload,
    media_type,
    missing_source,
    read_form,
    read_json,
)
from service.api.desk import AtDesk, Caller, Desk, Reader, Writer, in_thread
from service.api.documents import FILE, STILL, form_body
from service.api.headers import IdempotencyKey
from service.api.orders import (
    EXTRA,
    FILES,
    MODEL,
    Order,
    read_order,
    recipe_for,
    reference_in,
    remembered,
)
from service.api.recipe_files import with_files
from service.api.schemas import (
    Status,
    VideoDeleted,
    VideoError,
    VideoPage,
    VideoResource,
)
from service.errors import Conflict, NotFound
from service.jobs.nouns import Render, State
from service.logs import about_render

STATUSES: dict[State, Status] = {
    "queued": "queued",
    "running": "in_progress",
    "succeeded": "completed",
    "failed": "failed",
    "canceled": "failed",
}

SHARES = {"animate": (5, 50), "encode": (50, 95), "report": (95, 99)}
"""Stage → the percent at its start and at its end; what comes before counts 5."""

_FIELDS = Order.model_json_schema()["properties"]
_FORM = form_body({**_FIELDS, "input_reference": STILL, "extra_params": EXTRA}, ["input_reference"])

router = APIRouter(prefix="/v1/videos", tags=["videos"])


@router.post("", openapi_extra=_FORM)
async def create_video(
    request: Request, desk: AtDesk, caller: Writer, idempotency_key: IdempotencyKey = None
) -> VideoResource:
    """Order a video: a form, or JSON with the still as ``image_reference.image_url``."""
    order, source_id = await _read(request, desk, caller)
    extra = await with_files(desk, caller, order.extra_params, "/extra_params")
    recipe = recipe_for(order.model_copy(update={"extra_params": extra}))
    render = await in_thread(
        desk.renders.submit,
        caller.tenant,
        recipe,
        source_id,
        idempotency_key=idempotency_key,
        metadata=remembered(order),
        spend=caller.spend,
    )
    about_render(render.id)
    return video_of(render)


@router.get("")
async def list_videos(
    desk: AtDesk,
    caller: Reader,
    after: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> VideoPage:
    """List your videos, newest first."""
    page = await in_thread(desk.renders.list, caller.tenant, cursor=after, limit=limit)
    data = tuple(video_of(render) for render in page.items)
    return VideoPage(
        data=data,
        first_id=data[0].id if data else None,
        last_id=data[-1].id if data else None,
        has_more=page.next_cursor is not None,
    )


@router.get("/{video_id}")
async def get_video(video_id: str, desk: AtDesk, caller: Reader) -> VideoResource:
    """Say how a video is doing."""
    return video_of(await jobs.found(desk, caller, "render", video_id))


@router.get("/{video_id}/content", response_class=Response, responses=FILE)
@router.head("/{video_id}/content", include_in_schema=False)
async def get_content(
    video_id: str,
    request: Request,
    desk: AtDesk,
    caller: Reader,
    variant: Literal["video", "thumbnail"] = "video",
) -> Response:
    """Send a completed video, or its poster."""
    render = await jobs.found(desk, caller, "render", video_id)
    if render.state != "succeeded":
        raise Conflict(f"the video is {STATUSES[render.state]}", allowed="completed", fix="wait")
    kind = "video/" if variant == "video" else "image/jpeg"
    names = [file.name for file in render.artifacts if file.content_type.startswith(kind)]
    if not names:
        raise NotFound(variant, video_id)
    return await jobs.sent(request, desk, caller, render, names[0], download=False)


@router.delete("/{video_id}")
async def delete_video(video_id: str, desk: AtDesk, caller: Writer) -> VideoDeleted:
    """Stop a video and forget it."""
    await jobs.found(desk, caller, "render", video_id)
    await in_thread(desk.renders.delete, caller.tenant, video_id)
    return VideoDeleted(id=video_id)


def video_of(render: Render) -> VideoResource:
    """Show a render as a video."""
    said: Mapping[str, Any] = render.metadata.get("video", {})
    ended = render.finished_at
    return VideoResource(
        id=render.id,
        model=str(said.get("model", MODEL)),
        status=STATUSES[render.state],
        progress=percent(render),
        created_at=int(render.created_at.timestamp()),
        completed_at=None if ended is None else int(ended.timestamp()),
        expires_at=None,
        size=_size(render) or said.get("size"),
        seconds=f"{render.recipe.get('seconds', 0):g}",
        prompt=said.get("prompt"),
        quality=str(render.recipe.get("quality", "final")),
        error=_error(render),
        remixed_from_video_id=None,
    )


def percent(render: Render) -> int:
    """Return about how much is done: each stage has its share."""
    if render.state == "succeeded":
        return 100
    at = render.progress
    if at is None or render.state == "queued":
        return 0
    start, end = SHARES.get(at.stage, (0, 5))
    return round(start + (end - start) * min(1.0, at.done / at.total)) if at.total else start


async def _read(request: Request, desk: Desk, caller: Caller) -> tuple[Order, str]:
    if media_type(request) == "multipart/form-data":
        async with read_form(request, most_files=4) as form:
            order = read_order(form.fields)
            for name in FILES:
                if name in form.files:
                    upload = form.files[name][0]
                    return order, await keep_upload(desk, caller, upload, f"/{name}")
            return order, await _keep_named(form.fields, desk, caller)
    document = await read_json(request)
    fields = document if isinstance(document, dict) else {}
    return read_order(fields), await _keep_named(fields, desk, caller)


async def _keep_named(fields: Mapping[str, Any], desk: Desk, caller: Caller) -> str:
    name, reference = reference_in(fields)
    if reference is None:
        raise missing_source(f"/{name}")
    kind = "base64" if reference.startswith("data:") else "url"
    return await keep_reference(desk, caller, SourceRef(**{kind: reference}), f"/{name}")


def _size(render: Render) -> str | None:
    for made in (render.report or {}).get("artifacts", ()):
        if str(made.get("path", "")).endswith(".mp4"):
            return f"{made['width']}x{made['height']}"
    return None


def _error(render: Render) -> VideoError | None:
    if render.state == "canceled":
        return VideoError(code="canceled", message="The video was stopped on request.")
    if render.error is None:
        return None
    return VideoError(
        code=str(render.error.get("type", "failed")), message=str(render.error.get("detail", ""))
    )
