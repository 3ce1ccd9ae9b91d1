"""What can go wrong with a video server, each as one sentence; and what may pass by itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx2

from pipelines.errors import RemoteFailed
from pipelines.machine import RemoteServer

LONGEST_QUOTE = 200
"""Characters of a server's own words that are passed on."""

PASSING = (502, 503, 504)
"""Statuses of a server, or of the gateway before it, that is down for a moment."""


class Hiccup(Exception):
    """A failure that may pass by itself.

    Args:
        failure: what it is called when it does not pass.
        wait: seconds that the server asked to wait, if it did.
    """

    def __init__(self, failure: RemoteFailed, wait: float | None = None) -> None:
        super().__init__(str(failure))
        self.failure = failure
        self.wait = wait


class Faults:
    """Puts the failures of one server into words; its key is in none of them."""

    def __init__(self, remote: RemoteServer) -> None:
        self._key = remote.key or ""
        self.name = f"the video server {public_address(remote.url)}"

    def failure(self, what: str, fix: str, *, actual: object = None) -> RemoteFailed:
        """Return an error: ``what`` goes on from the server's name."""
        return RemoteFailed(f"{self.name} {what}", actual=actual, fix=fix)

    @contextmanager
    def on_the_way(self) -> Iterator[None]:
        """Turn what happens to a connection into a hiccup."""
        try:
            yield
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            raise Hiccup(self._unreachable(self.quoted(str(error)))) from error
        except httpx2.TimeoutException as error:
            what = "does not answer in time"
            raise Hiccup(self.failure(what, "look into its log, then try again")) from error
        except httpx2.TransportError as error:
            what = f"broke off the connection ({self.quoted(str(error))})"
            raise Hiccup(self.failure(what, "look into its log, then try again")) from error
        except httpx2.TooManyRedirects as error:
            raise self._wrong_address("only ever redirects") from error

    def refusal(self, response: httpx2.Response, *, ordered: bool = True) -> RemoteFailed | Hiccup:
        """Put an answer that is not a success into words; its body has been read.

        Args:
            response: the answer.
            ordered: whether the server took an order before, and so has such routes.
        """
        status, words = response.status_code, self._words(response)
        said = f": {words}" if words else ""
        if status == 429 or status in PASSING:
            what = f"is {'busy' if status == 429 else 'not ready'} ({status}){said}"
            return Hiccup(self.failure(what, "try again later", actual=status), _wait(response))
        if status in (401, 403):
            what = "refuses the key" if self._key else "asks for a key"
            return self.failure(f"{what} ({status})", "set STILLWAVE_REMOTE_KEY", actual=status)
        if status in (404, 410) and ordered:
            what = f"no longer has the video ({status}); it may have been started anew"
            return self.failure(what, "try again", actual=status)
        if status in (404, 405) and words.lower() in ("", "not found", "method not allowed"):
            return self._wrong_address(f"has no such route ({status})")
        if status >= 500:
            what = f"failed ({status}){said}"
            return self.failure(what, "look into its log", actual=status)
        what = f"does not take the request ({status}){said}"
        return self.failure(what, "change what it names, the model among them", actual=status)

    def no_json(self) -> RemoteFailed:
        """Return the error for an answer that is a web page or something else."""
        return self._wrong_address("answers with something else than JSON, perhaps a web page")

    def quoted(self, words: str) -> str:
        """Return a server's words in one short line, without the key."""
        line = " ".join(words.split()).rstrip(".;")
        if self._key:
            line = line.replace(self._key, "…")
        return line if len(line) <= LONGEST_QUOTE else f"{line[:LONGEST_QUOTE]}…"

    def _unreachable(self, reason: str) -> RemoteFailed:
        fix = "check that it runs and that STILLWAVE_REMOTE_URL is its address"
        return self.failure(f"cannot be reached ({reason})", fix)

    def _wrong_address(self, what: str) -> RemoteFailed:
        fix = "set STILLWAVE_REMOTE_URL to its base address, up to and with /v1"
        return self.failure(what, fix)

    def _words(self, response: httpx2.Response) -> str:
        """Find the sentence in the shapes that OpenAI's, FastAPI's and plain servers use."""
        try:
            said = response.json()
        except (json.JSONDecodeError, UnicodeDecodeError):
            return ""
        for key in ("error", "detail", "message", "msg"):
            while isinstance(said, list) and said:
                said = said[0]
            if isinstance(said, dict) and key in said:
                said = said[key]
        return self.quoted(said) if isinstance(said, str) else ""


def public_address(url: str) -> str:
    """Return an address without the name, password and query it may hold.

    >>> public_address("http://ann:secret@gpu:8000/v1?key=1")
    'http://gpu:8000/v1'
    """
    address = httpx2.URL(url)
    return str(address.copy_with(username="", password="", query=None, fragment=None))


def _wait(response: httpx2.Response) -> float | None:
    """Read ``Retry-After``: seconds, or a date."""
    asked = response.headers.get("retry-after", "").strip()
    if asked.isdecimal():
        return float(asked)
    try:
        date = parsedate_to_datetime(asked)
    except ValueError:
        return None
    return max(0.0, (date.replace(tzinfo=date.tzinfo or UTC) - datetime.now(UTC)).total_seconds())
