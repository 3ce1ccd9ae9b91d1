"""Assembly of the HTTP service."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from anyio import CapacityLimiter
from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.openapi.utils import get_openapi

from pipelines.errors import StillwaveError
from service.addresses import policy_of
from service.api import (
    catalogue,
    documents,
    explorations,
    health,
    page,
    renders,
    sources,
    videos,
    webhooks,
)
from service.api.bodies import MOST_BYTES
from service.api.desk import Desk
from service.api.metrics import Metrics
from service.api.pump import Pump
from service.api.recipe_files import document_files
from service.api.refusals import answer_errors
from service.api.schemas import (
    ExplorationRequest,
    PromotionRequest,
    RenderRequest,
    SourceRequest,
)
from service.api.shell import Shell
from service.api.webhook_schemas import ReplayRequest, WebhookRequest
from service.auth import Keys
from service.fetching import Fetcher
from service.jobs.database import connect
from service.jobs.nouns import ENDED, Event
from service.problems import Problem
from service.rates import Rates
from service.renders import Renders, open_renders
from service.settings import Settings
from service.tracing import untraced
from service.webhooks.use_cases import open_webhooks

TITLE = "Stillwave"
API_VERSION = "1"
"""Of the routes; the program's own version is nobody's business."""

THREADS = 6
"""That wait for the database and the disk; each costs memory, and none is quick beside many."""

STILLS_AT_A_TIME = 6
"""That are taken in; more wait without a thread."""

BODIES = (
    RenderRequest,
    ExplorationRequest,
    PromotionRequest,
    SourceRequest,
    WebhookRequest,
    ReplayRequest,
    Problem,
)
"""Models that the document names and no route's type does."""

ROUTERS = (renders, sources, explorations, videos, webhooks, catalogue, health)


def create_app(settings: Settings, host: str = "127.0.0.1") -> FastAPI:
    """Return the application.

    Args:
        settings: of this machine.
        host: that the server is bound to: where it is this machine alone, and no API key was ever
            made, no key is asked for.

    Raises:
        StillwaveError: as `service.renders.open_renders`.
    """
    jobs, metrics = open_renders(settings), Metrics()
    pump = Pump(jobs, _listener(jobs, metrics))
    app = FastAPI(
        title=TITLE,
        version=API_VERSION,
        summary="One still in; a short, seamless, social-ready loop out.",
        lifespan=_lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        responses=documents.PROBLEMS,
        telemetry={"metrics": False, "logs": False, "operation_spans": False, "exclude": untraced},
    )
    app.state.metrics = metrics
    app.state.routes = [route for module in ROUTERS for route in module.router.routes]
    app.state.desk = Desk(
        settings=settings,
        renders=jobs,
        webhooks=open_webhooks(settings),
        keys=Keys(connect(settings)),
        rates=Rates(),
        fetcher=Fetcher(policy_of(settings)),
        pump=pump,
        host=host,
        turns=CapacityLimiter(STILLS_AT_A_TIME),
    )
    for module in ROUTERS:
        app.include_router(module.router)
    app.include_router(page.router)
    answer_errors(app)
    _dress(app, settings, metrics)
    app.openapi = lambda: _document(app)  # type: ignore[method-assign]  # FastAPI's own recipe
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    desk: Desk = app.state.desk
    desk.renders.warm()
    current_default_thread_limiter().total_tokens = THREADS
    async with desk.pump.running():
        yield
    desk.renders.close()
    desk.webhooks.close()
    desk.keys.close()


def _listener(jobs: Renders, metrics: Metrics) -> Callable[[Event], None]:
    def heard(event: Event) -> None:
        metrics.heard(event)
        if event.kind in ENDED:
            with suppress(StillwaveError):  # it was deleted meanwhile
                metrics.ended(jobs.get(event.tenant, event.render_id))

    return heard


def _dress(app: FastAPI, settings: Settings, metrics: Metrics) -> None:
    """Add what stands around every route, the outermost last."""
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.cors_origins),
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "Prefer"],
            expose_headers=["Location", "Retry-After", "X-Request-ID"],
        )
    app.add_middleware(Shell, metrics=metrics, most_bytes=MOST_BYTES)


def _document(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document, with the bodies that routes read by themselves."""
    if app.openapi_schema is None:
        found = get_openapi(
            title=app.title, version=app.version, summary=app.summary, routes=app.routes
        )
        schemas = found.setdefault("components", {}).setdefault("schemas", {})
        for name, schema in documents.schemas(BODIES).items():
            schemas.setdefault(name, schema)
        document_files(schemas)
        app.openapi_schema = found
    return app.openapi_schema
