"""A single machine's service: the HTTP process and worker processes under one parent.

The parent does nothing but hold the listening socket and start again whatever dies, so a crash of
one part takes no other with it, and connections wait while the HTTP process starts again. When the
parent dies, however it dies, its children see their lifeline close and stop by themselves.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from pipelines.errors import InvalidInput
from service.settings import Settings

LOG = logging.getLogger("stillwave.serve")

MODULE = "service.supervised"
PACKAGE_ROOT = Path(__file__).parents[1]

STEADY_SECONDS = 30.0
"""A part that lived so long starts again at once; others wait, longer each time."""

LONGEST_PAUSE = 10.0
LOOK_SECONDS = 0.1


@dataclass
class Part:
    """One process that is kept alive."""

    name: str
    arguments: Sequence[str]
    keep_open: tuple[int, ...]
    process: subprocess.Popen[bytes] | None = None
    born: float = 0.0
    again_at: float = 0.0
    pause: float = field(default=0.0)

    def tend(self) -> int | None:
        """Start the process when it is due; return its exit code when it just ended."""
        now = time.monotonic()
        if self.process is None:
            if now >= self.again_at:
                self._start(now)
            return None
        code = self.process.poll()
        if code is not None:
            self.process = None
            steady = now - self.born > STEADY_SECONDS
            self.pause = 0.0 if steady else min(LONGEST_PAUSE, 2 * self.pause + 0.2)
            self.again_at = now + self.pause
        return code

    def _start(self, now: float) -> None:
        path = [str(PACKAGE_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        self.born = now
        self.process = subprocess.Popen(
            [sys.executable, "-m", MODULE, *self.arguments],
            pass_fds=self.keep_open,
            stdin=subprocess.DEVNULL,
            process_group=0,  # Ctrl-C is the parent's to answer
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path)},
        )


class Household:
    """The parent: keeps its parts alive until it is told to stop."""

    def __init__(self, settings: Settings, listener: socket.socket, workers: int) -> None:
        host, door = listener.getsockname()[0], listener.fileno()
        self._patience = settings.drain_seconds + 10.0
        self._theirs, self._ours = os.pipe()
        lifeline = str(self._theirs)
        self._parts = [
            Part("api", ("api", lifeline, host, str(door)), (self._theirs, door)),
            *(
                Part(f"worker {number}", ("worker", lifeline), (self._theirs,))
                for number in range(1, workers + 1)
            ),
        ]
        self._ending = threading.Event()

    def run(self) -> int:
        """Keep house until SIGTERM or SIGINT; return the exit code."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        return self.keep()

    def keep(self) -> int:
        """Keep house until told to stop; whoever calls this in a thread minds the signals."""
        try:
            while not self._ending.wait(LOOK_SECONDS):
                for part in self._parts:
                    code = part.tend()
                    if code == InvalidInput.exit_code:
                        return code  # settings that are wrong stay wrong; it has said so itself
                    if code is not None:
                        LOG.warning("%s ended with code %d and starts again", part.name, code)
            return 0
        finally:
            self._end()

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self._ending.set()

    def _end(self) -> None:
        """Ask everybody to stop, and insist after a while."""
        alive = [part.process for part in self._parts if part.process is not None]
        for process in alive:
            process.terminate()
        deadline = time.monotonic() + self._patience
        for process in alive:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def listen(host: str, port: int) -> socket.socket:
    """Open the listening socket.

    Raises:
        InvalidInput: the address is taken, or none of this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        opened.bind((host, port))
        opened.listen(1024)
    except OSError as error:
        opened.close()
        raise InvalidInput(
            f"the service cannot listen on {host} port {port} ({error.strerror or error})",
            actual=f"{host}:{port}",
            allowed="a free port of an address of this machine",
            fix="choose another one with --port or --host",
        ) from error
    return opened
