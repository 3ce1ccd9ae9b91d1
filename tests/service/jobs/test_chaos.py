"""Many jobs, several workers, random killings: every job ends right, and once.

``STILLWAVE_CHAOS_JOBS`` asks for more than the handful that a test has time for.
"""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from pipelines.context import Context
from pipelines.render import render
from service.jobs.nouns import Render
from service.renders import open_renders
from service.settings import Settings
from tests.service.jobs.conftest import Service, WorkerProcess, recipe, still
from tests.service.jobs.postgres import needs_postgres, postgres

JOBS = int(os.environ.get("STILLWAVE_CHAOS_JOBS", "10"))
WORKERS = 3
TENANTS = ("anna", "bert", "cora")


@pytest.fixture(
    params=[
        "sqlite",
        pytest.param("postgres", marks=needs_postgres),
    ]
)
def fleet(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Service]:
    """A service with workers that share its database and its storage."""
    quick = {"min_free_mb": 0, "lease_seconds": 2, "drain_seconds": 0}
    if request.param == "sqlite":
        yield from _opened(Settings.model_validate({"data_dir": tmp_path / "data", **quick}))
    else:
        with postgres() as server:
            told = {"data_dir": tmp_path / "data", "database_url": server.url, **quick}
            yield from _opened(Settings.model_validate(told))


def _opened(settings: Settings) -> Iterator[Service]:
    service = Service(settings, open_renders(settings))
    for _ in range(WORKERS):
        service.hire()
    yield service
    service.dismiss()


def strike(service: Service, chance: random.Random) -> str:
    """Kill a worker (another is hired), its child, or both."""
    worker = chance.choice([each for each in service.workers if each.process.poll() is None])
    whom = chance.choice(["worker", "child", "both"])
    with suppress(psutil.NoSuchProcess, IndexError):
        if whom != "worker":
            worker.hands[0].kill()
        if whom != "child":
            bury(worker)
            service.hire()
    return whom


def bury(worker: WorkerProcess) -> None:
    worker.process.kill()
    worker.process.wait(timeout=30)


def test_every_job_ends_right_and_once(fleet: Service, tmp_path: Path) -> None:
    chance = random.Random(5)
    render(recipe(), still(), tmp_path / "expected", Context(tmp_path / "other"))
    expected = (tmp_path / "expected" / "web-loop.mp4").read_bytes()
    jobs: list[Render] = [fleet.submit(TENANTS[index % 3]) for index in range(JOBS)]
    started, kills = time.monotonic(), Counter[str]()
    while any(fleet.renders.get(job.tenant, job.id).finished_at is None for job in jobs):
        assert time.monotonic() - started < 60 + 6 * JOBS, "it takes too long"
        if sum(kills.values()) < max(4, JOBS // 3):
            kills[strike(fleet, chance)] += 1
        time.sleep(chance.uniform(0.5, 2.0))

    ended = [fleet.renders.get(job.tenant, job.id) for job in jobs]
    attempts = Counter(job.attempts for job in ended)
    print(f"\nkills {dict(kills)}, attempts {dict(attempts)}, {time.monotonic() - started:.1f} s")  # noqa: T201
    assert Counter(job.state for job in ended) == {"succeeded": JOBS}
    assert all(fleet.read(job, "web-loop.mp4") == expected for job in ended)
    listed = [job for tenant in TENANTS for job in fleet.renders.list(tenant, limit=100).items]
    assert sorted(job.id for job in listed) == sorted(job.id for job in jobs)
    for job in ended:
        kinds = [event.kind for event in fleet.events(job)]
        assert kinds.count("succeeded") == 1
        assert kinds[-1] == "succeeded"
