"""A fleet: HTTP here, two workers there, Postgres and a bucket between them. All of it is real but
the bucket, whose server is a double of the protocol (see `tests.service.storage.bucket_server`).
"""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx2
import psutil
import pytest

from tests.service.api.conftest import PROGRAM, serving, surroundings
from tests.service.jobs.conftest import SHORTER, eventually, still
from tests.service.jobs.postgres import needs_postgres, postgres
from tests.service.storage.bucket_server import BUCKET, Server, bucket

pytestmark = [needs_postgres, pytest.mark.xdist_group("bucket")]

LEASE_SECONDS = 2
JOBS = 4
QUICK = {"formats": "web-loop", "quality": "draft", "seconds": 0.5, "fps": 12}


@dataclass(frozen=True)
class Fleet:
    """Its HTTP side, its workers, and what lies between them."""

    http: httpx2.Client
    workers: tuple[subprocess.Popen[bytes], ...]
    store: Server

    def submit(self, **changes: object) -> str:
        """Send a still, then ask for a render of it."""
        source = self.http.post("/v1/sources", files={"source": still()}).json()["id"]
        spec = {"source": {"id": source}, **QUICK, **changes}
        answer = self.http.post("/v1/renders", json=spec)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    def get(self, render: str) -> dict[str, Any]:
        found: dict[str, Any] = self.http.get(f"/v1/renders/{render}").json()
        return found

    def finish(self, render: str) -> dict[str, Any]:
        eventually(lambda: self.get(render)["state"] not in ("queued", "running"))
        return self.get(render)


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    folders = [tmp_path_factory.mktemp(name) for name in ("http", "one", "two")]
    with postgres() as database, bucket() as store:
        told = {
            "database_url": database.url,
            "storage_url": store.url,
            "lease_seconds": str(LEASE_SECONDS),
            "drain_seconds": "0",
        }
        machines = [surroundings(folder, **told) | store.environment for folder in folders]
        with serving(machines[0], "--workers", "0") as api, api.client() as http:
            start = [*PROGRAM, "worker"]
            workers = tuple(subprocess.Popen(start, env=each) for each in machines[1:])
            eventually(lambda: http.get("/readyz").json()["status"] == "ok")
            yield Fleet(http, workers, store)
            for worker in workers:
                worker.terminate()
                worker.wait(30)


def test_files_are_served_by_the_bucket_under_their_type_and_name(fleet: Fleet) -> None:
    done = fleet.finish(fleet.submit())
    video = next(file for file in done["artifacts"] if file["name"] == "web-loop.mp4")
    name = f"{done['id']}-web-loop.mp4"

    sent = fleet.http.get(video["url"], params={"download": "true"})
    assert (sent.status_code, sent.headers["cache-control"]) == (307, "no-store")
    assert sent.headers["location"].startswith(f"{fleet.store.address}/{BUCKET}/")
    with httpx2.Client() as stranger:
        found = stranger.get(sent.headers["location"])
        part = stranger.get(sent.headers["location"], headers={"Range": "bytes=10-19"})
    assert len(found.content) == video["bytes"]
    assert found.headers["content-type"] == "video/mp4"
    assert found.headers["content-disposition"] == f"attachment; filename*=UTF-8''{name}"
    assert (part.status_code, part.content) == (206, found.content[10:20])

    here = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "no-cors", "Range": "bytes=10-19"}
    ours = fleet.http.get(video["url"], headers=here)
    assert (ours.status_code, ours.content) == (206, found.content[10:20]), "our page gets it here"
    head = fleet.http.head(video["url"])
    assert (head.status_code, head.headers["content-length"]) == (200, str(video["bytes"]))
    held = fleet.http.get(video["url"], headers={"If-None-Match": head.headers["etag"]})
    assert held.status_code == 304


def test_a_killed_worker_costs_a_lease_and_nothing_else(fleet: Fleet) -> None:
    begun = time.monotonic()
    jobs = [fleet.submit(**SHORTER | {"seconds": 4}) for _ in range(JOBS)]
    eventually(lambda: sum(fleet.get(job)["state"] == "running" for job in jobs) == 2)
    victim = fleet.workers[0]
    orphans = psutil.Process(victim.pid).children()
    victim.send_signal(signal.SIGKILL)
    killed = time.monotonic()
    eventually(lambda: any(fleet.get(job)["attempts"] == 2 for job in jobs))
    taken = time.monotonic() - killed
    ended = [fleet.finish(job) for job in jobs]

    print(f"\n{JOBS} jobs in {time.monotonic() - begun:.1f} s; taken over after {taken:.1f} s")  # noqa: T201
    assert [job["state"] for job in ended] == ["succeeded"] * JOBS
    assert sorted(job["attempts"] for job in ended) == [1] * (JOBS - 1) + [2]
    assert taken < LEASE_SECONDS + 8
    files = [file for job in ended for file in job["artifacts"] if file["name"] == "web-loop.mp4"]
    assert len(files) == JOBS
    assert len({file["sha256"] for file in files}) == 1, "the same recipe, the same bytes"
    assert psutil.wait_procs(orphans, timeout=10)[1] == []
