"""``stillwave serve`` as a person starts it: whatever dies comes back, and goes with its parent."""

from __future__ import annotations

import json
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import psutil
import pytest

from tests.service.house import House, house, start
from tests.service.jobs.conftest import LONG, eventually


@pytest.fixture
def home(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path / "data") as opened:
        yield opened


def test_parts_that_are_killed_come_back_and_the_job_is_done(home: House) -> None:
    job = home.submit(**LONG | {"seconds": 8})
    eventually(lambda: home.state(job) == "running")
    killed = [home.part("worker"), home.part("api")]
    for part in killed:
        part.kill()

    eventually(home.ready)
    assert home.finish(job) == "succeeded"
    assert home.get(f"/v1/renders/{job}")["attempts"] == 2
    assert len(home.get("/v1/renders")["data"]) == 1
    assert {home.part("worker").pid, home.part("api").pid}.isdisjoint({part.pid for part in killed})


def test_when_the_parent_is_killed_nobody_stays(home: House) -> None:
    home.finish(home.submit())
    family = home.family[1:]
    assert len(family) == 5, "HTTP and its two readers, worker, and the worker's child"

    home.family[0].kill()

    assert psutil.wait_procs(family, timeout=30)[1] == []


def test_the_http_process_never_loads_networks(home: House) -> None:
    home.finish(home.submit())
    maps = Path(f"/proc/{home.part('api').pid}/maps").read_text()
    assert "libtorch" not in maps
    assert "onnxruntime" not in maps


def test_told_to_stop_it_stops(home: House) -> None:
    family = home.family[1:]
    told = time.monotonic()
    assert home.process is not None
    home.process.send_signal(signal.SIGINT)

    assert home.process.wait(timeout=40) == 0
    assert psutil.wait_procs(family, timeout=5)[1] == []
    assert time.monotonic() - told < 20
    with pytest.raises(httpx2.ConnectError):
        home.get("/healthz")


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = start(tmp_path, "--port", port)
        assert done.stdout is not None
        document = json.loads(done.stdout.read())
        done.stdout.close()
    assert done.wait(timeout=40) == 2
    assert port in document["detail"]


def test_beyond_this_machine_it_asks_for_keys(tmp_path: Path) -> None:
    done = start(tmp_path, "--port", "0", "--host", "0.0.0.0")
    assert done.stdout is not None
    document = json.loads(done.stdout.read())
    done.stdout.close()
    assert done.wait(timeout=40) != 0
    assert "key" in document["detail"]
