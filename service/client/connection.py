"""One service's routes, as a client sees them."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx2

from pipelines.errors import StillwaveError
from pipelines.transfer.download import Download
from pipelines.transfer.patience import Patience
from service.client.following import Following, Heard
from service.client.peer import ServicePeer, checked
from service.jobs.nouns import LIVE, Kind

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 30.0
"""Longest silence; an upload is looked at before it is answered."""

REQUEST_SECONDS = 60.0
"""Longest time for one request with all its attempts."""

FILE_SECONDS = 3600.0
FOLLOWED_SECONDS = 7 * 86400.0
"""Longest time for a file, and for a job in its queue and at work."""

ATTEMPTS = 9
"""In a row: about half a minute, in which a service starts again."""

PARTING_SECONDS = 2.0
"""Longest wait for the answer to a cancel."""

Parts = list[tuple[str, tuple[str, bytes]]]
"""Files of a form: field, then name and bytes."""

Job = dict[str, Any]
"""A render or an exploration, as ``service.api.schemas.RenderResource`` writes it."""


class Connection:
    """A connection to one service; close it by leaving its ``with`` block.

    Args:
        url: its base address.
        key: the API key that it is sent; None where it asks for none.
        cancel: ends every wait.

    Raises:
        InvalidInput: the address is none.
    """

    def __init__(self, url: str, key: str | None, cancel: threading.Event) -> None:
        self._cancel = cancel
        self._peer = ServicePeer(checked(url), key)
        bearer = {} if key is None else {"Authorization": f"Bearer {key}"}
        self._http = httpx2.Client(
            base_url=checked(url),
            headers={"User-Agent": "stillwave", **bearer},
            follow_redirects=True,
            timeout=httpx2.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
        )

    def __enter__(self) -> Connection:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    def get(self, route: str) -> dict[str, Any]:
        """Return what a route says.

        Raises:
            StillwaveError: what the service refuses with; RemoteFailed where it does not answer.
        """
        return self._asked(partial(self._http.get, route))

    def create(self, kind: Kind, spec: Mapping[str, object], files: Parts, key: str) -> Job:
        """Order a job; ``key`` makes the attempts at it, however many, one job.

        Raises:
            StillwaveError: as :meth:`get`.
        """
        post = partial(
            self._http.post,
            f"/v1/{kind}s",
            data={"spec": json.dumps(spec)},
            files=files,
            headers={"Idempotency-Key": key},
        )
        return self._asked(post)

    def post(self, route: str, document: Mapping[str, object], key: str) -> Job:
        """Order a job by a document; as :meth:`create`."""
        headers = {"Idempotency-Key": key}
        return self._asked(partial(self._http.post, route, json=document, headers=headers))

    def delete(self, route: str) -> Job:
        """Have a live job cancelled, one that has ended forgotten; return it.

        Raises:
            StillwaveError: as :meth:`get`.
        """
        return self._asked(partial(self._http.delete, route))

    def follow(self, job: Job, heard: Heard) -> Job:
        """Wait for a job's end and return it as it is then; ``heard`` is told its progress.

        Raises:
            StillwaveError: as :meth:`get`.
        """
        patience = self._patience(FOLLOWED_SECONDS)
        Following(self._http, self._peer, patience, heard).until_end(job["links"]["events"])
        return self.get(job["links"]["self"])

    def cancel(self, job: Job) -> None:
        """Have a live job cancelled, if that is quick; one that has ended stays as it is."""
        try:
            state = self._http.get(job["links"]["self"], timeout=PARTING_SECONDS).json()["state"]
            if state in LIVE:
                self._http.delete(job["links"]["self"], timeout=PARTING_SECONDS)
        except (httpx2.HTTPError, ValueError, KeyError):
            return  # it is told by the next one who looks: nothing more can be done from here

    def fetch(self, file: Mapping[str, Any], path: Path, heard: Callable[[int, int], None]) -> None:
        """Bring one of a job's files to ``path``; ``heard`` is told its bytes and their total.

        Raises:
            RemoteFailed: what comes is not the file that the job made.
            StillwaveError: as :meth:`get`.
        """
        patience = self._patience(FILE_SECONDS)
        Download(self._http, path, self._peer, patience, heard).fetch(file["url"])
        with path.open("rb") as kept:
            digest = hashlib.file_digest(kept, "sha256").hexdigest()
        if digest != file["sha256"]:
            what = f"sent {file['name']} with another checksum than it named"
            raise self.failure(what, "run the same command again")

    def failure(self, what: str, fix: str) -> StillwaveError:
        """Return an error: ``what`` goes on from the service's name."""
        return self._peer.failure(what, fix)

    def _asked(self, request: Callable[[], httpx2.Response]) -> dict[str, Any]:
        def attempt() -> dict[str, Any]:
            with self._peer.on_the_way():
                response = request()
            if not response.is_success:
                raise self._peer.refusal(response)
            return self._peer.document(response)

        return self._patience(REQUEST_SECONDS).persist(attempt)

    def _patience(self, seconds: float) -> Patience:
        return Patience(self._cancel, self._peer.late, seconds, ATTEMPTS)
