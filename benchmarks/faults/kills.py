"""Jobs under fire: kill -9 at random moments. ``python -m benchmarks.faults.kills``.

A whole service (parent, HTTP process, workers and their children) takes renders by upload while
its processes are killed, one by one and all at once. Then every render is looked at, and whatever
lies about.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import click
import httpx2
import psutil
import sqlalchemy as sa

from benchmarks.findings import Table
from benchmarks.measure import progress, spread
from pipelines.context import Context
from pipelines.files import PARTIAL
from pipelines.render import render
from pipelines.spec import parse_spec
from service.jobs.database import connect
from service.jobs.retention import GRACE_SECONDS, sweep
from service.jobs.tables import SOURCES, USES
from service.settings import Settings
from service.storage.store import open_storage
from tests.service.house import DRAFT, House, house
from tests.service.jobs.conftest import eventually, still
from tests.service.jobs.postgres import postgres

WHOM = ("worker", "hand", "api", "all")
LOOKS = ("natural", "winter", "noir")
RECIPE = DRAFT | {"seconds": 4, "fps": 30}
"""Takes a second or two, so that a killer meets it at work."""

CLIENTS = 4
FILE = "web-loop.mp4"
SECONDS_A_JOB = 15.0
"""Beyond so long a run is given up: something is stuck."""


@dataclass
class Toll:
    """What a run did to a service, and what the service made of it."""

    jobs: int
    kills: Counter[str] = field(default_factory=Counter)
    ended: list[dict[str, Any]] = field(default_factory=list)
    wrong: int = 0
    listed: list[str] = field(default_factory=list)
    told_twice: int = 0
    seconds: float = 0.0
    unused: int = 0
    scratch: int = 0
    swept: Leftovers | None = None

    @property
    def states(self) -> Counter[str]:
        """How the jobs ended."""
        return Counter(str(job["state"]) for job in self.ended)

    @property
    def attempts(self) -> Counter[int]:
        """How often jobs were begun."""
        return Counter(int(job["attempts"]) for job in self.ended)

    @property
    def runs(self) -> list[float]:
        """Seconds from each job's acceptance to its end."""
        return [_moment(job["finished_at"]) - _moment(job["created_at"]) for job in self.ended]


@dataclass(frozen=True)
class Leftovers:
    """Files that belong to nothing.

    Attributes:
        blobs: in the storage, that no job and no source uses.
        partial: half-written ones there.
        missing: blobs that something uses and that are not there.
    """

    blobs: int
    partial: int
    missing: int


def under_fire(home: House, jobs: int, kills: Sequence[str], chance: random.Random) -> Toll:
    """Have ``jobs`` renders made while processes are killed, in this order, now and then."""
    toll, begun = Toll(jobs), time.monotonic()
    with ThreadPoolExecutor(CLIENTS) as clients:
        asked = [clients.submit(_insist, home.url, index) for index in range(jobs)]
        for whom in [*kills, ""]:
            if whom:
                _wait_for_work(home, asked)
                time.sleep(chance.uniform(0.0, 2.0))
                strike(home, whom, chance)
                toll.kills[whom] += 1
        ids = [each.result() for each in asked]
        toll.ended = [_ended(home, id, begun + jobs * SECONDS_A_JOB + 60) for id in ids]
    toll.seconds = time.monotonic() - begun
    _look(home, toll)
    return toll


def strike(home: House, whom: str, chance: random.Random) -> None:
    """Kill one process of a kind, or all of them; what was all is started again."""
    if whom == "all":
        home.kill()
        home.start()
        return
    victims: list[psutil.Process] = eventually(lambda: home.parts(whom))
    with suppress(psutil.NoSuchProcess):
        chance.choice(victims).kill()


def collect(home: House, settings: Settings, toll: Toll) -> None:
    """Kill all, start again, and see what is left over: at once, and after the sweep's hour."""
    home.kill()
    home.start()
    scratch, hands = settings.data_dir / "scratch", home.workers
    eventually(lambda: len(home.parts("hand")) == hands)
    eventually(lambda: len(list(scratch.iterdir())) == hands + 1)  # theirs, and HTTP's
    toll.scratch = sum(len(list(folder.iterdir())) for folder in scratch.iterdir())
    toll.unused = _left_over(settings).blobs
    home.stop()
    _age(settings.data_dir / "blobs", 2 * GRACE_SECONDS)
    engine = connect(settings)
    sweep(engine, open_storage(settings), settings)
    engine.dispose()
    toll.swept = _left_over(settings)


@contextmanager
def service(database: str, folder: Path, workers: int) -> Iterator[tuple[House, Settings]]:
    """Run a service on a database: ``sqlite``, or ``postgres`` with a server of its own."""
    with postgres() if database == "postgres" else nullcontext() as server:
        told = {"tenant_slots": str(workers)}
        told |= {} if server is None else {"database_url": server.url}
        environment = {f"STILLWAVE_{name.upper()}": value for name, value in told.items()}
        with house(folder, workers, **environment) as home:
            yield home, Settings.model_validate({"data_dir": folder, **told})


def expected(folder: Path) -> dict[str, str]:
    """Return what the library makes of each look, as the file's SHA-256."""
    found = {}
    for look in LOOKS:
        spec = parse_spec(RECIPE | {"look": look})
        render(spec, still(), folder / look, Context(folder / "data"))
        found[look] = hashlib.sha256((folder / look / FILE).read_bytes()).hexdigest()
    return found


def _insist(url: str, index: int) -> str:
    """Submit a job until it is accepted, always with the same key, and return its id."""
    spec = RECIPE | {"look": LOOKS[index % len(LOOKS)], "metadata": {"index": index}}
    form = {"spec": json.dumps(spec)}
    time.sleep(random.Random(index).uniform(0, 2))
    with httpx2.Client(base_url=url, timeout=60) as client:
        while True:
            try:
                answer = client.post(
                    "/v1/renders",
                    data=form,
                    files={"source": ("a.png", still(), "image/png")},
                    headers={"Idempotency-Key": f"job-{index}"},
                )
            except httpx2.TransportError:
                time.sleep(0.2)
                continue
            if answer.status_code not in (429, 503):
                answer.raise_for_status()
                return str(answer.json()["id"])
            time.sleep(1)


def _wait_for_work(home: House, asked: Sequence[Future[str]]) -> None:
    """Wait until something runs, or nothing is left to run."""

    def busy() -> bool:
        with suppress(httpx2.HTTPError, KeyError):
            running = home.get("/v1/renders?state=running&limit=1")["data"]
            queued = home.get("/v1/renders?state=queued&limit=1")["data"]
            return bool(running) or not (queued or any(not each.done() for each in asked))
        return False

    eventually(busy)


def _ended(home: House, id: str, deadline: float) -> dict[str, Any]:
    while True:
        assert time.monotonic() < deadline, f"render {id} does not end"
        with suppress(httpx2.HTTPError):
            job: dict[str, Any] = home.get(f"/v1/renders/{id}")
            if job["finished_at"] is not None:
                return job
        time.sleep(0.1)


def _look(home: House, toll: Toll) -> None:
    """Compare every file with the library's, every story with itself, and the list with both."""
    eventually(home.ready)
    with tempfile.TemporaryDirectory() as folder:
        wanted = expected(Path(folder))
    for job in toll.ended:
        made = {file["name"]: file["sha256"] for file in job["artifacts"]}
        file = home.client.get(f"{job['links']['self']}/artifacts/{FILE}").content
        same = hashlib.sha256(file).hexdigest() == made.get(FILE)
        toll.wrong += not same or made[FILE] != wanted[job["recipe"]["look"]["name"]]
        story = home.client.get(job["links"]["events"]).text
        toll.told_twice += story.count("event: succeeded") != 1
    cursor = ""
    while cursor is not None:
        page = home.get(f"/v1/renders?limit=25{cursor and f'&cursor={cursor}'}")
        toll.listed += [job["id"] for job in page["data"]]
        cursor = page["next_cursor"]


def _left_over(settings: Settings) -> Leftovers:
    engine = connect(settings)
    with engine.connect() as connection:
        used = set(connection.scalars(sa.select(USES.c.blob)))
        used |= set(connection.scalars(sa.select(SOURCES.c.sha256)))
    engine.dispose()
    blobs = settings.data_dir / "blobs"
    there = {path.name for path in blobs.glob("??/*")}
    partial = len(list(blobs.glob(f".*{PARTIAL}")))
    return Leftovers(len(there - used), partial, len(used - there))


def _age(folder: Path, seconds: float) -> None:
    for path in folder.rglob("*"):
        then = path.stat().st_mtime - seconds
        os.utime(path, (then, then))


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def row(database: str, toll: Toll) -> tuple[str, ...]:
    """Return a run's cells."""
    assert toll.swept is not None
    attempts = ", ".join(f"{count} × {number}" for number, count in sorted(toll.attempts.items()))
    twice = len(toll.listed) - len(set(toll.listed)) + toll.told_twice
    return (
        database,
        ", ".join(f"{toll.kills[whom]} {whom}" for whom in WHOM),
        f"{toll.states['succeeded']}/{toll.jobs}",
        attempts,
        str(toll.wrong),
        str(twice),
        f"{toll.scratch}",
        f"{toll.unused} → {toll.swept.blobs}",
        str(toll.swept.missing),
        f"{toll.seconds:.0f}",
        spread(toll.runs, 1),
    )


HEADER = (
    "database",
    "killed",
    "succeeded",
    "jobs × attempts",
    "wrong files",
    "seen twice",
    "left in scratch",
    "blobs without a use, at once → swept",
    "blobs missing",
    "wall s",
    "s a job",
)


def table(rows: Sequence[Sequence[str]], jobs: int, workers: int) -> Table:
    """Return the runs as a table."""
    title = f"{jobs} jobs, {workers} workers, kill -9 at random moments"
    note = (
        "*Seen twice* counts jobs that the list names twice, or whose events tell of an end more "
        "than once. *Left in scratch* is counted after everything was killed once more and started "
        "again. Blobs without a use are results of attempts that were killed, and stages' results "
        "that ended jobs need no more; the sweep takes them when they are an hour old."
    )
    return Table(title, HEADER, rows, note)


@click.command()
@click.option("--jobs", type=click.IntRange(1), default=40, show_default=True)
@click.option("--workers", type=click.IntRange(1), default=3, show_default=True)
@click.option(
    "--database", type=click.Choice(["sqlite", "postgres"]), multiple=True, help="Only this one."
)
@click.option("--seed", default=5, show_default=True)
def main(jobs: int, workers: int, database: tuple[str, ...], seed: int) -> None:
    """Run jobs under fire on both databases and print what came of them."""
    rows = []
    for name in database or ("sqlite", "postgres"):
        progress(f"== {name}")
        chance = random.Random(seed)
        kills = ["worker", "hand", "api"] * max(1, jobs // 8) + ["all"] * max(1, jobs // 20)
        chance.shuffle(kills)
        with (
            tempfile.TemporaryDirectory(prefix="stillwave-kills-") as folder,
            service(name, Path(folder) / "data", workers) as (home, settings),
        ):
            toll = under_fire(home, jobs, kills, chance)
            collect(home, settings, toll)
        rows.append(row(name, toll))
    click.echo(table(rows, jobs, workers).markdown())


if __name__ == "__main__":
    main()
