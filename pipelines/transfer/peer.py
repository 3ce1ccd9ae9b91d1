"""The server at the other end: its failures in words, and which of them may pass by themselves."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx2

from pipelines.errors import RemoteFailed, StillwaveError

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

    def __init__(self, failure: StillwaveError, wait: float | None = None) -> None:
        super().__init__(str(failure))
        self.failure = failure
        self.wait = wait


class Peer(ABC):
    """Puts the failures of one server into words; its key is in none of them.

    Args:
        name: what it is called within a sentence.
        address: what a person sets its address by: a variable or an option.
        key: its bearer token.
    """

    sends_text = True
    """Whether any of its files is text; else text in the place of a file is an error."""

    def __init__(self, name: str, address: str, key: str | None) -> None:
        self.name = name
        self._address = address
        self._key = key or ""

    @abstractmethod
    def refusal(self, response: httpx2.Response) -> StillwaveError | Hiccup:
        """Put an answer that is not a success into words; its body has been read."""

    def failure(self, what: str, fix: str, *, actual: object = None) -> RemoteFailed:
        """Return an error: ``what`` goes on from the server's name."""
        return RemoteFailed(f"{self.name} {what}", actual=actual, fix=fix)

    def wrong_address(self, what: str) -> RemoteFailed:
        """Return the error for something that does not speak what we speak."""
        return self.failure(what, f"set {self._address} to its base address")

    def unreachable(self, reason: str) -> RemoteFailed:
        """Return the error for a server that nobody answers for."""
        fix = f"check that it runs and that {self._address} is its address"
        return self.failure(f"cannot be reached ({reason})", fix)

    @contextmanager
    def on_the_way(self) -> Iterator[None]:
        """Turn what happens to a connection into a hiccup."""
        try:
            yield
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            raise Hiccup(self.unreachable(self.quoted(str(error)))) from error
        except httpx2.TimeoutException as error:
            what = "does not answer in time"
            raise Hiccup(self.failure(what, "look into its log, then try again")) from error
        except httpx2.TransportError as error:
            what = f"broke off the connection ({self.quoted(str(error))})"
            raise Hiccup(self.failure(what, "look into its log, then try again")) from error
        except httpx2.TooManyRedirects as error:
            raise self.wrong_address("only ever redirects") from error

    def quoted(self, words: str) -> str:
        """Return a server's words in one short line, without the key."""
        line = " ".join(words.split()).rstrip(".;")
        if self._key:
            line = line.replace(self._key, "…")
        return line if len(line) <= LONGEST_QUOTE else f"{line[:LONGEST_QUOTE]}…"


def public_address(url: str) -> str:
    """Return an address without the name, password and query it may hold.

    >>> public_address("http://ann:secret@gpu:8000/v1?key=1")
    'http://gpu:8000/v1'
    """
    address = httpx2.URL(url)
    return str(address.copy_with(username="", password="", query=None, fragment=None))


def retry_after(response: httpx2.Response) -> float | None:
    """Return the seconds that ``Retry-After``, a number or a date, asks to wait."""
    asked = response.headers.get("retry-after", "").strip()
    if asked.isdecimal():
        return float(asked)
    try:
        date = parsedate_to_datetime(asked)
    except ValueError:
        return None
    return max(0.0, (date.replace(tzinfo=date.tzinfo or UTC) - datetime.now(UTC)).total_seconds())
