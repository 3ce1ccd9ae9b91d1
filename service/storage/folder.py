"""Blobs in a folder: written to a temporary name, flushed, renamed."""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines.files import PARTIAL
from service.errors import OutOfService
from service.storage.store import PIECE, Blob, Kept, sha256_of

STALE_SECONDS = 3600.0
"""A temporary file that nobody wrote to for so long belongs to a dead process."""


class FolderStorage:
    """Blobs as ``ab/abcd…`` below one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lasting: set[str] = set()  # folders below it that outlive a power cut
        with _refusals(folder):
            folder.mkdir(parents=True, exist_ok=True)

    def put(self, pieces: Iterable[bytes]) -> Blob:
        """Keep bytes that arrive in pieces."""
        temporary = self._folder / f".{secrets.token_hex(8)}{PARTIAL}"
        with _refusals(self._folder):
            try:
                _write(temporary, pieces)
                return self._settle(temporary)
            finally:
                _forget(temporary)

    def put_file(self, path: Path, *, key: str | None = None, durable: bool = True) -> Blob:
        """Keep a file; it is moved when it lies on the same disk."""
        with _refusals(self._folder):
            if path.stat().st_dev == self._folder.stat().st_dev:
                if durable:
                    _flush(path)
                return self._settle(path, key, durable)
            blob = self.put(_pieces(path))
            path.unlink()
            return blob

    def read(self, key: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Yield bytes of a blob."""
        return _pieces(self.path(key), start, end)

    def path(self, key: str) -> Path:
        """Return where a blob lies."""
        path = self._place(key)
        if not path.is_file():
            raise KeyError(key)
        return path

    def link(self, key: str, seconds: int, content_type: str, disposition: str) -> str | None:
        """Return None: a folder serves nothing."""
        return None

    def listing(self) -> Iterator[Kept]:
        """Yield every blob; sweep away what dead writers left."""
        now = time.time()
        for left in self._folder.glob(f".*{PARTIAL}"):
            if now - left.stat().st_mtime > STALE_SECONDS:
                _forget(left)
        for path in self._folder.glob("??/*"):
            try:
                about = path.stat()
            except FileNotFoundError:
                continue  # another sweep was here
            yield Kept(path.name, about.st_size, now - about.st_mtime)

    def delete(self, key: str) -> None:
        """Forget a blob."""
        with _refusals(self._folder):
            _forget(self._place(key))

    def free(self) -> int:
        """Return the bytes that are free on the folder's disk."""
        with _refusals(self._folder):
            return shutil.disk_usage(self._folder).free

    def check(self) -> None:
        """Prove that the folder takes bytes."""
        probe = self._folder / f".{secrets.token_hex(8)}{PARTIAL}"
        with _refusals(self._folder):
            try:
                probe.write_bytes(b"stillwave")
            finally:
                _forget(probe)

    def _last(self, below: Path) -> None:
        if below.name not in self._lasting:
            _flush(self._folder)
            self._lasting.add(below.name)

    def _place(self, key: str) -> Path:
        if len(key) != 64 or not set(key) <= set("0123456789abcdef"):
            raise KeyError(key)  # a key comes from a request: it must not walk the disk
        return self._folder / key[:2] / key

    def _settle(self, temporary: Path, key: str | None = None, durable: bool = True) -> Blob:
        """Rename a flushed file to the name of its content."""
        key = key or sha256_of(temporary)
        size, target = temporary.stat().st_size, self._place(key)
        target.parent.mkdir(exist_ok=True)
        os.utime(temporary)  # a file that was made long ago is new here
        temporary.replace(target)
        if durable:
            _flush(target.parent)
            self._last(target.parent)
        return Blob(key, size)


def _write(path: Path, pieces: Iterable[bytes]) -> None:
    with path.open("xb") as file:
        file.writelines(pieces)
        file.flush()
        os.fsync(file.fileno())


def _pieces(path: Path, start: int = 0, end: int | None = None) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(start)
        left = path.stat().st_size - start if end is None else end - start
        while left > 0 and (piece := file.read(min(PIECE, left))):
            left -= len(piece)
            yield piece


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _forget(path: Path) -> None:
    path.unlink(missing_ok=True)


@contextmanager
def _refusals(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutOfService(
            f"the storage does not take or give files ({error.strerror or error})",
            actual=str(folder),
            wait=30.0,
            fix="free some space on the storage, or let the service write to it",
        ) from error
