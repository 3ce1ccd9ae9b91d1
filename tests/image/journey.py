"""Does with an image what it is for: looks at itself, serves, is healthy, renders, stops."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipelines.video import read_footage
from tests.image.dockerfile import CHECKOUT
from tests.image.running import Container

STILL = CHECKOUT / "samples/coffee.jpg"
FPS, FRAMES = 30.0, 90
"""Of a web-loop whose recipe says nothing else."""

RECIPE = {"look": "golden-hour", "camera": "orbit", "formats": ["web-loop"]}
HEALTHY_WITHIN_SECONDS = 60.0
STOPS_WITHIN_SECONDS = 30.0

AS_WHOM = """
import errno, os
try:
    open("/opt/stillwave/left", "w")
except OSError as error:
    assert error.errno == errno.EROFS, error
else:
    raise SystemExit("the root can be written")
print(f"user {os.getuid()}, groups {os.getgroups()}, root read-only")
"""


def travel(container: Container) -> None:
    """Go through it all, and say each step.

    Raises:
        CalledProcessError: a command did not end well.
        AssertionError: what came out is not what was ordered.
    """
    say("as whom", _inside(container, ["python", "-c", AS_WHOM]))
    say("doctor", _ask(container, "doctor"))
    key = json.loads(_ask(container, "keys", "create", "rehearsal", "--json"))["key"]
    port = container.final.last("EXPOSE").text
    with serving(container, container.started()):
        say("health check", f"passed after {healthy(container):.1f} s")
        fetched = render_by_http(f"http://127.0.0.1:{port}", key, container.volume)
    say("stopped", "by SIGTERM, exit code 0")
    judge(fetched)
    shutil.copy2(STILL, container.volume / STILL.name)
    told = ["--look", "golden-hour", "--camera", "orbit", "--for", "web-loop", "--out", "out"]
    say("stillwave render", _ask(container, "render", STILL.name, *told))
    judge(container.volume / "out/web-loop.mp4")


@contextmanager
def serving(container: Container, words: Sequence[str]) -> Iterator[None]:
    """Run a service until the block is left, then stop it as an engine does."""
    with subprocess.Popen(words, env=container.environment) as process:
        try:
            yield
            assert process.poll() is None, f"it ended by itself with code {process.returncode}"
        finally:
            process.terminate()
            code = process.wait(STOPS_WITHIN_SECONDS)
    assert code == 0, f"it stopped with code {code}"


def healthy(container: Container) -> float:
    """Return the seconds until the image's health check passes."""
    start = time.monotonic()
    while True:
        check = subprocess.run(
            container.checked(), env=container.environment, capture_output=True, check=False
        )
        seconds = time.monotonic() - start
        if check.returncode == 0:
            return seconds
        assert seconds < HEALTHY_WITHIN_SECONDS, check.stderr.decode()
        time.sleep(0.5)


def render_by_http(url: str, key: str, folder: Path) -> Path:
    """Upload the still, wait for the loop, download it; from outside, by curl."""
    made = ended(url, key, order(url, key, RECIPE))
    say("render by HTTP", f"{made['id']} {made['state']} by attempt {made['attempts']}")
    loop = folder / "fetched.mp4"
    curl(key, f"{url}/v1/renders/{made['id']}/artifacts/web-loop.mp4", "-o", str(loop))
    return loop


def order(url: str, key: str, recipe: Mapping[str, object]) -> str:
    """Submit a render of the still; return its id."""
    form = ["-F", f"source=@{STILL}", "-F", f"spec={json.dumps(recipe)}"]
    return str(json.loads(curl(key, f"{url}/v1/renders", *form))["id"])


def ended(url: str, key: str, render: str) -> dict[str, Any]:
    """Wait until a render has ended; return it."""
    while True:
        made: dict[str, Any] = json.loads(curl(key, f"{url}/v1/renders/{render}"))
        if made["state"] not in ("queued", "running"):
            return made
        time.sleep(0.5)


def curl(key: str, url: str, *more: str) -> str:
    """Ask as a client with a key does; return the answer's body."""
    words = ["curl", "-sSf", "-H", f"Authorization: Bearer {key}", *more, url]
    return subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True).stdout


def _ask(container: Container, *command: str) -> str:
    return _output(container, container.started(command))


def _inside(container: Container, words: Sequence[str]) -> str:
    return _output(container, container.executed(words))


def _output(container: Container, words: Sequence[str]) -> str:
    done = subprocess.run(
        words, env=container.environment, check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout.strip()


def judge(loop: Path) -> None:
    """Decode a file here, outside the image."""
    footage = read_footage(loop, 60.0, 2**30)
    assert (footage.fps, len(footage.frames)) == (FPS, FRAMES)
    height, width, _ = footage.frames[0].shape
    size = loop.stat().st_size
    say("decoded", f"{loop}: {width}x{height}, {FRAMES} frames at {FPS:g} fps, {size} bytes")


def say(step: str, what: str) -> None:
    """Tell what was done and what came of it."""
    print(f"== {step}\n{what}", flush=True)  # noqa: T201
