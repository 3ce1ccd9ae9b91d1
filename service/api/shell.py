"""Around every request: its id, its line in the log, its figures, its limit, and its headers."""

from __future__ import annotations

import logging
import re
import secrets
import time

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.metrics import Metrics
from service.api.refusals import response_for
from service.errors import TooLarge
from service.logs import RENDER, REQUEST

LOG = logging.getLogger("service.requests")

PROTECTION = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
"""Where an answer does not say otherwise."""

CLIENT_GONE = 499
"""In the log, for a client that did not wait for its answer: nginx's word for it."""

GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class Shell:
    """ASGI middleware; the outermost one.

    Args:
        app: what answers.
        metrics: told about every request.
        most_bytes: of a body; whoever reads one that is larger, or says so, meets `TooLarge`.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, most_bytes: int) -> None:
        self._app = app
        self._metrics = metrics
        self._most_bytes = most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and its answer back."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        request_id, said = _request_id(headers), headers.get("content-length", "")
        announced = int(said) if said.isdecimal() else 0
        scope["request_id"] = request_id
        REQUEST.set(request_id)
        RENDER.set(None)
        visit = _Visit(scope, request_id, self._metrics)

        async def ask() -> Message:
            message = {} if announced > self._most_bytes else await receive()
            visit.received += len(message.get("body", b""))
            if max(announced, visit.received) > self._most_bytes:
                raise _too_large(self._most_bytes)
            return message

        async def answer(message: Message) -> None:
            visit.watch(message)
            await send(message)

        try:
            await self._app(scope, ask, answer)
        except ClientDisconnect:
            visit.leave()
        except Exception as error:  # the last place to catch one: its trace is for the log alone
            LOG.exception("unexpected")
            if not visit.begun:
                await response_for(error, request_id)(scope, ask, answer)
        finally:
            visit.close()


class _Visit:
    """One request on its way through; ``received`` counts the bytes of its body."""

    def __init__(self, scope: Scope, request_id: str, metrics: Metrics) -> None:
        self._scope = scope
        self._request_id = request_id
        self._metrics = metrics
        self._start = time.perf_counter()
        self._status = 0
        self._sent = 0
        self.received = 0

    @property
    def begun(self) -> bool:
        """Whether an answer is under way."""
        return self._status != 0

    def leave(self) -> None:
        """Note that the client went away before there was an answer."""
        self._status = CLIENT_GONE

    def watch(self, message: Message) -> None:
        """Dress the answer's head, and count its body."""
        if message["type"] == "http.response.start":
            self._status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["X-Request-ID"] = self._request_id
            for name, value in PROTECTION.items():
                headers.setdefault(name, value)
            seconds = time.perf_counter() - self._start
            self._metrics.request(self._scope["method"], self._route(), self._status, seconds)
        elif message["type"] == "http.response.body":
            self._sent += len(message.get("body", b""))

    def close(self) -> None:
        """Write the log's line. The query and the headers may hold secrets, and are left out."""
        self._metrics.moved(self.received, self._sent)
        fields = {
            "method": self._scope["method"],
            "path": self._scope["path"],
            "status": self._status,
            "seconds": round(time.perf_counter() - self._start, 4),
            "bytes": self._sent,
        }
        LOG.info("request", extra={"fields": fields})

    def _route(self) -> str:
        return str(getattr(self._scope.get("route"), "path", "unknown"))


def _too_large(most: int) -> TooLarge:
    return TooLarge(
        "the body is too large",
        allowed=f"up to {most >> 20} MiB",
        fix="send a smaller still; several files can be sent one by one to /v1/sources",
    )


def _request_id(headers: Headers) -> str:
    """Keep the id that a proxy gave, when it is harmless."""
    given = headers.get("x-request-id", "")
    return given if GIVEN_ID.fullmatch(given) else f"req_{secrets.token_hex(8)}"
