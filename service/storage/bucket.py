"""Blobs in an S3-compatible bucket, by way of obstore.

Credentials and endpoint come from the usual variables: ``AWS_ACCESS_KEY_ID``,
``AWS_SECRET_ACCESS_KEY``, ``AWS_REGION``, ``AWS_ENDPOINT_URL``.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from service.errors import OutOfService
from service.storage.store import PIECE, Blob, Kept

PROBE = "probe"
IN_MEMORY = 1 << 23
"""Bytes that wait in memory until their hash is known; more wait on the disk."""


class BucketStorage:
    """Blobs as ``blobs/abcd…`` in a bucket."""

    def __init__(self, url: str) -> None:
        with _refusals(url):
            self._store = S3Store.from_url(
                url, client_options={"allow_http": True}, retry_config={"max_retries": 3}
            )
        self._url = url

    def put(self, pieces: Iterable[bytes]) -> Blob:
        """Keep bytes that arrive in pieces; the store shows an object only when it is whole."""
        digest, size = hashlib.sha256(), 0
        with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as waiting:
            for piece in pieces:
                digest.update(piece)
                size += len(piece)
                waiting.write(piece)
            waiting.seek(0)
            with _refusals(self._url):
                obstore.put(self._store, _place(digest.hexdigest()), waiting)
        return Blob(digest.hexdigest(), size)

    def put_file(self, path: Path, *, durable: bool = True) -> Blob:
        """Keep a file and remove it here; a bucket's objects are always durable."""
        with path.open("rb") as file:
            key = hashlib.file_digest(file, "sha256").hexdigest()
        blob = Blob(key, path.stat().st_size)
        with _refusals(self._url):
            obstore.put(self._store, _place(key), path)
        path.unlink()
        return blob

    def read(self, key: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Yield bytes of a blob."""
        with _refusals(self._url):
            size = obstore.head(self._store, _place(key))["size"]
        return self._pieces(key, start, size if end is None else min(end, size))

    def path(self, key: str) -> Path | None:
        """Return None: blobs lie elsewhere."""
        with _refusals(self._url):
            obstore.head(self._store, _place(key))
        return None

    def link(self, key: str, seconds: int, content_type: str, name: str) -> str | None:
        """Return a signed address of the store itself."""
        with _refusals(self._url):
            return obstore.sign(self._store, "GET", _place(key), timedelta(seconds=seconds))

    def listing(self) -> Iterator[Kept]:
        """Yield every blob."""
        now = datetime.now(UTC)
        with _refusals(self._url):
            for some in obstore.list(self._store, prefix="blobs"):
                for about in some:
                    age = (now - about["last_modified"]).total_seconds()
                    yield Kept(about["path"].rpartition("/")[2], about["size"], age)

    def delete(self, key: str) -> None:
        """Forget a blob."""
        with _refusals(self._url):
            obstore.delete(self._store, _place(key))

    def free(self) -> int | None:
        """Return None: a bucket has no end that we know of."""
        return None

    def check(self) -> None:
        """Prove that the bucket takes bytes."""
        with _refusals(self._url):
            obstore.put(self._store, PROBE, b"stillwave")

    def _pieces(self, key: str, start: int, end: int) -> Iterator[bytes]:
        for first in range(start, end, PIECE * 16):
            last = min(first + PIECE * 16, end)
            with _refusals(self._url):
                piece = obstore.get_range(self._store, _place(key), start=first, end=last)
            yield bytes(piece)


def _place(key: str) -> str:
    if len(key) != 64 or not set(key) <= set("0123456789abcdef"):
        raise KeyError(key)
    return f"blobs/{key}"


@contextmanager
def _refusals(url: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise KeyError(url) from error
    except (BaseError, OSError) as error:
        raise OutOfService(
            f"the storage does not answer ({type(error).__name__})",
            actual=url,
            wait=30.0,
            fix="start it, or mend STILLWAVE_STORAGE_URL and the AWS_… variables",
        ) from error
