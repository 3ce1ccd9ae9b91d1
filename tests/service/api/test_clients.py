"""Clients that are many, or that vanish; and pages of other sites."""

from __future__ import annotations

import asyncio
import socket
import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest

from tests.service.api.conftest import Service, Submit, serving, surroundings

pytestmark = pytest.mark.xdist_group("service-api")

LISTENERS = 200


def open_files(http: httpx2.Client) -> float:
    for line in http.get("/metrics").text.splitlines():
        if line.startswith("process_open_fds"):
            return float(line.split()[1])
    raise AssertionError("no such figure")


def test_many_listeners_are_held_and_all_told(
    http: httpx2.Client, service: Service, submit: Submit
) -> None:
    blocker = submit(quality="final", formats=["instagram-reel"], seconds=20)
    waiting = submit()
    url = waiting.headers["location"]

    async def listen(client: httpx2.AsyncClient, ready: asyncio.Semaphore) -> bool:
        async with client.stream("GET", f"{url}/events") as stream:
            told = False
            async for line in stream.aiter_lines():
                if line.startswith("retry"):
                    ready.release()
                told |= line == "event: canceled"
            return told

    async def all_listen() -> list[bool]:
        limits = httpx2.Limits(max_connections=LISTENERS + 5)
        ready = asyncio.Semaphore(0)
        async with httpx2.AsyncClient(base_url=service.url, timeout=60, limits=limits) as client:
            tasks = [asyncio.create_task(listen(client, ready)) for _ in range(LISTENERS)]
            for _ in tasks:
                await ready.acquire()
            start = time.monotonic()
            assert (await client.get("/healthz")).status_code == 200
            assert time.monotonic() - start < 2
            await client.delete(url)
            return await asyncio.gather(*tasks)

    assert all(asyncio.run(all_listen()))
    http.delete(blocker.headers["location"])


def test_clients_that_vanish_leave_nothing_open(
    http: httpx2.Client, service: Service, submit: Submit
) -> None:
    blocker = submit(quality="final", formats=["instagram-reel"], seconds=20)
    waiting = submit()
    before = open_files(http)
    address = urlsplit(service.url)
    requests = (
        f"GET {waiting.headers['location']}/events HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "POST /v1/renders HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\n\r\n--x\r\n",
        "POST /v1/renders HTTP/1.1\r\nHost: localhost\r\nPrefer: wait=60\r\n",
    )
    for request in requests * 5:
        with socket.create_connection((str(address.hostname), address.port or 80)) as client:
            client.sendall(request.encode())
            time.sleep(0.02)
    deadline = time.monotonic() + 10
    while open_files(http) > before + 2:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert http.get("/readyz").json()["status"] == "ok"
    for job in (waiting, blocker):
        http.delete(job.headers["location"])


def test_another_site_may_call_only_where_the_settings_say_so(
    http: httpx2.Client, tmp_path: Path
) -> None:
    asked = {"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"}
    closed = http.options("/v1/renders", headers=asked)
    assert closed.status_code == 405
    assert "access-control-allow-origin" not in closed.headers
    environment = surroundings(tmp_path, cors_origins="https://shop.example")
    with serving(environment, "--workers", "0") as service, service.client() as client:
        opened = client.options("/v1/renders", headers=asked)
        assert opened.headers["access-control-allow-origin"] == "https://shop.example"
        assert "access-control-allow-credentials" not in opened.headers
        evil = client.options("/v1/renders", headers=asked | {"Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in evil.headers
