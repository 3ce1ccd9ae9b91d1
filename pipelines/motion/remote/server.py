"""The OpenAI-shaped video routes, as a client sees them.

``POST videos``, ``GET videos/{id}``, ``GET videos/{id}/content``, ``DELETE videos/{id}``: the
shape that vLLM-Omni and SGLang Diffusion kept (see docs/remote.md for the sources).
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import NamedTuple
from urllib.parse import quote

import httpx2

from pipelines.errors import RemoteFailed
from pipelines.machine import RemoteServer
from pipelines.motion.remote.faults import Faults
from pipelines.motion.remote.order import Order
from pipelines.transfer.download import Download
from pipelines.transfer.patience import Patience

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 15.0
"""Longest silence; an answer about a video is a line of JSON."""

UPLOAD_SECONDS = 60.0
"""Longest silence after an upload: servers look at the picture before they answer."""

PARTING_SECONDS = 2.0
"""Longest wait of a clean-up, as long as vLLM-Omni takes to abort."""


class Video(NamedTuple):
    """What a server says about a video.

    Attributes:
        id: its own name for it.
        status: ``queued``, ``in_progress``, ``completed``, ``failed`` or another word.
        percent: done, 0..100; 0 where the server does not say.
        error: its words about a failure.
        model: what it says it runs.
    """

    id: str
    status: str
    percent: int = 0
    error: str = ""
    model: str = ""


class VideoServer:
    """A connection to one server; close it by leaving its ``with`` block.

    Args:
        remote: where it is.
        faults: puts its failures into words.
        patience: the time that one video may take.
    """

    def __init__(self, remote: RemoteServer, faults: Faults, patience: Patience) -> None:
        self._faults = faults
        self._patience = patience
        self._http = httpx2.Client(
            base_url=remote.url,
            headers=_headers(remote),
            follow_redirects=True,
        )

    def __enter__(self) -> VideoServer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    def create(self, order: Order) -> Video:
        """Order a video.

        One idempotency key goes with every attempt, so that a server that knows such keys makes
        one video even when its answer to the first attempt was lost.
        """
        headers = {"Idempotency-Key": uuid.uuid4().hex}
        post = partial(
            self._http.post, "videos", data=order.fields, files=order.files, headers=headers
        )
        return self._asked(post, UPLOAD_SECONDS, ordered=False)

    def look(self, video: Video) -> Video:
        """Ask how a video is doing."""
        return self._asked(partial(self._http.get, _route(video)), ANSWER_SECONDS)

    def fetch(self, video: Video, path: Path, heard: Callable[[int, int], None]) -> None:
        """Stream a completed video to ``path``; ``heard`` is told the bytes and their total."""
        self._http.timeout = self._timeout(ANSWER_SECONDS)
        Download(self._http, path, self._faults, self._patience, heard).fetch(
            f"{_route(video)}/content"
        )

    def forget(self, video: Video) -> bool:
        """Have a video stopped and deleted, if that is quick; return whether it was."""
        phase = PARTING_SECONDS / 2  # connecting, then waiting
        try:
            response = self._http.delete(_route(video), timeout=phase)
        except httpx2.HTTPError:
            return False
        return response.is_success

    def _asked(
        self, request: Callable[..., httpx2.Response], seconds: float, *, ordered: bool = True
    ) -> Video:
        def attempt() -> Video:
            with self._faults.on_the_way():
                response = request(timeout=self._timeout(seconds))
            if not response.is_success:
                raise self._faults.refusal(response, ordered=ordered)
            return self._read(response)

        return self._patience.persist(attempt)

    def _timeout(self, seconds: float) -> httpx2.Timeout:
        left = self._patience.left()
        return httpx2.Timeout(min(seconds, left), connect=min(CONNECT_SECONDS, left))

    def _read(self, response: httpx2.Response) -> Video:
        try:
            said = response.json()
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            raise self._faults.no_json() from error
        if not isinstance(said, dict) or not all(
            isinstance(said.get(key), str) and said[key] for key in ("id", "status")
        ):
            raise self._nameless()
        return Video(
            id=said["id"],
            status=said["status"],
            percent=_percent(said.get("progress")),
            error=self._error(said.get("error")),
            model=self._faults.quoted(str(said.get("model") or "")),
        )

    def _nameless(self) -> RemoteFailed:
        what = "answers without the id and the status of a video"
        return self._faults.failure(what, "check that it speaks the OpenAI-shaped video routes")

    def _error(self, said: object) -> str:
        words = said.get("message") if isinstance(said, dict) else said
        return self._faults.quoted(words) if isinstance(words, str) else ""


def _headers(remote: RemoteServer) -> dict[str, str]:
    key = {} if remote.key is None else {"Authorization": f"Bearer {remote.key}"}
    return {"User-Agent": "stillwave", **key}


def _route(video: Video) -> str:
    return f"videos/{quote(video.id, safe='')}"


def _percent(said: object) -> int:
    """Read a number from 0 to 100; anything else is 0."""
    return int(said) if isinstance(said, int | float) and 0 <= said <= 100 else 0
