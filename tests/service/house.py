"""``stillwave serve`` in processes of its own, to be looked at, killed, and started again."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import httpx2
import psutil

from tests.service.jobs.conftest import ROOT, eventually, still

PROGRAM = (sys.executable, "-c", "from service.cli import main; main()")
DRAFT = {"quality": "draft", "seconds": 0.5, "fps": 12, "formats": ["web-loop"]}
"""The quickest render there is."""

QUICK = {"STILLWAVE_MIN_FREE_MB": "0", "STILLWAVE_LEASE_SECONDS": "2"}


def start(
    data_dir: Path, *options: str, log: IO[str] | None = None, **environment: str
) -> subprocess.Popen[str]:
    """Start a service; it says its address on its standard output."""
    told = {"STILLWAVE_DATA_DIR": str(data_dir), "STILLWAVE_DRAIN_SECONDS": "0"}
    return subprocess.Popen(
        [*PROGRAM, "serve", "--json", *options],
        env={**os.environ, "PYTHONPATH": str(ROOT), **QUICK, **told, **environment},
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
    )


@dataclass
class House:
    """A running service, at one port for all its lives."""

    data_dir: Path
    workers: int = 1
    environment: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=lambda: free_port())

    def __post_init__(self) -> None:
        self.client = httpx2.Client(base_url=self.url, timeout=30)
        self.process: subprocess.Popen[str] | None = None

    @property
    def log(self) -> Path:
        """Where its processes write what they have to say."""
        return self.data_dir.with_suffix(".log")

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, and wait until it takes jobs and, if there are to be any, a worker is there."""
        options = ("--port", str(self.port), "--workers", str(self.workers))
        with self.log.open("a") as log:
            self.process = start(self.data_dir, *options, log=log, **self.environment)
        eventually(self.ready)

    @property
    def family(self) -> list[psutil.Process]:
        """Its processes: the parent, its parts, and the workers' children."""
        assert self.process is not None
        parent = psutil.Process(self.process.pid)
        return [parent, *parent.children(recursive=True)]

    def parts(self, name: str) -> list[psutil.Process]:
        """Its living processes called ``api``, ``worker`` or ``hand``."""
        found = []
        for process in self.family:
            with suppress(psutil.NoSuchProcess):
                if name in process.cmdline() or f"service.jobs.{name}" in process.cmdline():
                    found.append(process)
        return found

    def part(self, name: str) -> psutil.Process:
        """Its one process of a name."""
        (found,) = self.parts(name)
        return found

    def kill(self) -> None:
        """Kill everything at once: the parent first, so that nobody is started again."""
        family = self.family
        for process in family:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self._hang_up()
        psutil.wait_procs(family, timeout=30)

    def stop(self) -> None:
        """Ask it to stop, and wait until it has."""
        self.client.close()
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
        self._hang_up()

    def get(self, path: str) -> Any:  # noqa: ANN401 - JSON
        """Return a document."""
        answer = self.client.get(path)
        answer.raise_for_status()
        return answer.json()

    def post(self, spec: dict[str, Any], **headers: str) -> httpx2.Response:
        """Submit a draft by upload, with changes to its recipe."""
        form = {"spec": json.dumps(DRAFT | spec)}
        files = {"source": ("a.png", still(), "image/png")}
        return self.client.post("/v1/renders", data=form, files=files, headers=headers)

    def submit(self, **spec: object) -> str:
        """Submit a draft and return its id."""
        answer = self.post(spec)
        answer.raise_for_status()
        return str(answer.json()["id"])

    def state(self, render: str) -> str:
        """Return a render's state."""
        return str(self.get(f"/v1/renders/{render}")["state"])

    def finish(self, render: str) -> str:
        """Wait until a render has ended; return its state."""
        eventually(lambda: self.state(render) not in ("queued", "running"))
        return self.state(render)

    def ready(self) -> bool:
        """Whether it takes jobs, and a worker has signed in where there are any."""
        try:
            return bool(self.get("/readyz")["status"] == ("ok" if self.workers else "degraded"))
        except httpx2.HTTPError:
            return False

    def _hang_up(self) -> None:
        if self.process is not None:
            self.process.wait(timeout=40)
            assert self.process.stdout is not None
            self.process.stdout.close()


@contextmanager
def house(data_dir: Path, workers: int = 1, **environment: str) -> Iterator[House]:
    """Run a service until the block is left."""
    opened = House(data_dir, workers, environment)
    try:
        opened.start()
        yield opened
    except BaseException:
        sys.stderr.write(opened.log.read_text()[-20_000:])
        raise
    finally:
        opened.stop()


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])
