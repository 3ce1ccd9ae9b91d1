"""Sending one message: to a vetted address, once, within a few seconds.

The address is judged again each time, for what a name stands for may have changed since it was
registered. Of the answer only its head is read: nothing that a receiver says is kept.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import httpx2

from service.addresses import AddressPolicy, Resolve, resolve, vet
from service.errors import FetchRefused
from service.outbound import asked, reason
from service.webhooks.nouns import Claim, Try
from service.webhooks.signing import headers_for

T = TypeVar("T")

GONE = 410


@dataclass(frozen=True)
class Answer:
    """What a receiver said.

    Attributes:
        retry_after: seconds that it asks to be left alone.
    """

    tried: Try
    retry_after: float = 0.0

    @property
    def accepted(self) -> bool:
        """Whether it has the message."""
        return self.tried.status is not None and 200 <= self.tried.status < 300

    @property
    def gone(self) -> bool:
        """Whether it wants no message any more."""
        return self.tried.status == GONE


@dataclass(frozen=True)
class Sender:
    """Sends messages; safe from several threads.

    Attributes:
        policy: which addresses may be called.
        seconds: for everything, the name included.
        resolver: finds a host's addresses.
        tls: what certificates are checked with; made once, for that takes a while.
    """

    policy: AddressPolicy = field(default_factory=AddressPolicy)
    seconds: float = 10.0
    resolver: Resolve = resolve
    tls: ssl.SSLContext = field(
        default_factory=lambda: httpx2.create_ssl_context(trust_env=False), repr=False
    )

    def send(self, claim: Claim) -> Answer:
        """Send a message and say what came of it; whatever goes wrong is told, not raised."""
        at, start = datetime.now(UTC), time.monotonic()
        status, detail, wait = _run(self._in_time(claim, at))
        return Answer(Try(at, status, detail, time.monotonic() - start), wait)

    async def _in_time(self, claim: Claim, at: datetime) -> tuple[int | None, str, float]:
        try:
            async with asyncio.timeout(self.seconds):
                return await self._send(claim, at)
        except FetchRefused as error:
            return None, error.problem, 0.0
        except (TimeoutError, httpx2.TimeoutException):
            return None, f"no answer within {self.seconds:g} seconds", 0.0
        except (httpx2.HTTPError, httpx2.InvalidURL, ssl.SSLError) as error:
            return None, reason(error), 0.0

    async def _send(self, claim: Claim, at: datetime) -> tuple[int, str, float]:
        target = await vet(claim.url, self.policy, self.resolver)
        headers = headers_for(claim.id, claim.body, claim.secrets, at)
        headers["Content-Type"] = "application/json"
        async with asked(
            target,
            "POST",
            headers,
            seconds=self.seconds,
            body=claim.body.encode(),
            tls=self.tls,
        ) as answer:
            status = answer.status_code
            return status, f"status {status}", retry_after(answer.headers, at)


def _run(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end, and no longer: `asyncio.run` would wait for a resolver that hangs."""
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(work)
    finally:
        loop.close()


def retry_after(headers: Mapping[str, str], now: datetime) -> float:
    """Return the seconds that ``Retry-After`` asks for, written either way; 0 without.

    >>> retry_after({"retry-after": "120"}, datetime.now(UTC))
    120.0
    """
    said = headers.get("retry-after", "").strip()
    if said.isascii() and said.isdecimal():
        return float(said[:9])
    try:
        then = parsedate_to_datetime(said)
    except (ValueError, TypeError):
        return 0.0
    return max(0.0, (then.replace(tzinfo=then.tzinfo or UTC) - now).total_seconds())
