"""Runs our services of compose.yaml from one image, as far as that goes without an engine."""

from __future__ import annotations

import json
import secrets
import shlex
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.image.compose import services, variables
from tests.image.journey import (
    RECIPE,
    curl,
    ended,
    healthy,
    judge,
    order,
    render_by_http,
    say,
    serving,
)
from tests.image.neighbours import neighbours
from tests.image.running import Container

WORKERS = 2
LONG = {**RECIPE, "seconds": 10}
TOGETHER_WITHIN_SECONDS = 30.0


@dataclass(frozen=True)
class Member:
    """One service of the file, in the image."""

    container: Container
    service: Mapping[str, Any]

    @property
    def words(self) -> list[str]:
        """What starts it."""
        if "entrypoint" in self.service:
            return self.container.executed([*self.service["entrypoint"], *self.service["command"]])
        return self.container.started(self.service["command"])

    def start(self) -> subprocess.Popen[bytes]:
        """Start it, for good or ill."""
        return subprocess.Popen(self.words, env=self.container.environment)

    def run(self, words: Sequence[str]) -> str:
        """Run something in it to its end and return what it said."""
        done = subprocess.run(
            words,
            env=self.container.environment,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        return done.stdout.strip()


def muster(image: Path, folder: Path) -> None:
    """Start bucket, HTTP and workers as the file says, render with them, and kill one.

    Raises:
        CalledProcessError: a command did not end well.
        AssertionError: what came out is not what was ordered.
    """
    needed = [name for name, how in variables().items() if how == "?"]
    found = services({name: secrets.token_hex(16) for name in needed})
    with neighbours(found["database"]["environment"]) as elsewhere, ExitStack() as stack:

        def member(name: str) -> Member:
            told = {
                key: _moved(str(value), elsewhere)
                for key, value in found[name]["environment"].items()
            }
            return Member(Container(image, folder / "volume", told), found[name])

        bucket, api, worker = member("bucket"), member("api"), member("worker")
        bucket.run(bucket.words)
        say("bucket", "is there")
        key = json.loads(api.run(api.container.started(["keys", "create", "shop", "--json"])))[
            "key"
        ]
        stack.enter_context(serving(api.container, api.words))
        doomed = stack.enter_context(worker.start())
        stack.callback(doomed.kill)
        stack.enter_context(serving(worker.container, worker.words))
        say("api", f"its health check passed after {healthy(api.container):.1f} s")
        check = worker.service["healthcheck"]["test"][1:]
        say(shlex.join(["worker:", *check]), worker.run(worker.container.executed(check)))
        url = f"http://127.0.0.1:{api.container.final.last('EXPOSE').text}"
        say("ready", _together(url))
        judge(render_by_http(url, key, api.container.volume))
        _figures(url, api)
        _lose(doomed, url, key)


def _figures(url: str, api: Member) -> None:
    """Read them as Prometheus does, with a key of its own."""
    words = ["keys", "create", "prometheus", "--scope", "metrics", "--json"]
    key = str(json.loads(api.run(api.container.started(words)))["key"])
    lines = curl(key, f"{url}/metrics").splitlines()
    told = [line for line in lines if line.startswith("stillwave_workers")]
    assert told == [f"stillwave_workers {WORKERS:.1f}"]
    say("metrics", told[0])


def _lose(doomed: subprocess.Popen[bytes], url: str, key: str) -> None:
    """Kill one of two workers that both work, and see both jobs end right."""
    jobs = [order(url, key, LONG) for _ in range(WORKERS)]
    while any(
        json.loads(curl(key, f"{url}/v1/renders/{job}"))["state"] != "running" for job in jobs
    ):
        time.sleep(0.1)
    doomed.kill()
    killed = time.monotonic()
    done = [ended(url, key, job) for job in jobs]
    seconds = time.monotonic() - killed
    assert [made["state"] for made in done] == ["succeeded"] * WORKERS
    attempts = sorted(made["attempts"] for made in done)
    assert attempts == [1, 2], attempts
    say("a worker killed", f"both jobs succeeded, by attempts {attempts}, {seconds:.1f} s later")


def _together(url: str) -> str:
    """Return what /readyz says once workers live and everything answers."""
    deadline = time.monotonic() + TOGETHER_WITHIN_SECONDS
    while '"status":"ok"' not in (said := curl("", f"{url}/readyz")):
        assert time.monotonic() < deadline, said
        time.sleep(0.5)
    return said


def _moved(value: str, elsewhere: Mapping[str, str]) -> str:
    for there, here in elsewhere.items():
        value = value.replace(there, here)
    return value
