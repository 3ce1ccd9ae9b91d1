"""Files appear whole or not at all: write to a temporary name, fsync, rename."""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp

from pipelines.errors import NoSpace, OutputRefused

PARTIAL = ".stillwave-partial"
"""Marks temporary names; such a file is never read and may be deleted at any time."""

_open: dict[Path, list[Path]] = {}
"""Temporary paths that this process writes to, with the folders that were made for each."""


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
    _open[temporary] = []
    try:
        with output_errors(path.parent):
            path.parent.mkdir(parents=True, exist_ok=True)
            yield temporary
            _flush(temporary)
            temporary.replace(path)
            _flush(path.parent)
    finally:
        if path.parent.is_dir():
            temporary.unlink(missing_ok=True)
        _open.pop(temporary, None)


def write_bytes(path: Path, data: bytes) -> None:
    """Publish ``data`` as ``path``."""
    with publish(path) as temporary:
        temporary.write_bytes(data)


@contextmanager
def publish_folder(folder: Path, last: str) -> Iterator[Path]:
    """Yield a hidden folder inside ``folder``; on success what it holds moves to ``folder``.

    So a job's files appear together or not at all, and those of an earlier job stay until then.
    A folder replaces its namesake whole. What killed jobs left behind is swept away.

    Args:
        folder: made when needed, and removed again, with its parents, when the job fails.
        last: name of the file that moves last, so that its presence says "complete".

    Raises:
        OutputRefused: the folder cannot be made or written, or something is in the way.
        NoSpace: the disk is full.
    """
    made, staging, lock = _opened(folder)
    _open[staging] = made
    with output_errors(folder):
        try:
            yield staging
            _move_all(staging, folder, last)
        except NoSpace as error:  # it names the staging folder, which nobody knows
            raise _full(folder) from error
        finally:
            _remove(staging, made)
            _open.pop(staging, None)
            os.close(lock)


def abandon() -> None:
    """Remove what is being written here: this process leaves, and waits for none of its threads."""
    for temporary, made in list(_open.items()):
        _remove(temporary, made)


def _remove(temporary: Path, made: list[Path]) -> None:
    """Remove a file or folder, and the folders that were made for it."""
    with suppress(OSError):
        temporary.unlink() if temporary.is_file() else shutil.rmtree(temporary, ignore_errors=True)
    with suppress(OSError):  # those that hold something now stay
        for parent in made:
            parent.rmdir()


def _opened(folder: Path) -> tuple[list[Path], Path, int]:
    """Make ``folder`` and a staging folder in it; whatever forbids that is a refusal.

    Returns:
        the folders that were made, innermost first; the staging folder; its lock.
    """
    try:
        with output_errors(folder):
            made = [path for path in (folder, *folder.parents) if not path.exists()]
            folder.mkdir(parents=True, exist_ok=True)
            return made, *_staging(folder)
    except (OutputRefused, NoSpace):
        raise
    except OSError as error:
        raise _refused(folder, error) from error


def _staging(folder: Path) -> tuple[Path, int]:
    """Sweep ``folder``, then make a staging folder that stays locked as long as we live."""
    door = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # some network disks cannot lock; then nothing is swept
            fcntl.flock(door, fcntl.LOCK_EX)
            sweep(folder.glob(f".*{PARTIAL}/"))
        staging = Path(mkdtemp(prefix=".", suffix=PARTIAL, dir=folder))
        lock = os.open(staging, os.O_RDONLY)
        with suppress(OSError):
            fcntl.flock(lock, fcntl.LOCK_EX)
        return staging, lock
    finally:
        os.close(door)


def sweep(folders: Iterable[Path]) -> None:
    """Remove those folders whose owner is dead: nobody holds their lock."""
    for left in folders:
        lock = os.open(left, os.O_RDONLY)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(left, ignore_errors=True)
        except BlockingIOError:
            continue
        finally:
            os.close(lock)


def _move_all(staging: Path, folder: Path, last: str) -> None:
    entries = sorted(staging.iterdir(), key=lambda entry: (entry.name == last, entry.name))
    for entry in entries:
        if entry.is_dir() != (target := folder / entry.name).is_dir() and target.exists():
            raise IsADirectoryError(errno.EISDIR, f"{target.name} is in the way", str(target))
    for entry in entries:
        target = folder / entry.name
        if target.is_dir():
            target.rename(staging / f"{entry.name}.old")
        entry.replace(target)
    _flush(folder)


@contextmanager
def output_errors(folder: Path) -> Iterator[None]:
    """Turn the operating system's refusals while writing into ours."""
    try:
        yield
    except OSError as error:
        if isinstance(error, OutputRefused | NoSpace):
            raise
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise _full(folder) from error
        if error.errno in _REFUSALS:
            raise _refused(folder, error) from error
        raise


_REFUSALS = (
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.ENOTDIR,
    errno.EEXIST,
    errno.EISDIR,
)


def _full(folder: Path) -> NoSpace:
    return NoSpace(
        f"the disk that holds {folder} is full",
        actual=str(folder),
        fix="free some space or choose another folder with --out",
    )


def _refused(folder: Path, error: OSError) -> OutputRefused:
    return OutputRefused(
        f"{folder} cannot be written ({error.strerror})",
        actual=str(folder),
        allowed="a folder this user may write to",
        fix="choose another folder with --out",
    )


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
