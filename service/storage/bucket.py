"""Blobs in an S3-compatible bucket, by way of obstore.

Credentials and endpoint come from the usual variables: ``AWS_ACCESS_KEY_ID``,
``AWS_SECRET_ACCESS_KEY``, ``AWS_REGION``, ``AWS_ENDPOINT_URL``. botocore, which finds credentials
in the same places, signs links: obstore's own cannot say under what type and name a file is sent.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode, urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from service.errors import OutOfService
from service.storage.store import PIECE, Blob, Kept, sha256_of

if TYPE_CHECKING:
    from botocore.credentials import Credentials

PROBE = "probe"
PROOF = b"stillwave"
IN_MEMORY = 1 << 23
"""Bytes that wait in memory until their hash is known; more wait on the disk."""


class BucketStorage:
    """Blobs as ``blobs/abcd…`` in a bucket.

    Args:
        url: ``s3://bucket/prefix``.
        links: whether clients reach the bucket, and may be sent there.
    """

    def __init__(self, url: str, links: bool) -> None:
        self._url = url
        self._links = links
        with self._refusals():
            self._store = S3Store.from_url(
                url,
                client_options={"allow_http": True, "connect_timeout": "5s"},
                retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=30)},
            )

    def put(self, pieces: Iterable[bytes]) -> Blob:
        """Keep bytes that arrive in pieces; the store shows an object only when it is whole."""
        digest, size = hashlib.sha256(), 0
        with self._refusals(), tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as waiting:
            for piece in pieces:
                digest.update(piece)
                size += len(piece)
                waiting.write(piece)
            waiting.seek(0)
            obstore.put(self._store, _place(digest.hexdigest()), waiting)
        return Blob(digest.hexdigest(), size)

    def put_file(self, path: Path, *, key: str | None = None, durable: bool = True) -> Blob:
        """Keep a file and remove it here; a bucket's objects are always durable."""
        with self._refusals():
            key = key or sha256_of(path)
            blob = Blob(key, path.stat().st_size)
            obstore.put(self._store, _place(key), path)
            path.unlink()
        return blob

    def read(self, key: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Yield bytes of a blob."""
        size = self._size(key)
        return self._pieces(key, start, size if end is None else min(end, size))

    def path(self, key: str) -> Path | None:
        """Return None: blobs lie elsewhere."""
        self._size(key)
        return None

    def link(self, key: str, seconds: int, content_type: str, disposition: str) -> str | None:
        """Return a signed address of the store itself."""
        if not self._links or self._credentials is None:
            return None
        address, region = self._address(key)
        headers = {
            "response-content-type": content_type,
            "response-content-disposition": disposition,
        }
        return _signed(f"{address}?{urlencode(headers)}", self._credentials, region, seconds)

    def listing(self) -> Iterator[Kept]:
        """Yield every blob."""
        now = datetime.now(UTC)
        with self._refusals():
            for some in obstore.list(self._store, prefix="blobs"):
                for about in some:
                    age = (now - about["last_modified"]).total_seconds()
                    yield Kept(about["path"].rpartition("/")[2], about["size"], age)

    def delete(self, key: str) -> None:
        """Forget a blob."""
        with self._refusals(), suppress(FileNotFoundError):
            obstore.delete(self._store, _place(key))

    def free(self) -> int | None:
        """Return None: a bucket has no end that we know of."""
        return None

    def check(self) -> None:
        """Prove that the bucket takes bytes and gives them back."""
        with self._refusals():
            obstore.put(self._store, PROBE, PROOF)
            obstore.get(self._store, PROBE).bytes()

    @cached_property
    def _credentials(self) -> Credentials | None:
        from botocore.session import get_session

        return get_session().get_credentials()

    def _address(self, key: str) -> tuple[str, str]:
        """Return where the store has a blob, and the region that it is in."""
        with self._refusals():
            url = obstore.sign(self._store, "GET", _place(key), timedelta(seconds=1))
        parts = urlsplit(url)
        region = parse_qs(parts.query)["X-Amz-Credential"][0].split("/")[2]
        return f"{parts.scheme}://{parts.netloc}{parts.path}", region

    def _size(self, key: str) -> int:
        place = _place(key)
        with self._refusals():
            try:
                return obstore.head(self._store, place)["size"]
            except FileNotFoundError as error:
                raise KeyError(key) from error

    def _pieces(self, key: str, start: int, end: int) -> Iterator[bytes]:
        for first in range(start, end, PIECE * 16):
            last = min(first + PIECE * 16, end)
            with self._refusals():
                piece = obstore.get_range(self._store, _place(key), start=first, end=last)
            yield bytes(piece)

    @contextmanager
    def _refusals(self) -> Iterator[None]:
        try:
            yield
        except (BaseError, OSError) as error:
            raise OutOfService(
                f"the storage does not answer ({type(error).__name__})",
                actual=self._url,
                wait=30.0,
                fix="start it, or mend STILLWAVE_STORAGE_URL and the AWS_… variables",
            ) from error


def _place(key: str) -> str:
    if len(key) != 64 or not set(key) <= set("0123456789abcdef"):
        raise KeyError(key)
    return f"blobs/{key}"


def _signed(url: str, credentials: Credentials, region: str, seconds: int) -> str:
    """Sign an address by AWS Signature Version 4, in its query."""
    from botocore.auth import S3SigV4QueryAuth
    from botocore.awsrequest import AWSRequest

    request = AWSRequest("GET", url)
    S3SigV4QueryAuth(credentials, "s3", region, expires=seconds).add_auth(request)
    return str(request.url)
