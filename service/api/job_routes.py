"""The routes that every kind of job has: list, look, cancel, follow, fetch."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from service.api import jobs
from service.api.desk import AtDesk, Reader, Writer
from service.api.documents import FILE
from service.api.headers import LastEventId
from service.api.schemas import PageResource
from service.api.stream import EventStream, follow
from service.jobs.nouns import Kind, State
from service.resources import RenderResource

ACCEPTED: dict[int | str, dict[str, Any]] = {
    200: {"model": RenderResource, "description": "It ended within Prefer: wait."}
}
"""What a route that creates a job may answer beside 202."""


def job_router(kind: Kind) -> APIRouter:
    """Return a router at ``/v1/{kind}s`` with the routes that do not depend on the kind."""
    router = APIRouter(prefix=f"/v1/{kind}s", tags=[f"{kind}s"])
    which = f"{kind}_id"
    one = f"/{{{which}}}"

    @router.get("", operation_id=f"list_{kind}")
    async def list_jobs(
        desk: AtDesk,
        caller: Reader,
        cursor: Annotated[str | None, Query(max_length=200)] = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 20,
        state: State | None = None,
    ) -> PageResource:
        """List your own, newest first."""
        return await jobs.listed(desk, caller, kind, cursor, limit, state)

    @router.get(one, operation_id=f"get_{kind}")
    async def get_job(desk: AtDesk, caller: Reader, id: str = Path(alias=which)) -> RenderResource:
        """Return one, with its report once it succeeded; an exploration's lists the drafts."""
        return RenderResource.of(await jobs.found(desk, caller, kind, id))

    @router.delete(one, operation_id=f"delete_{kind}")
    async def delete_job(
        desk: AtDesk, caller: Writer, id: str = Path(alias=which)
    ) -> RenderResource:
        """Cancel a live one, which stays in the list; forget one that has ended, and its files."""
        return await jobs.ended(desk, caller, kind, id)

    @router.get(f"{one}/events", response_class=EventStream, operation_id=f"follow_{kind}")
    async def follow_job(
        desk: AtDesk,
        caller: Reader,
        id: str = Path(alias=which),
        last_event_id: LastEventId = 0,
    ) -> Response:
        """Follow one until it ends, as server-sent events; a reconnecting client misses none."""
        return await follow(desk, await jobs.found(desk, caller, kind, id), last_event_id)

    @router.head(f"{one}/artifacts/{{name:path}}", include_in_schema=False)
    @router.get(
        f"{one}/artifacts/{{name:path}}",
        response_class=Response,
        responses=FILE,
        operation_id=f"fetch_{kind}",
    )
    async def fetch_artifact(
        name: str,
        request: Request,
        desk: AtDesk,
        caller: Reader,
        id: str = Path(alias=which),
        download: bool = False,
    ) -> Response:
        """Send a file: to be shown, or with ``download`` to be saved."""
        job = await jobs.found(desk, caller, kind, id)
        return await jobs.sent(request, desk, caller, job, name, download)

    return router
