"""The contract of a blob store, and which one a setting names."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from service.settings import Settings

PIECE = 1 << 18
"""Bytes that are read or sent at once."""


@dataclass(frozen=True)
class Blob:
    """Bytes under the name of their content.

    Attributes:
        key: sha256 of the bytes, in hex.
        size: bytes.
    """

    key: str
    size: int


@dataclass(frozen=True)
class Kept:
    """A blob as a listing shows it; ``age`` in seconds since it was last put."""

    key: str
    size: int
    age: float


class Storage(Protocol):
    """Keeps bytes by their content: whole or not at all, and never under another's name.

    Every method raises :class:`service.errors.OutOfService` when the store refuses.
    """

    def put(self, pieces: Iterable[bytes]) -> Blob:
        """Keep bytes that arrive in pieces; the same bytes again only renew the blob's age."""

    def put_file(self, path: Path, *, key: str | None = None, durable: bool = True) -> Blob:
        """Keep a file of this machine; it is consumed.

        Args:
            key: its SHA-256, where that is known.
            durable: it outlives a power cut. What could be made again need not wait for that.
        """

    def read(self, key: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Yield bytes ``start`` up to, not including, ``end``.

        Raises:
            KeyError: no such blob; raised before the first piece.
        """

    def path(self, key: str) -> Path | None:
        """Return where a blob lies on this machine; None when it lies elsewhere.

        Raises:
            KeyError: no such blob.
        """

    def link(self, key: str, seconds: int, content_type: str, disposition: str) -> str | None:
        """Return an address that serves a blob for some time; None when the store serves none.

        Args:
            key: of a blob that is there.
            seconds: how long.
            content_type: its Content-Type there.
            disposition: its Content-Disposition there.
        """

    def listing(self) -> Iterator[Kept]:
        """Yield every blob, in no order."""

    def delete(self, key: str) -> None:
        """Forget a blob; one that is not there is no error."""

    def free(self) -> int | None:
        """Return the bytes that still fit; None when nobody knows."""

    def check(self) -> None:
        """Prove that the store takes bytes and gives them back."""


def open_storage(settings: Settings) -> Storage:
    """Return the store that the settings name: a folder of the data folder, or a bucket."""
    if settings.storage_url is None:
        from service.storage.folder import FolderStorage

        return FolderStorage(settings.require_data_dir() / "blobs")
    from service.storage.bucket import BucketStorage

    return BucketStorage(settings.storage_url, settings.storage_links)


def sha256_of(path: Path) -> str:
    """Return a file's SHA-256 in hex, which is its blob's key."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fetch(storage: Storage, key: str, path: Path) -> Path:
    """Return a blob as a file of this machine: in place, or copied to ``path``."""
    lying = storage.path(key)
    if lying is not None:
        return lying
    with path.open("wb") as file:
        file.writelines(storage.read(key))
    return path
