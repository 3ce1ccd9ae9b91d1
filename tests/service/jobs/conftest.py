"""A service in a folder of its own, and workers in processes of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import cv2
import numpy as np
import psutil
import pytest
import sqlalchemy as sa

from pipelines.spec import RenderSpec, parse_spec
from service.jobs.database import connect, prepare
from service.jobs.nouns import Event, Render
from service.renders import Renders, open_renders
from service.settings import Settings

T = TypeVar("T")

PATIENCE = 60.0
"""Seconds until a test gives up: the machine may be busy with other things."""

ROOT = Path(__file__).parents[3]
PROGRAM = (sys.executable, "-c", "from service.cli import main; main()", "worker")


def still(seed: int = 0) -> bytes:
    """A small still with something in its middle."""
    picture = np.random.default_rng(seed).integers(190, 230, (270, 360, 3)).astype(np.uint8)
    cv2.circle(picture, (180, 140), 60, (40, 60, 200), -1)
    return cv2.imencode(".png", picture)[1].tobytes()


def recipe(**changes: object) -> RenderSpec:
    """A draft that takes about a second."""
    short = {"quality": "draft", "seconds": 0.5, "fps": 12, "formats": "web-loop"}
    return parse_spec(short | changes)


LONG: dict[str, Any] = {"seconds": 40, "fps": 30, "ambient": "snow,haze"}
"""Keys of a draft that encodes for many seconds."""

SHORTER: dict[str, Any] = LONG | {"seconds": 15}
"""A few seconds."""

FINAL: dict[str, Any] = LONG | {"seconds": 8, "quality": "final"}
"""A few seconds as well; its still is kept."""


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sa.Engine]:
    """A database of the service's, with its tables."""
    engine = connect(Settings(data_dir=tmp_path))
    prepare(engine)
    yield engine
    engine.dispose()


def eventually(ask: Callable[[], T], seconds: float = PATIENCE) -> T:
    """Ask until the answer is yes, and return it."""
    deadline = time.monotonic() + seconds
    while not (answer := ask()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)
    return answer


@dataclass
class WorkerProcess:
    """One worker as a fleet runs it."""

    process: subprocess.Popen[bytes]

    @property
    def hands(self) -> list[psutil.Process]:
        """Its children that do the heavy work."""
        return psutil.Process(self.process.pid).children()

    def signal(self, number: signal.Signals, *, hands: bool = False) -> None:
        for hand in self.hands if hands else ():
            hand.send_signal(number)
        self.process.send_signal(number)


@dataclass
class Service:
    """A service whose doors are this test."""

    settings: Settings
    renders: Renders
    workers: list[WorkerProcess] = field(default_factory=list)

    def hire(self, **environment: str) -> WorkerProcess:
        """Start a worker."""
        told = {
            f"STILLWAVE_{name.upper()}": str(getattr(self.settings, name))
            for name in self.settings.model_fields_set - {"database_url"}
        }
        if self.settings.database_url is not None:
            told["STILLWAVE_DATABASE_URL"] = self.settings.database_url.get_secret_value()
        process = subprocess.Popen(
            PROGRAM, env={**os.environ, "PYTHONPATH": str(ROOT), **told, **environment}
        )
        self.workers.append(WorkerProcess(process))
        return self.workers[-1]

    def submit(self, tenant: str = "anna", seed: int = 0, **changes: object) -> Render:
        source = self.renders.add_source(tenant, still(seed))
        return self.renders.submit(tenant, recipe(**changes), source)

    def finish(self, render: Render) -> Render:
        """Wait until a job has ended."""

        def ended() -> Render | None:
            now = self.renders.get(render.tenant, render.id)
            return now if now.finished_at is not None else None

        found = eventually(ended)
        assert found is not None
        return found

    def events(self, render: Render) -> tuple[Event, ...]:
        return self.renders.events(render.tenant, render.id)

    def stages(self, render: Render) -> list[str]:
        """The stages that reported, in order, attempt after attempt."""
        return [event.data["stage"] for event in self.events(render) if event.kind == "progress"]

    def reaches(self, render: Render, stage: str) -> None:
        """Wait until a job is in the midst of a stage."""
        eventually(lambda: stage in self.stages(render))

    def read(self, render: Render, name: str) -> bytes:
        return b"".join(self.renders.artifact(render.tenant, render.id, name).read())

    def dismiss(self) -> None:
        for worker in self.workers:
            alive = worker.process.poll() is None
            for hand in worker.hands if alive else ():
                hand.resume()
            worker.process.send_signal(signal.SIGCONT)
            worker.process.terminate()
        for worker in self.workers:
            worker.process.wait(timeout=30)
        self.renders.close()


def assert_done_once(service: Service, render: Render) -> None:
    """One success, whole files, and no scratch of anybody dead."""
    kinds = [event.kind for event in service.events(render)]
    assert kinds.count("succeeded") == 1
    assert kinds[-1] == "succeeded"
    assert service.renders.list("anna").items == (service.renders.get("anna", render.id),)
    assert len(service.read(render, "web-loop.mp4")) > 10_000


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """A service of its own, without workers."""
    settings = Settings(
        data_dir=tmp_path / "data",
        min_free_mb=0,
        lease_seconds=2,
        cancel_grace_seconds=2,
        drain_seconds=0,
    )
    service = Service(settings, open_renders(settings))
    yield service
    service.dismiss()
