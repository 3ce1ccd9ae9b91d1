"""``/healthz``, ``/readyz``, ``/metrics`` and the descriptions of problems."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse

from service.api.desk import AtDesk, Scraper, in_thread
from service.api.metrics import CONTENT_TYPE, Metrics
from service.api.schemas import HealthResource
from service.errors import NotFound
from service.problems import describe_types

NEEDED = ("database", "storage", "disk")
"""Without these no job can be accepted; without workers jobs are accepted and wait."""

router = APIRouter(tags=["operation"])


@router.get("/healthz")
async def health() -> HealthResource:
    """Say that this process answers."""
    return HealthResource(status="ok")


@router.get(
    "/readyz",
    response_model=HealthResource,
    responses={503: {"model": HealthResource, "description": "No job can be accepted now."}},
)
async def readiness(desk: AtDesk) -> Response:
    """Say what works, part by part."""
    checks = dict(await in_thread(desk.renders.ready))
    unready = any(checks.get(part, "ok") != "ok" for part in NEEDED)
    degraded = any(said != "ok" for said in checks.values())
    status = "unready" if unready else "degraded" if degraded else "ok"
    return JSONResponse({"status": status, "checks": checks}, 503 if unready else 200)


@router.get("/metrics", response_class=PlainTextResponse)
async def metrics(request: Request, desk: AtDesk, caller: Scraper) -> Response:
    """Give the figures of this process and of the queue, for Prometheus."""
    gauges: Metrics = request.app.state.metrics
    return Response(
        await in_thread(gauges.written, desk.renders, desk.webhooks), media_type=CONTENT_TYPE
    )


@router.get("/problems/{name}", response_class=PlainTextResponse)
async def describe_problem(name: str) -> str:
    """Describe a kind of problem: what a problem's ``type`` leads to."""
    found = describe_types()
    if name not in found:
        raise NotFound("kind of problem", name)
    return found[name]
