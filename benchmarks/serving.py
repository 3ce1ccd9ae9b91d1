"""A service as a person starts it, in a data folder of its own, and a plain client of it."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from benchmarks import ours

HOST = "127.0.0.1"
PATIENCE_SECONDS = 60.0
BOUNDARY = "frontier"
FORM = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Service:
    """A running service: its port, and the process of its HTTP door."""

    port: int
    door: int

    def connect(self) -> HTTPConnection:
        """Return a connection that stays open."""
        return HTTPConnection(HOST, self.port, timeout=PATIENCE_SECONDS)

    def ask(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
        """Send one request and return the answer's document.

        Raises:
            RuntimeError: it was refused.
        """
        data = None if body is None else json.dumps(body)
        with closing(self.connect()) as connection:
            connection.request(method, path, data, JSON if data else {})
            answer = connection.getresponse()
            text = answer.read()
        if answer.status >= 400:
            raise RuntimeError(text.decode())
        return json.loads(text)

    def upload(self, still: bytes) -> str:
        """Keep a still and return its id."""
        with closing(self.connect()) as connection:
            connection.request("POST", "/v1/sources", form(still), FORM)
            document: dict[str, str] = json.loads(connection.getresponse().read())
        return document["id"]

    def resident(self, field: str = "VmRSS") -> float:
        """Return what the HTTP door holds in memory, MB; ``VmHWM`` is the most it ever held."""
        for line in Path(f"/proc/{self.door}/status").read_text().splitlines():
            if line.startswith(f"{field}:"):
                return int(line.split()[1]) * 1024 / 1e6
        raise LookupError(field)


@contextmanager
def serving(data: Path, *options: str, **settings: str) -> Iterator[Service]:
    """Run ``stillwave serve`` until the block is left; yield it when it is ready."""
    told = {"requests_per_minute": "1000000", "min_free_mb": "0", **settings}
    variables = {f"STILLWAVE_{name.upper()}": value for name, value in told.items()}
    process = subprocess.Popen(
        [ours.PROGRAM, "serve", "--port", "0", "--json", *options],
        env=os.environ | ours.using(data) | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    try:
        said = "".join(iter(process.stdout.readline, "}\n")) + "}"
        service = Service(int(json.loads(said)["url"].rpartition(":")[2]), 0)
        _wait_for(service, "ok" if "0" not in options else "degraded")
        yield Service(service.port, _door(process.pid))
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)
        process.stdout.close()


def form(still: bytes, spec: Mapping[str, object] | None = None) -> bytes:
    """Return the body of a form with a still and a recipe."""
    parts = [(b'name="source"; filename="still"', still)]
    if spec is not None:
        parts.append((b'name="spec"', json.dumps(spec).encode()))
    line = f"--{BOUNDARY}\r\n".encode()
    told = (line + b"Content-Disposition: form-data; %b\r\n\r\n%b\r\n" % part for part in parts)
    return b"".join(told) + f"--{BOUNDARY}--\r\n".encode()


def _wait_for(service: Service, status: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            if service.ask("GET", "/readyz")["status"] == status:
                return
        except (OSError, RuntimeError):
            pass  # it has not opened yet
        time.sleep(0.1)
    raise TimeoutError(f"the service is not {status}")


def _door(parent: int) -> int:
    """Return the process of a household that answers HTTP."""
    for child in Path(f"/proc/{parent}/task/{parent}/children").read_text().split():
        if b"\0api\0" in Path(f"/proc/{child}/cmdline").read_bytes():
            return int(child)
    raise LookupError("no HTTP process")
