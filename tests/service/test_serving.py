"""``stillwave serve`` as a person starts it: whatever dies comes back, and goes with its parent."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.service.jobs.conftest import LONG, ROOT, eventually, still

PROGRAM = (sys.executable, "-c", "from service.cli import main; main()")


@dataclass
class House:
    """A running service."""

    url: str
    process: subprocess.Popen[str]

    def part(self, name: str) -> psutil.Process:
        """Its process called ``api`` or ``worker``."""
        for child in psutil.Process(self.process.pid).children():
            if name in child.cmdline():
                return child
        raise LookupError(name)

    def get(self, path: str) -> Any:  # noqa: ANN401 - JSON
        with urllib.request.urlopen(self.url + path, timeout=30) as answer:
            return json.load(answer)

    def submit(self, **spec: object) -> str:
        short = {"quality": "draft", "seconds": 0.5, "fps": 12, "formats": ["web-loop"]}
        boundary = "frontier"
        body = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="spec"\r\n\r\n'
            f"{json.dumps(short | spec)}\r\n--{boundary}\r\n"
            'Content-Disposition: form-data; name="source"; filename="a.png"\r\n\r\n'
        ).encode()
        request = urllib.request.Request(
            self.url + "/v1/renders",
            data=body + still() + f"\r\n--{boundary}--\r\n".encode(),
            headers={"Content-Type": f"multipart/form-data; boundary={boundary}"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return str(json.load(answer)["id"])

    def state(self, render: str) -> str:
        return str(self.get(f"/v1/renders/{render}")["state"])

    def finish(self, render: str) -> str:
        eventually(lambda: self.state(render) not in ("queued", "running"))
        return self.state(render)

    def ready(self) -> bool:
        try:
            return bool(self.get("/readyz")["status"] == "ok")
        except OSError:
            return False


def start(data_dir: Path, *options: str) -> subprocess.Popen[str]:
    told = {"STILLWAVE_DATA_DIR": str(data_dir), "STILLWAVE_MIN_FREE_MB": "0"}
    quick = {"STILLWAVE_LEASE_SECONDS": "2", "STILLWAVE_DRAIN_SECONDS": "0"}
    return subprocess.Popen(
        [*PROGRAM, "serve", "--port", "0", "--json", *options],
        env={**os.environ, "PYTHONPATH": str(ROOT), **told, **quick},
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    process = start(tmp_path / "data")
    assert process.stdout is not None
    text = "".join(process.stdout.readline() for _ in range(3))
    house = House(json.loads(text)["url"], process)
    eventually(house.ready)
    yield house
    process.stdout.close()
    if process.poll() is None:
        process.terminate()
    process.wait(timeout=40)


def test_parts_that_are_killed_come_back_and_the_job_is_done(house: House) -> None:
    job = house.submit(**LONG | {"seconds": 8})
    eventually(lambda: house.state(job) == "running")
    killed = [house.part("worker"), house.part("api")]
    for part in killed:
        part.kill()

    eventually(house.ready)
    assert house.finish(job) == "succeeded"
    assert house.get(f"/v1/renders/{job}")["attempts"] == 2
    assert len(house.get("/v1/renders")["data"]) == 1
    assert {house.part("worker").pid, house.part("api").pid}.isdisjoint(
        {part.pid for part in killed}
    )


def test_when_the_parent_is_killed_nobody_stays(house: House) -> None:
    house.finish(house.submit())
    family = psutil.Process(house.process.pid).children(recursive=True)
    assert len(family) == 5, "HTTP and its two readers, worker, and the worker's child"

    house.process.kill()

    assert psutil.wait_procs(family, timeout=30)[1] == []


def test_the_http_process_never_loads_networks(house: House) -> None:
    house.finish(house.submit())
    maps = Path(f"/proc/{house.part('api').pid}/maps").read_text()
    assert "libtorch" not in maps
    assert "onnxruntime" not in maps


def test_told_to_stop_it_stops(house: House) -> None:
    family = psutil.Process(house.process.pid).children(recursive=True)
    told = time.monotonic()
    house.process.send_signal(signal.SIGINT)

    assert house.process.wait(timeout=40) == 0
    assert psutil.wait_procs(family, timeout=5)[1] == []
    assert time.monotonic() - told < 20
    with pytest.raises(urllib.error.URLError):
        house.get("/healthz")


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
    done = start(tmp_path, "--host", "0.0.0.0")
    assert done.stdout is not None
    document = json.loads(done.stdout.read())
    done.stdout.close()
    assert done.wait(timeout=40) != 0
    assert "key" in document["detail"]
