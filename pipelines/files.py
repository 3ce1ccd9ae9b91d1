"""Files appear whole or not at all: write to a temporary name, fsync, rename."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines.errors import NoSpace, OutputRefused

PARTIAL = ".stillwave-partial"
"""Marks temporary names; such a file is never read and may be deleted at any time."""


@contextmanager
def publish(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; on success it becomes ``path`` in one step.

    On an exception the temporary file is removed and ``path`` stays as it was. The temporary
    name keeps the suffix, so that writers that look at it choose the right container.

    Raises:
        OutputRefused: the folder cannot be made or written.
        NoSpace: the disk is full.
    """
    temporary = path.with_name(f".{path.stem}-{secrets.token_hex(4)}{PARTIAL}{path.suffix}")
    try:
        with output_errors(path.parent):
            path.parent.mkdir(parents=True, exist_ok=True)
            yield temporary
            _flush(temporary)
            os.replace(temporary, path)
            _flush(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def write_bytes(path: Path, data: bytes) -> None:
    """Publish ``data`` as ``path``."""
    with publish(path) as temporary:
        temporary.write_bytes(data)


@contextmanager
def output_errors(folder: Path) -> Iterator[None]:
    """Turn the operating system's refusals while writing into ours."""
    try:
        yield
    except OSError as error:
        if isinstance(error, OutputRefused | NoSpace):
            raise
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise NoSpace(
                f"the disk that holds {folder} is full",
                actual=str(folder),
                fix="free some space or choose another folder with --out",
            ) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST):
            raise OutputRefused(
                f"{folder} cannot be written ({error.strerror})",
                actual=str(folder),
                allowed="a folder this user may write to",
                fix="choose another folder with --out",
            ) from error
        raise


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
