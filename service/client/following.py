"""A job's story as it happens: server-sent events, gone on with where a connection broke off."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import httpx2

from pipelines.transfer.patience import Patience
from pipelines.transfer.peer import Hiccup, Peer
from service.jobs.nouns import ENDED

Heard = Callable[[str, int, int], None]
"""Told a stage, its steps done, and all its steps (0 while not known); may raise."""

SILENCE_SECONDS = 60.0
"""After so long without a heartbeat the stream is opened anew."""


class Following:
    """One job's events, each heard once.

    Args:
        http: where to ask.
        peer: the service.
        patience: with its silence.
        heard: told the progress.
    """

    def __init__(self, http: httpx2.Client, peer: Peer, patience: Patience, heard: Heard) -> None:
        self._http = http
        self._peer = peer
        self._patience = patience
        self._heard = heard
        self._last = "0"

    def until_end(self, route: str) -> None:
        """Listen to what ``route`` tells until the job has ended.

        Raises:
            Cancelled: this end of it was cancelled.
            StillwaveError: the service refuses, or is away for too long.
        """
        while not self._patience.persist(lambda: self._more(route)):
            pass  # each turn heard something new, or nothing was wrong

    def _more(self, route: str) -> bool:
        """Listen once; return whether the job has ended."""
        before = self._last
        try:
            with self._peer.on_the_way():
                return self._listen(route)
        except Hiccup:
            if self._last == before:
                raise
            return False

    def _listen(self, route: str) -> bool:
        headers = {"Last-Event-ID": self._last}
        timeout = httpx2.Timeout(SILENCE_SECONDS, connect=5.0)
        with self._http.sse(route, headers=headers, timeout=timeout) as source:
            if source.response.status_code == 204:
                return True
            if not source.response.is_success:
                source.response.read()
                raise self._peer.refusal(source.response)
            for event in source:
                self._patience.left()
                self._last = event.id or self._last
                if event.event in ENDED:
                    return True
                self._tell(event)
        what = "ended the stream of events before the job"
        raise Hiccup(self._peer.failure(what, "look into its log, then try again"))

    def _tell(self, event: httpx2.ServerSentEvent) -> None:
        if event.event == "queued":
            self._heard("queued", 0, 0)
        elif event.event == "progress":
            said = cast("dict[str, object]", event.json())
            self._heard(str(said["stage"]), *(int(str(said[key])) for key in ("done", "total")))
