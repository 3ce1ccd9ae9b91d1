"""One request to a vetted address: see `service.addresses` for what may be called.

The connection goes to the address that was judged, the certificate is checked by name, no proxy is
asked, and no redirect is followed.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import httpx2

from service.addresses import Target

AGENT = "stillwave"


@asynccontextmanager
async def asked(
    target: Target,
    method: str,
    headers: Mapping[str, str],
    *,
    seconds: float,
    body: bytes | None = None,
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[httpx2.Response]:
    """Send one request and yield the answer's head; its body comes as it is read.

    Args:
        seconds: between any two signs of life.
        tls: what certificates are checked with; None is the system's own.
    """
    async with (
        httpx2.AsyncClient(
            verify=True if tls is None else tls, trust_env=False, timeout=seconds
        ) as client,
        client.stream(
            method,
            target.pinned,
            content=body,
            headers={"Host": target.host_header, "User-Agent": AGENT, **headers},
            extensions={"sni_hostname": target.name},
            follow_redirects=False,
        ) as answer,
    ):
        yield answer


def reason(error: Exception) -> str:
    """Say in a few words what kind of failure it was; a library's own words may leak addresses."""
    if isinstance(error, httpx2.ConnectError):
        certificate = "certificate" in str(error).lower()
        return "its certificate is not good" if certificate else "it cannot be reached"
    if isinstance(error, httpx2.InvalidURL):
        return "it leads to something that is no address"
    return "it broke off the connection"
