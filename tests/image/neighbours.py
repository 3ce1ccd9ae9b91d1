"""What compose.yaml starts beside our own services, on this machine's loopback instead.

Postgres is real, and asks for the password. The store is a double of the S3 protocol.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.service.house import free_port
from tests.service.storage.bucket_server import bucket

NOBODY = "nobody"
"""The server refuses to be root."""


@contextmanager
def neighbours(database: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Run both; yield what stands in an address for each of them in compose.yaml.

    Args:
        database: environment of the service ``database``.
    """
    user, password = database["POSTGRES_USER"], database["POSTGRES_PASSWORD"]
    with _postgres(user, password) as port, bucket() as store:
        yield {"@database/": f"@127.0.0.1:{port}/", "http://storage:8333": store.address}


@contextmanager
def _postgres(user: str, password: str) -> Iterator[int]:
    """Run a server with an empty database of the user's name; yield its port."""
    port = free_port()
    with TemporaryDirectory(prefix="wave-", ignore_cleanup_errors=True) as name:
        folder, secret = Path(name), Path(name) / "password"
        shutil.chown(folder, NOBODY)
        secret.write_text(password)
        shutil.chown(secret, NOBODY)
        data = ["-D", str(folder / "data")]
        lock = ["-A", "scram-sha-256", "-U", user, f"--pwfile={secret}", "--no-sync"]
        done = subprocess.DEVNULL
        subprocess.run(["initdb", *data, *lock], check=True, stdout=done, cwd=folder, user=NOBODY)
        place = ["-k", str(folder), "-h", "127.0.0.1", "-p", str(port)]
        with subprocess.Popen(
            ["postgres", *data, *place], stderr=done, cwd=folder, user=NOBODY
        ) as server:
            try:
                _until_it_answers(port)
                asked = ["createdb", "-h", "127.0.0.1", "-p", str(port), "-U", user, user]
                subprocess.run(asked, check=True, env={**os.environ, "PGPASSWORD": password})
                yield port
            finally:
                server.terminate()


def _until_it_answers(port: int) -> None:
    deadline = time.monotonic() + 30
    ask = ["pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]
    while subprocess.run(ask, check=False).returncode != 0:
        assert time.monotonic() < deadline, "Postgres does not answer"
        time.sleep(0.1)
