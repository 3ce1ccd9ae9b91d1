"""A Stillwave service's refusals: the problems that it tells become the errors they were."""

from __future__ import annotations

import json
from typing import Any

import httpx2

from pipelines.errors import InvalidInput, StillwaveError
from pipelines.transfer.peer import PASSING, Hiccup, Peer, public_address, retry_after
from service.errors import Unauthenticated
from service.problems import MEDIA_TYPE, error_told

OPTION = "--server"
KEY = "STILLWAVE_SERVER_KEY"


class ServicePeer(Peer):
    """Puts the failures of one Stillwave service into words.

    Args:
        url: where it is.
        key: the API key that it is sent.
    """

    def __init__(self, url: str, key: str | None) -> None:
        super().__init__(f"the service {public_address(url)}", OPTION, key)

    def refusal(self, response: httpx2.Response) -> StillwaveError | Hiccup:
        """Return the error that an answer tells of; where it may pass by itself, a hiccup."""
        error = self._told(response)
        if response.status_code == 429 or response.status_code in PASSING:
            return Hiccup(error, retry_after(response))
        return error

    def document(self, response: httpx2.Response) -> dict[str, Any]:
        """Return the object that a successful answer holds.

        Raises:
            RemoteFailed: it holds something else.
        """
        said = _json(response)
        if not isinstance(said, dict):
            raise self.wrong_address("answers with something else than JSON, perhaps a web page")
        return said

    def late(self, seconds: float) -> StillwaveError:
        """Return the error for an answer that was not there after ``seconds``."""
        what = f"did not answer within {seconds:g} s"
        return self.failure(what, "look into its log, then try again", actual=seconds)

    def _told(self, response: httpx2.Response) -> StillwaveError:
        status, said = response.status_code, _json(response)
        kind = response.headers.get("content-type", "").partition(";")[0].strip()
        if kind != MEDIA_TYPE or not isinstance(said, dict):
            if status < 500:
                return self.wrong_address(f"is no Stillwave service (it answers {status})")
            return self.failure(f"failed ({status})", "look into its log", actual=status)
        error = error_told(said)
        if isinstance(error, Unauthenticated):
            return Unauthenticated(error.problem, fix=f"set {KEY} to an API key of it")
        return error


def checked(url: str) -> str:
    """Return a service's base address without the slash at its end.

    Raises:
        InvalidInput: it is none.

    >>> checked("http://127.0.0.1:8000/")
    'http://127.0.0.1:8000'
    """
    try:
        address = httpx2.URL(url.strip())
    except httpx2.InvalidURL:
        address = httpx2.URL("")
    if address.scheme not in ("http", "https") or not address.host:
        raise InvalidInput(
            f"the service's address {url[:60]!r} is none",
            actual=url,
            allowed="an address such as http://127.0.0.1:8000",
            fix=f"give {OPTION} what stillwave serve says",
        )
    return str(address).rstrip("/")


def _json(response: httpx2.Response) -> object:
    try:
        return response.json()
    except (json.JSONDecodeError, UnicodeDecodeError):
        return None
