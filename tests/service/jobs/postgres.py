"""A database server of a test's own, on a socket of its own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.service.jobs.conftest import eventually

needs_postgres = pytest.mark.skipif(
    shutil.which("initdb") is None, reason="no Postgres server on this machine"
)


@dataclass
class Server:
    """A server that can be started again."""

    folder: Path
    user: str | None
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"postgresql://wave@/postgres?host={self.folder}"

    def start(self) -> None:
        place = ["-D", str(self.folder / "data"), "-k", str(self.folder)]
        serve = ["postgres", *place, "-c", "listen_addresses="]
        self.process = subprocess.Popen(
            serve, stderr=subprocess.DEVNULL, cwd=self.folder, user=self.user
        )
        ask = ["pg_isready", "-q", "-h", str(self.folder)]
        eventually(lambda: subprocess.run(ask, check=False).returncode == 0)

    def stop(self) -> None:
        """End every session at once."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=30)


@contextmanager
def postgres() -> Iterator[Server]:
    """Run a server with nothing in it."""
    user = "nobody" if os.geteuid() == 0 else None  # the server refuses to be root
    with TemporaryDirectory(prefix="wave-", ignore_cleanup_errors=True) as folder:
        if user is not None:
            shutil.chown(folder, user)
        make = ["initdb", "-D", f"{folder}/data", "-A", "trust", "-U", "wave", "--no-sync"]
        subprocess.run(make, check=True, stdout=subprocess.DEVNULL, cwd=folder, user=user)
        server = Server(Path(folder), user)
        server.start()
        try:
            yield server
        finally:
            server.stop()
