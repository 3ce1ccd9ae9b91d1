"""Keeps other web sites out of a service that asks for no keys.

A page on the internet can make its reader's browser send requests to this machine, and by giving
its own name this machine's address it can even read the answers (DNS rebinding). So where nothing
else protects the service, a request must name this machine, and must not come from another site.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import Request

from service.auth import is_loopback
from service.errors import Forbidden


def refuse_strangers(request: Request) -> None:
    """Let a request without a key pass when it comes from this machine's own programs or page.

    Raises:
        Forbidden: it names another host, or a page of another site sent it.
    """
    host = request.headers.get("host", "")
    if not is_loopback(_name(host)):
        raise Forbidden(
            "without API keys this service answers to this machine's own name only",
            allowed="localhost or 127.0.0.1",
            fix="run: stillwave keys create NAME",
        )
    origin = request.headers.get("origin")
    site = request.headers.get("sec-fetch-site", "none")
    if (origin is not None and urlsplit(origin).netloc != host) or site == "cross-site":
        raise Forbidden(
            "a page of another site may not call a service without API keys",
            fix="run: stillwave keys create NAME",
        )


def _name(host: str) -> str:
    """Return a host header's name without its port."""
    return host.partition("]")[0].strip("[") if host.startswith("[") else host.partition(":")[0]
