"""A job done by a service: brought home whole over a line that breaks, and cancelled with us."""

from __future__ import annotations

import hashlib
import json
import threading
from pathlib import Path
from typing import Any

import pytest

from pipelines.context import Context
from pipelines.errors import Cancelled, RemoteFailed, StillwaveError
from service.client.connection import Connection
from service.client.delivery import bring_home, deliver
from service.client.parcel import parcel
from tests.service.api.conftest import DRAFT, Service
from tests.service.client.proxy import Line

pytestmark = pytest.mark.xdist_group("service-client")

NAMES = {"report.json", "still.png", "poster.jpg", "web-loop.mp4"}


class Listener:
    """Remembers a job's progress."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, int, int]] = []

    def __call__(self, stage: str, done: int, total: int) -> None:
        self.heard.append((stage, done, total))


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture
def job(tmp_path: Path, listener: Listener) -> Context:
    return Context(tmp_path / "data", progress=listener)


def order(samples: Path, **changes: object) -> Any:  # noqa: ANN401 - an order
    return parcel(DRAFT | changes, samples / "coffee.jpg")


def newest(service: Service) -> dict[str, Any]:
    with service.client() as http:
        found: dict[str, Any] = http.get("/v1/renders?limit=1").json()["data"][0]
    return found


def test_what_comes_home_is_what_the_service_made(
    service: Service, job: Context, samples: Path, tmp_path: Path, listener: Listener
) -> None:
    out = tmp_path / "out"
    with Connection(service.url, None, job.cancel) as connection:
        report = json.loads(deliver(connection, "render", order(samples), out, job))
    assert {path.name for path in out.iterdir()} == NAMES
    for file in newest(service)["artifacts"]:
        kept = (out / file["name"]).read_bytes()
        assert hashlib.sha256(kept).hexdigest() == file["sha256"]
    assert report == json.loads((out / "report.json").read_text())
    stages = [stage for stage, _, _ in listener.heard]
    assert [stages.index(name) for name in ("queued", "encode", "download")] == sorted(
        stages.index(name) for name in ("queued", "encode", "download")
    )
    last, total = listener.heard[-1][1:]
    assert last == total == sum((out / name).stat().st_size for name in NAMES)


def test_over_a_line_that_breaks_everywhere_it_comes_home_whole(
    line: Line, service: Service, job: Context, samples: Path, tmp_path: Path, listener: Listener
) -> None:
    """The order's answer is lost, the events stop, and so does a file, each in the middle."""
    line.cuts = {"POST /v1/renders": [0, 40], "/events": [330, 700], "still.png": [60_000, 90_000]}
    with service.client() as http:
        before = len(http.get("/v1/renders?limit=100").json()["data"])
    with Connection(line.url, None, job.cancel) as connection:
        deliver(connection, "render", order(samples, seed=3), tmp_path / "out", job)

    made = newest(service)
    for file in made["artifacts"]:
        kept = (tmp_path / "out" / file["name"]).read_bytes()
        assert hashlib.sha256(kept).hexdigest() == file["sha256"]
    with service.client() as http:
        assert len(http.get("/v1/renders?limit=100").json()["data"]) == before + 1
    keys = {header(head, "idempotency-key") for head in line.asked("POST")}
    assert len(line.asked("POST")) == 3
    assert len(keys) == 1
    ids = [int(header(head, "last-event-id")) for head in line.asked("/events")]
    assert ids[0] == 0
    assert len(ids) >= 3
    assert ids == sorted(ids)
    assert ids[-1] > 0
    first, *more = line.asked("still.png")
    assert "range:" not in first.lower()
    assert [header(head, "if-range") for head in more] == [header(more[0], "if-range")] * 2
    told = [each for each in listener.heard if each[0] == "encode"]
    assert len(told) == len(set(told)), "no event is heard twice"


def header(head: str, name: str) -> str:
    (value,) = (
        each.partition(":")[2].strip()
        for each in head.split("\r\n")
        if each.lower().startswith(f"{name}:")
    )
    return value


def test_a_job_that_fails_there_fails_here_with_the_same_error(
    service: Service, job: Context, samples: Path, tmp_path: Path
) -> None:
    wanted = order(samples, motion={"engine": "remote"})
    with (
        Connection(service.url, None, job.cancel) as connection,
        pytest.raises(StillwaveError) as caught,
    ):
        deliver(connection, "render", wanted, tmp_path / "out", job)
    said = newest(service)["error"]
    assert "the video server behind this service does not deliver" in str(caught.value)
    assert (type(caught.value).__name__, str(caught.value)) == (said["type"], said["detail"])
    assert caught.value.exit_code == 3
    assert not (tmp_path / "out").exists()


def test_a_cancel_here_is_a_cancel_there(
    service: Service, job: Context, samples: Path, tmp_path: Path
) -> None:
    wanted = order(samples, quality="final", seconds=20, formats=["instagram-reel"], fps=30)
    threading.Timer(1.0, job.cancel.set).start()
    with Connection(service.url, None, job.cancel) as connection, pytest.raises(Cancelled):
        deliver(connection, "render", wanted, tmp_path / "out", job)
    assert newest(service)["state"] == "canceled"
    assert not (tmp_path / "out").exists()


@pytest.fixture
def made(service: Service, job: Context, samples: Path, tmp_path: Path) -> dict[str, Any]:
    with Connection(service.url, None, job.cancel) as connection:
        deliver(connection, "render", order(samples), tmp_path / "first", job)
    return newest(service)


def test_a_file_with_another_checksum_is_refused(
    service: Service, job: Context, made: dict[str, Any], tmp_path: Path, listener: Listener
) -> None:
    made["artifacts"][0]["sha256"] = "0" * 64
    with (
        Connection(service.url, None, job.cancel) as connection,
        pytest.raises(RemoteFailed, match="another checksum"),
    ):
        bring_home(connection, made, tmp_path / "out", listener)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["../mine.txt", "/etc/passwd", "stills/../../x", ".bashrc", ""])
def test_a_name_that_leads_out_of_the_folder_is_refused(
    service: Service, job: Context, tmp_path: Path, listener: Listener, name: str
) -> None:
    evil = {"object": "render", "artifacts": [{"name": name, "bytes": 1, "url": "/"}]}
    with (
        Connection(service.url, None, job.cancel) as connection,
        pytest.raises(RemoteFailed, match="names a file"),
    ):
        bring_home(connection, evil, tmp_path / "out", listener)
    assert list(tmp_path.iterdir()) == []
