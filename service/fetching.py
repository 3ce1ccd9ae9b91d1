"""Fetching a still from an address that a caller chose, safely.

See `service.addresses` for what may be called. Redirects are followed by hand, each judged like the
first address. What comes is counted while it streams, never unpacked, and has a deadline.
"""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass, field
from typing import BinaryIO

import httpx2

from service.addresses import AddressPolicy, Resolve, resolve, vet
from service.errors import FetchRefused
from service.outbound import asked, reason

REDIRECTS = (301, 302, 303, 307, 308)
HEADERS = {"Accept": "image/*", "Accept-Encoding": "identity"}


@dataclass(frozen=True)
class Fetcher:
    """Fetches stills.

    Attributes:
        policy: which addresses may be called.
        most_bytes: a larger file is refused as soon as that is known.
        seconds: for everything, redirects and names included.
        redirects: followed at most.
        resolver: finds a host's addresses.
        tls: what certificates are checked with; None is the system's own.
    """

    policy: AddressPolicy = field(default_factory=AddressPolicy)
    most_bytes: int = 64 * 2**20
    seconds: float = 20.0
    redirects: int = 3
    resolver: Resolve = resolve
    tls: ssl.SSLContext | None = None

    async def fetch(self, url: str, into: BinaryIO) -> int:
        """Write the file at ``url`` into an open file; return its number of bytes.

        Raises:
            FetchRefused: the address may not be called, does not answer in time, answers with
                something else than a file, or sends too much.
        """
        try:
            async with asyncio.timeout(self.seconds):
                return await self._follow(url, into)
        except (TimeoutError, httpx2.TimeoutException) as error:
            what = f"the address did not deliver within {self.seconds:g} seconds"
            raise FetchRefused(what, fix="try again, or upload the file instead") from error
        except (httpx2.HTTPError, httpx2.InvalidURL, ssl.SSLError) as error:
            what = "the address cannot be fetched: " + reason(error)
            raise FetchRefused(what, fix="try again, or upload the file instead") from error

    async def _follow(self, url: str, into: BinaryIO) -> int:
        for _ in range(self.redirects + 1):
            target = await vet(url, self.policy, self.resolver)
            async with asked(target, "GET", HEADERS, seconds=self.seconds, tls=self.tls) as answer:
                if answer.status_code not in REDIRECTS:
                    return await self._copy(answer, into)
                url = str(target.url.join(answer.headers.get("location", "")))
        raise FetchRefused(
            "the address redirects too often",
            allowed=f"up to {self.redirects} redirects",
            fix="give the address it leads to",
        )

    async def _copy(self, answer: httpx2.Response, into: BinaryIO) -> int:
        if answer.status_code != 200:
            what = f"the address answers with status {answer.status_code}"
            raise FetchRefused(what, allowed="200", fix="check that anybody may open it")
        if answer.headers.get("content-encoding", "identity") != "identity":
            raise FetchRefused("the address sends a packed file", fix="serve the picture as it is")
        if int(_digits(answer.headers.get("content-length", ""))) > self.most_bytes:
            raise self._too_large()
        size = 0
        async for chunk in answer.aiter_raw():
            size += len(chunk)
            if size > self.most_bytes:
                raise self._too_large()
            into.write(chunk)
        return size

    def _too_large(self) -> FetchRefused:
        most = f"up to {self.most_bytes / 2**20:g} MiB"
        return FetchRefused("the file is too large", allowed=most, fix="export a smaller still")


def _digits(text: str) -> str:
    return text if text.isascii() and text.isdecimal() else "0"
