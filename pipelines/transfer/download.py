"""Streaming a file to disk, going on where the connection broke off."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import httpx2

from pipelines.files import output_errors
from pipelines.transfer.patience import Patience
from pipelines.transfer.peer import Hiccup, Peer

MOST_BYTES = 2 * 2**30
"""A clip of some seconds is a few megabytes: what is larger than this is something else."""


class Download:
    """One file on its way.

    It is resumed by ``Range`` where the server named the file's version (a strong ``ETag``), so
    that two versions are never spliced; else it starts over.

    Args:
        http: where to ask.
        path: receives the bytes.
        peer: the server.
        patience: checked at every chunk.
        heard: told the bytes received and, once known, their total (else 0); may raise.
    """

    def __init__(
        self,
        http: httpx2.Client,
        path: Path,
        peer: Peer,
        patience: Patience,
        heard: Callable[[int, int], None],
    ) -> None:
        self._http = http
        self._path = path
        self._peer = peer
        self._patience = patience
        self._heard = heard
        self._received = self._furthest = self._total = 0
        self._version = ""

    def fetch(self, route: str) -> None:
        """Bring in what ``route`` serves, whole.

        Raises:
            Cancelled: the job was cancelled.
            RemoteFailed: the server does not deliver.
            NoSpace: the disk is full.
        """
        self._path.touch()
        while not self._patience.persist(lambda: self._more(route)):
            pass  # each turn brought something new

    def _more(self, route: str) -> bool:
        """Ask once; return whether the file is whole.

        Raises:
            Hiccup: the connection broke off before anything new came.
        """
        try:
            with self._peer.on_the_way():
                return self._ask(route)
        except Hiccup:
            if self._received <= self._furthest:
                raise
            self._furthest = self._received
            return False

    def _ask(self, route: str) -> bool:
        headers = {"Accept-Encoding": "identity"}
        if self._received and self._version:
            headers |= {"Range": f"bytes={self._received}-", "If-Range": self._version}
        with self._http.stream("GET", route, headers=headers) as response:
            if response.status_code not in (200, 206):
                response.read()
                raise self._peer.refusal(response)
            self._begin(response)
            with output_errors(self._path.parent), self._path.open("r+b") as file:
                file.truncate(self._received)
                file.seek(self._received)
                for chunk in response.iter_raw():
                    file.write(chunk)
                    self._count(len(chunk))
        return True

    def _begin(self, response: httpx2.Response) -> None:
        """Take note of what is coming: the whole file, or the rest of it."""
        kind = response.headers.get("content-type", "")
        if not self._peer.sends_text and kind.startswith(("text/", "application/json")):
            what = "sends text where the file should be"
            raise self._peer.failure(what, "look at what it answers there")
        span = re.fullmatch(r"bytes (\d+)-\d+/(\d+)", response.headers.get("content-range", ""))
        if response.status_code == 206 and span and int(span[1]) == self._received:
            self._total = int(span[2])
        else:
            self._received = 0
            self._total = int(response.headers.get("content-length", 0))
        version = response.headers.get("etag", "")
        self._version = "" if version.startswith("W/") else version

    def _count(self, size: int) -> None:
        self._received += size
        if self._received > MOST_BYTES:
            what = f"sends more than {MOST_BYTES // 2**30} GiB"
            raise self._peer.failure(what, "ask for fewer frames", actual=self._received)
        self._patience.left()
        self._heard(self._received, self._total)
