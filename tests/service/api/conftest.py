"""The service as a person starts it: real processes, real HTTP."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

ROOT = Path(__file__).parents[3]
PROGRAM = (sys.executable, "-c", "from service.cli import main; main()")
DRAFT = {"formats": ["web-loop"], "quality": "draft", "seconds": 0.5, "fps": 12}
"""The quickest render there is."""


@dataclass(frozen=True)
class Service:
    """A running service."""

    url: str
    data_dir: Path
    environment: dict[str, str]
    process: subprocess.Popen[str]

    def client(self, key: str | None = None) -> httpx2.Client:
        """Return a client; close it."""
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        return httpx2.Client(base_url=self.url, headers=headers, timeout=60)

    def new_key(self, name: str, *options: str) -> str:
        """Create an API key by the program."""
        return str(run_keys(self.environment, "create", name, *options)["key"])


def run_keys(environment: dict[str, str], *arguments: str) -> dict[str, Any]:
    """Run ``stillwave keys`` and return its document."""
    done = subprocess.run(
        [*PROGRAM, "keys", *arguments, "--json"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def surroundings(data_dir: Path, **settings: str) -> dict[str, str]:
    return {
        **os.environ,
        "STILLWAVE_DATA_DIR": str(data_dir),
        "PYTHONPATH": str(ROOT),
        **{f"STILLWAVE_{name.upper()}": value for name, value in settings.items()},
    }


@contextmanager
def serving(environment: dict[str, str], *options: str) -> Iterator[Service]:
    """Run ``stillwave serve`` on a free port until the block is left."""
    with subprocess.Popen(
        [*PROGRAM, "serve", "--port", "0", "--json", *options],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        said = "".join(iter(process.stdout.readline, "}\n")) + "}"
        data_dir = Path(environment["STILLWAVE_DATA_DIR"])
        try:
            yield Service(json.loads(said)["url"], data_dir, environment, process)
        finally:
            process.terminate()
            process.wait(30)


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service with one worker that asks for no keys; stills come from loopback too."""
    environment = surroundings(
        tmp_path_factory.mktemp("service"), fetch_networks="127.0.0.1/32", heartbeat_seconds="0.5"
    )
    with serving(environment) as running:
        yield running


@pytest.fixture(scope="session")
def http(service: Service) -> Iterator[httpx2.Client]:
    with service.client() as client:
        yield client


@pytest.fixture(scope="session")
def still(samples: Path) -> bytes:
    return (samples / "coffee.jpg").read_bytes()


Submit = Callable[..., httpx2.Response]


@pytest.fixture(scope="session")
def submit(http: httpx2.Client, still: bytes) -> Submit:
    """Send a quick draft as a form; changes go into its recipe."""

    def send(
        wait: int = 0, headers: dict[str, str] | None = None, **changes: object
    ) -> httpx2.Response:
        return http.post(
            "/v1/renders",
            files={"source": ("cup.jpg", still, "image/jpeg")},
            data={"spec": json.dumps(DRAFT | changes)},
            headers={**(headers or {}), **({"Prefer": f"wait={wait}"} if wait else {})},
        )

    return send


@pytest.fixture(scope="session")
def done(submit: Submit) -> dict[str, Any]:
    """A render that succeeded."""
    answer = submit(wait=60)
    found: dict[str, Any] = answer.json()
    assert (answer.status_code, found["state"]) == (200, "succeeded"), found
    return found


def assert_problem(answer: httpx2.Response, status: int, kind: str) -> dict[str, Any]:
    """Hold an answer to RFC 9457 and to what must never be in it."""
    problem: dict[str, Any] = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, problem["status"]) == (status, status), problem
    assert problem["type"] == (kind if kind.startswith("about:") else f"/problems/{kind}")
    assert problem["title"]
    assert problem["detail"].endswith(".")
    assert problem["request_id"] == answer.headers["x-request-id"]
    for leak in ("Traceback", "site-packages", str(ROOT), "/tmp/", "sqlalchemy", "pydantic"):
        assert leak not in answer.text
    assert "server" not in answer.headers
    return problem


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service without workers, on every address of this machine: possible with a key only."""
    environment = surroundings(tmp_path_factory.mktemp("guarded"), tenant_queue_limit="3")
    run_keys(environment, "create", "first")
    with serving(environment, "--host", "0.0.0.0", "--workers", "0") as running:
        url = running.url.replace("0.0.0.0", "127.0.0.1")
        yield Service(url, running.data_dir, environment, running.process)
