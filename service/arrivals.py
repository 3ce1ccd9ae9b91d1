"""Files that come in: written to scratch as they come, counted, hashed; never held in memory."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipelines.files import PARTIAL
from service.errors import OutOfService
from service.jobs.scratch import scratch
from service.proving import Prover

SOURCE = "source"
"""The role of a job's still."""


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
    """Where files come in, and who says whether they can be used.

    Args:
        data_dir: holds the scratch.
    """

    def __init__(self, data_dir: Path) -> None:
        self._open = ExitStack()
        self._folder = self._open.enter_context(scratch(data_dir))
        self.prover = Prover()
        self._open.callback(self.prover.close)

    @contextmanager
    def received(self, pieces: Iterable[bytes]) -> Iterator[Arrival]:
        """Write a file down and yield it; it is gone when the block is left.

        Raises:
            InvalidSource: too many bytes, said as soon as they are.
            OutOfService: the disk refuses.
        """
        path = self._folder / f"{secrets.token_hex(8)}{PARTIAL}"
        try:
            yield Arrival(path, _written(path, pieces))
        finally:
            path.unlink(missing_ok=True)

    def close(self) -> None:
        """Leave nothing behind."""
        self._open.close()


def _written(path: Path, pieces: Iterable[bytes]) -> str:
    """Write pieces to a file and return their hash."""
    from pipelines.source.limits import MAX_BYTES, check_bytes

    digest, size = hashlib.sha256(), 0
    try:
        with path.open("xb") as file:
            for piece in pieces:
                size += len(piece)
                if size > MAX_BYTES:
                    check_bytes(size, "the still")
                digest.update(piece)
                file.write(piece)
    except OSError as error:
        raise OutOfService(
            f"the disk does not take the file ({error.strerror or error})",
            wait=30.0,
            fix="free some space on the service's disk",
        ) from error
    return digest.hexdigest()
