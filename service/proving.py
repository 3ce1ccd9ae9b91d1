"""Proof that files can be used, before a job is accepted: by the readers that will read them.

Decoding takes memory (a still of 64 megapixels some hundred MB) and meets hostile bytes, so it is
done in child processes that hold nothing else. One that dies, or takes too long, refuses its file.
"""

from __future__ import annotations

import json
import logging
import os
import queue
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from pipelines import errors
from pipelines.errors import InvalidInput, InvalidSource

LOG = logging.getLogger(__name__)

MODULE = "service.prover"
PACKAGE_ROOT = Path(__file__).parents[1]

CHILDREN = 2
"""Files that are read at a time; a child is started when it is first needed."""

PATIENCE_SECONDS = 60.0
"""For everything of one request; the largest still takes a few seconds."""

REFUSALS: Mapping[str, type[InvalidInput]] = {
    name: getattr(errors, name) for name in ("InvalidSource", "InvalidMask", "InvalidDepth")
}


class Prover:
    """Says whether files can be used; safe from any thread."""

    def __init__(self) -> None:
        self._idle: queue.LifoQueue[_Child] = queue.LifoQueue()
        for _ in range(CHILDREN):
            self._idle.put(_Child())

    def prove(self, folder: Path, files: Mapping[str, str]) -> None:
        """Read files as a job will.

        Args:
            folder: holds them.
            files: role (``source``, ``mask``, ``depth`` …) → name; with a ``source`` among them the
                others have to fit it.

        Raises:
            InvalidSource, InvalidMask, InvalidDepth: one cannot be used; the sentence is the one
                that the media library says.
        """
        with self._borrowed() as child:
            said = child.ask({"folder": str(folder), "files": files})
        if said:
            kind = REFUSALS[said.pop("type")]
            raise kind(said.pop("problem"), **said)

    def warm(self) -> None:
        """Start the children, so that the first file finds them ready."""
        children = [self._idle.get() for _ in range(CHILDREN)]
        for child in children:
            child.start()
            self._idle.put(child)

    def close(self) -> None:
        """End the children."""
        for _ in range(CHILDREN):
            self._idle.get().end()

    @contextmanager
    def _borrowed(self) -> Iterator[_Child]:
        child = self._idle.get()
        try:
            yield child
        finally:
            self._idle.put(child)


class _Child:
    """One process, started when it is needed and again after it died."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._line: Connection | None = None

    def ask(self, question: Mapping[str, object]) -> dict[str, Any]:
        """Return what is wrong with the files; nothing when nothing is."""
        said: dict[str, Any] | None = None
        try:
            line = self.start()
            line.send_bytes(json.dumps(question).encode())
            if line.poll(PATIENCE_SECONDS):
                said = json.loads(line.recv_bytes())
                return said
        except (EOFError, ConnectionError) as error:
            LOG.warning("a reader of files died (%s)", type(error).__name__)
        finally:
            if said is None:
                self.end()  # it would give this answer to the next question
        raise InvalidSource(
            "the file breaks the program that reads it",
            allowed="a complete picture",
            fix="export it again",
        )

    def start(self) -> Connection:
        """Return the line to a living process."""
        if self._line is None or self._process is None or self._process.poll() is not None:
            self.end()
            self._process, self._line = _spawn()
        return self._line

    def end(self) -> None:
        """End the process, whatever it does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        if self._line is not None:
            self._line.close()
        self._process = self._line = None


def _spawn() -> tuple[subprocess.Popen[bytes], Connection]:
    ours, theirs = Pipe()
    path = [str(PACKAGE_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", MODULE, str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr.fileno(),
            process_group=0,  # Ctrl-C is the parent's to answer
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path)},
        )
    return process, ours
