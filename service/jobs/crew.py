"""The worker's side of its child processes: start, hand a stage over, stop, replace."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from pipelines.context import ProgressListener
from service.jobs.nouns import QueueName
from service.jobs.task import Task
from service.settings import Settings

TICK = 0.1
"""Seconds between two looks at whether to stop."""

PACKAGE_ROOT = Path(__file__).parents[2]


class Died(Exception):
    """The child ended in the midst of a stage."""


class Stopped(Exception):
    """The stage was stopped as asked."""


class Late(Exception):
    """The stage ran past its deadline."""


@dataclass(frozen=True)
class Order:
    """When a stage has to stop.

    Attributes:
        stop: says whether the result is still wanted.
        deadline: on the monotonic clock.
        grace: seconds between the request to stop and the end of the process.
    """

    stop: Callable[[], bool]
    deadline: float
    grace: float


class Hand:
    """One child process, started when it is first needed and again when it died."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        self._line: Connection | None = None

    @property
    def pid(self) -> int | None:
        """Of the child, when there is one."""
        return None if self._process is None else self._process.pid

    def start(self) -> Connection:
        """Return the line to a living child."""
        if self._line is None or self._process is None or self._process.poll() is not None:
            self.end()
            self._process, self._line = _spawn(self._settings)
        return self._line

    def do(self, task: Task, listen: ProgressListener, order: Order) -> Mapping[str, Any]:
        """Have a stage done and return the child's last word: ``done`` or ``failed``.

        Raises:
            Died, Stopped, Late: there is no result.
        """
        try:
            line = self.start()
            line.send_bytes(json.dumps({"task": asdict(task)}).encode())
            return self._follow(line, listen, order)
        except (EOFError, ConnectionError) as error:
            raise Died(self._epitaph()) from error
        except (Stopped, Late):
            raise
        except BaseException:
            self.end()  # it would give the answer to the next question
            raise

    def end(self) -> None:
        """End the child, whatever it does."""
        process, line = self._process, self._line
        self._process = self._line = None
        if process is not None:
            process.kill()
            process.wait()
        if line is not None:
            line.close()

    def _follow(
        self, line: Connection, listen: ProgressListener, order: Order
    ) -> Mapping[str, Any]:
        why: type[Stopped | Late] = Stopped
        kill_at = float("inf")
        while True:
            if line.poll(TICK):
                message = json.loads(line.recv_bytes())
                if "progress" in message:
                    listen(*message["progress"])
                elif "canceled" in message:
                    raise why
                elif "ready" not in message:
                    return message
            now = time.monotonic()
            if kill_at == float("inf") and (order.stop() or now > order.deadline):
                why = Stopped if order.stop() else Late
                kill_at = now + order.grace
                line.send_bytes(json.dumps({"cancel": True}).encode())
            if now > kill_at:
                self.end()
                raise why

    def _epitaph(self) -> str:
        process = self._process  # another thread may end it meanwhile
        if process is None:
            return "its process did not start"
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=5)
        code = process.poll()
        self.end()
        if code is not None and code < 0:
            return f"its process was ended by signal {-code}"
        return f"its process ended with code {code}"


class Crew:
    """The hands of a worker, by queue: as many as jobs run at a time."""

    def __init__(self, settings: Settings) -> None:
        sizes = {"cpu": settings.worker_slots, "gpu": 1}
        self._hands = {
            name: [Hand(settings) for _ in range(sizes[name])] for name in settings.worker_queues
        }
        self._idle = {name: _filled(hands) for name, hands in self._hands.items()}

    def warm(self) -> None:
        """Start the children that need no device, so that the first job finds them ready."""
        for hand in self._hands.get("cpu", ()):
            hand.start()

    @contextmanager
    def borrow(self, name: QueueName) -> Iterator[Hand]:
        """Yield an idle hand; waits for one."""
        hand = self._idle[name].get()
        try:
            yield hand
        finally:
            self._idle[name].put(hand)

    def end(self) -> None:
        """End all children."""
        for hands in self._hands.values():
            for hand in hands:
                hand.end()


_SPAWNING = threading.Lock()
"""A line's end must not leak into another child: then nobody would see it close."""


def _spawn(settings: Settings) -> tuple[subprocess.Popen[bytes], Connection]:
    with _SPAWNING:
        ours, theirs = Pipe()
        process = subprocess.Popen(
            [sys.executable, "-m", "service.jobs.hand", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr.fileno(),
            process_group=0,  # Ctrl-C is the worker's to answer
            env={**os.environ, "PYTHONPATH": _path()},
        )
        theirs.close()
    ours.send_bytes(json.dumps(_open(settings)).encode())
    return process, ours


def _path() -> str:
    given = os.environ.get("PYTHONPATH")
    return f"{PACKAGE_ROOT}{os.pathsep}{given}" if given else str(PACKAGE_ROOT)


def _open(settings: Settings) -> dict[str, object]:
    """Write the settings out, secrets too: the line is between us and our child alone."""
    return {name: _plain(getattr(settings, name)) for name in Settings.model_fields}


def _plain(value: object) -> object:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return str(value) if isinstance(value, Path) else value


def _filled(hands: Sequence[Hand]) -> queue.LifoQueue[Hand]:
    """The hand that was used last comes first: its models are warm."""
    idle: queue.LifoQueue[Hand] = queue.LifoQueue()
    for hand in reversed(hands):
        idle.put(hand)
    return idle
