"""A draft's way through the service, beside the same draft made in a warm process."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from multiprocessing import get_context
from pathlib import Path

from benchmarks import ours
from benchmarks.measure import apart, progress
from benchmarks.serving import Service, serving
from benchmarks.stills import draw_still

DRAFT = {
    "quality": "draft",
    "formats": ["instagram-reel"],
    "camera": "orbit",
    "look": {"name": "natural", "strength": 0},
}
"""The draft of ``variants.py``: a reel of 3 s without a look."""

WARM_UP = 2


@dataclass(frozen=True)
class Passage:
    """One draft, seconds.

    Attributes:
        own: made by the library in a warm process, just before or after.
        start: from accepted to a worker's start, as the job's record says.
        wall: from accepted to succeeded, as the job's record says.
        seen: from the answer 202 to the event that tells of its end.
    """

    own: float
    start: float
    wall: float
    seen: float


def pass_drafts(folder: Path, count: int) -> list[Passage]:
    """Send drafts through an idle service and make the same by the library, in turn."""
    photo, data = folder / "still.png", ours.fresh_data(folder / "through")
    apart(draw_still, "astronaut", photo)
    with serving(data) as service, ProcessPoolExecutor(1, get_context("spawn")) as warm:
        source = service.upload(photo.read_bytes())
        found = []
        for turn in range(WARM_UP + count):
            through = _send(service, source) if turn % 2 else None
            seconds = warm.submit(_make, photo, folder / "own", data).result()
            through = through or _send(service, source)
            found.append(Passage(seconds, **through))
            progress(f"draft: own {seconds:.2f} s, through the service {through['wall']:.2f} s")
    return found[WARM_UP:]


def _make(photo: Path, out: Path, data: Path) -> float:
    from pipelines.context import Context
    from pipelines.render import render
    from pipelines.spec import parse_spec

    shutil.rmtree(out, ignore_errors=True)
    start = time.perf_counter()
    render(parse_spec(DRAFT), photo.read_bytes(), out, Context(data))
    return time.perf_counter() - start


def _send(service: Service, source: str) -> Mapping[str, float]:
    render = service.ask("POST", "/v1/renders", DRAFT | {"source": {"id": source}})["id"]
    start = time.perf_counter()
    with closing(service.connect()) as connection:
        connection.request("GET", f"/v1/renders/{render}/events")
        for line in connection.getresponse():
            if line.startswith((b"event: succeeded", b"event: failed")):
                break
    seen = time.perf_counter() - start
    told = service.ask("GET", f"/v1/renders/{render}")
    if told["state"] != "succeeded":
        raise RuntimeError(told["error"])
    created, started, finished = (
        datetime.fromisoformat(told[key]).timestamp()
        for key in ("created_at", "started_at", "finished_at")
    )
    return {"start": started - created, "wall": finished - created, "seen": seen}
