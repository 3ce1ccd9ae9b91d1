"""A running video server, as a test holds it."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx2

ROOT = Path(__file__).parents[4]


class RunningServer:
    """The process of `tests.video_server`.

    Attributes:
        folder: where its videos lie.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._port = 0
        self.start()

    @property
    def url(self) -> str:
        """What STILLWAVE_REMOTE_URL would say."""
        return f"http://127.0.0.1:{self._port}/v1"

    def start(self) -> None:
        """Start it, the second time on the same port."""
        command = [sys.executable, "-m", "tests.video_server", str(self.folder)]
        self._process = subprocess.Popen(
            [*command, str(self._port)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self._port = int(self._process.stdout.readline())

    def kill(self) -> None:
        """Kill it as a power cut would."""
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def faults(self, **faults: object) -> None:
        """Set what is wrong with it, and clear its journal."""
        httpx2.put(f"{self.url}/faults", json=faults).raise_for_status()

    def journal(self) -> list[dict[str, Any]]:
        """Return what it was asked since its faults were set."""
        address = self.url.removesuffix("/v1")
        answer: list[dict[str, Any]] = httpx2.get(f"{address}/journal").json()["journal"]
        return answer

    def asked(self, method: str, ending: str = "") -> list[dict[str, Any]]:
        """Return the journal's entries of a method, and of paths with that ending."""
        return [
            entry
            for entry in self.journal()
            if entry["method"] == method and entry["path"].endswith(ending)
        ]

    def empties(self) -> bool:
        """Whether no video lies in its folder, soon: one in the making is dropped in between."""
        for _ in range(100):
            if not any(path.suffix in (".mp4", ".part") for path in self.folder.iterdir()):
                return True
            time.sleep(0.05)
        return False
