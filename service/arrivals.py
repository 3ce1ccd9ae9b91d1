"""Files that come in: written to scratch as they come, counted, hashed; never held in memory."""

from __future__ import annotations

import hashlib
import secrets
import shutil
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from service.errors import OutOfService
from service.jobs.recipe_files import SOURCE, lay_out, with_suffix
from service.jobs.scratch import scratch
from service.proving import Prover
from service.storage.store import Storage


@dataclass(frozen=True)
class Arrival:
    """A file that came in.

    Attributes:
        path: where it lies until the block is left; may be moved away.
        sha256: of its bytes, in hex.
    """

    path: Path
    sha256: str


class Arrivals:
    """Where files come in, and whether they can be used.

    Args:
        data_dir: holds the scratch.
    """

    def __init__(self, data_dir: Path) -> None:
        self._open = ExitStack()
        self._folder = self._open.enter_context(scratch(data_dir))
        self._prover = Prover()
        self._open.callback(self._prover.close)

    def warm(self) -> None:
        """Have somebody ready who reads files."""
        self._prover.warm()

    @contextmanager
    def received(self, pieces: Iterable[bytes], role: str) -> Iterator[Arrival]:
        """Write a file down and yield it; it is gone when the block is left.

        Raises:
            InvalidSource: too many bytes, said as soon as they are.
            OutOfService: the disk refuses.
        """
        if role == SOURCE:
            path = self._folder / secrets.token_hex(8)
            try:
                yield Arrival(path, _written(path, pieces))
            finally:
                path.unlink(missing_ok=True)
        else:  # a sentence about it names it by its role
            with self._room() as folder:
                digest = _written(folder / role, pieces)
                yield Arrival(with_suffix(folder / role), digest)

    def prove(self, arrival: Arrival, role: str) -> None:
        """Read a file as a job will.

        Raises:
            InvalidSource, InvalidMask, InvalidDepth: it cannot be used.
        """
        self._prover.prove(arrival.path.parent, {role: arrival.path.name})

    def prove_together(self, storage: Storage, ids: dict[str, str]) -> None:
        """Read stored files, role → id, as one job will: they have to fit its still.

        Raises:
            InvalidSource, InvalidMask, InvalidDepth: one cannot be used.
            KeyError: the storage has lost one.
        """
        with self._room() as folder:
            files = lay_out(storage, ids, folder)
            self._prover.prove(folder, {role: path.name for role, path in files.items()})

    def close(self) -> None:
        """Leave nothing behind."""
        self._open.close()

    @contextmanager
    def _room(self) -> Iterator[Path]:
        with _refusals():
            folder = Path(mkdtemp(dir=self._folder))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _written(path: Path, pieces: Iterable[bytes]) -> str:
    """Write pieces to a file and return their hash."""
    from pipelines.source.limits import MAX_BYTES, check_bytes

    digest, size = hashlib.sha256(), 0
    with _refusals(), path.open("xb") as file:
        for piece in pieces:
            size += len(piece)
            if size > MAX_BYTES:
                check_bytes(size, "the still")
            digest.update(piece)
            file.write(piece)
    return digest.hexdigest()


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutOfService(
            f"the disk does not take the file ({error.strerror or error})",
            wait=30.0,
            fix="free some space on the service's disk",
        ) from error
