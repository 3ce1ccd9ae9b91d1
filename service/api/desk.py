"""What every route has at hand: the use cases, who calls, and work done in threads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Annotated, ParamSpec, TypeVar

import sqlalchemy as sa
from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.concurrency import run_in_threadpool

from service.api.guard import refuse_strangers
from service.api.pump import Pump
from service.auth import LOCAL, Key, Keys, Scope, is_loopback, spend
from service.errors import Forbidden, Unauthenticated
from service.fetching import Fetcher
from service.rates import Rates
from service.renders import Renders
from service.settings import Settings
from service.webhooks.use_cases import Webhooks

P = ParamSpec("P")
T = TypeVar("T")

BEARER = HTTPBearer(
    auto_error=False,
    scheme_name="key",
    description="An API key; a service that is reached from its own machine only needs none.",
)


@dataclass(frozen=True)
class Desk:
    """One application's tools.

    Attributes:
        host: that the server is bound to.
        turns: how many stills are taken in at a time.
    """

    settings: Settings
    renders: Renders
    webhooks: Webhooks
    keys: Keys
    rates: Rates
    fetcher: Fetcher
    pump: Pump
    host: str
    turns: CapacityLimiter


@dataclass(frozen=True)
class Caller:
    """Who calls: a tenant, by a key or from this machine."""

    tenant: str
    key: Key | None = None

    def spend(self, connection: sa.Connection) -> None:
        """Count one job against the caller's quota.

        Raises:
            TooMany: it is used up.
        """
        if self.key is not None:
            spend(connection, self.key)


def at_desk(request: Request) -> Desk:
    """Return the application's desk."""
    desk: Desk = request.app.state.desk
    return desk


async def in_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do what may block, a use case for example, beside the event loop."""
    return await run_in_threadpool(work, *args, **kwargs)


async def in_turn(desk: Desk, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do what may take long, so few at a time that other work finds threads."""
    return await run_sync(partial(work, *args, **kwargs), limiter=desk.turns)


def _allowed(scope: Scope) -> Callable[..., object]:
    async def caller(
        request: Request,
        bearer: Annotated[HTTPAuthorizationCredentials | None, Security(BEARER)],
    ) -> Caller:
        desk = at_desk(request)
        key = await _key(desk, request, bearer)
        if key is None:
            return Caller(LOCAL)
        if scope not in key.scopes:
            raise Forbidden(
                f"the API key lacks the scope {scope!r}",
                actual=", ".join(key.scopes),
                fix="use another key",
            )
        return Caller(key.tenant, key)

    return caller


async def _key(
    desk: Desk, request: Request, bearer: HTTPAuthorizationCredentials | None
) -> Key | None:
    """Return the caller's key; None where none is asked for, whatever is sent."""
    if is_loopback(desk.host) and not await in_thread(desk.keys.any):
        refuse_strangers(request)
        desk.rates.spend(LOCAL, desk.settings.requests_per_minute)
        return None
    if bearer is None:
        fix = "send the header Authorization: Bearer KEY"
        raise Unauthenticated("there is no API key in the request", fix=fix)
    key = await in_thread(desk.keys.check, bearer.credentials)
    desk.rates.spend(key.id, key.requests_per_minute or desk.settings.requests_per_minute)
    return key


AtDesk = Annotated[Desk, Depends(at_desk)]
Reader = Annotated[Caller, Depends(_allowed("read"))]
Writer = Annotated[Caller, Depends(_allowed("write"))]
Scraper = Annotated[Caller, Depends(_allowed("metrics"))]
