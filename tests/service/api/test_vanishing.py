"""Clients that go away in the middle, and twenty that come at once."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.service.house import House, house
from tests.service.jobs.conftest import LONG, eventually, still

pytestmark = pytest.mark.xdist_group("service-house")

MANY = 20


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("home") / "data") as opened:
        yield opened


def dial(home: House, head: str, body: bytes = b"") -> socket.socket:
    """Send a request by hand, as far as it goes."""
    line = socket.create_connection(("127.0.0.1", home.port), timeout=30)
    line.sendall(f"{head}\r\nHost: 127.0.0.1:{home.port}\r\n".encode() + body)
    return line


def hang_up(line: socket.socket, rudely: bool) -> None:
    """Close a connection; rudely: without a goodbye."""
    if rudely:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    line.close()


def connections(home: House) -> int:
    """Count the clients that the HTTP process holds on to, but for the test's own."""
    return sum(each.status != "LISTEN" for each in home.part("api").net_connections("tcp"))


def files(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("rudely", [False, True], ids=["politely", "rudely"])
def test_in_mid_upload_they_leave_nothing_behind(home: House, rudely: bool) -> None:
    blobs, held = home.data_dir / "blobs", connections(home)
    kept, listed = files(blobs), home.get("/v1/renders")
    lines = []
    for _ in range(MANY):
        head = b"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 9000000\r\n\r\n"
        part = b'--x\r\nContent-Disposition: form-data; name="source"; filename="a.png"\r\n\r\n'
        body = head + part + still() + bytes(300_000)
        lines.append(dial(home, "POST /v1/renders HTTP/1.1", body))
    eventually(lambda: connections(home) == held + MANY)

    for line in lines:
        hang_up(line, rudely)

    eventually(lambda: connections(home) == held)
    assert files(blobs) == kept
    assert home.get("/v1/renders") == listed
    assert home.log.read_text().count('"status": 499') >= MANY
    assert "trace" not in home.log.read_text().lower(), "it is no fault of ours"


@pytest.mark.parametrize("rudely", [False, True], ids=["politely", "rudely"])
def test_who_follows_a_job_may_leave_at_any_time(home: House, rudely: bool) -> None:
    held = connections(home)
    job = home.submit(**LONG | {"seconds": 4})
    lines = [dial(home, f"GET /v1/renders/{job}/events HTTP/1.1", b"\r\n") for _ in range(MANY)]
    for line in lines:
        assert line.recv(1)
    assert connections(home) == held + MANY

    for line in lines:
        hang_up(line, rudely)

    eventually(lambda: connections(home) == held)
    assert home.finish(job) == "succeeded"
    story = home.client.get(f"/v1/renders/{job}/events").text
    assert story.count("event: succeeded") == 1
    assert "trace" not in home.log.read_text().lower()


def test_twenty_with_one_key_at_once_get_one_render(home: House) -> None:
    before = len(home.get("/v1/renders?limit=100")["data"])
    spec: dict[str, object] = {"seed": 20}

    with ThreadPoolExecutor(MANY) as clients:
        asked = [clients.submit(home.post, spec, **{"Idempotency-Key": "one"}) for _ in range(MANY)]
        answers = [each.result() for each in asked]

    assert {answer.status_code for answer in answers} == {202}
    (job,) = {answer.json()["id"] for answer in answers}
    assert home.finish(job) == "succeeded"
    assert len(home.get("/v1/renders?limit=100")["data"]) == before + 1
    assert home.get(f"/v1/renders/{job}")["attempts"] == 1
