"""How soon after DELETE does the machine rest: ``python -m benchmarks.faults.cancel``.

A whole service with one worker. The clock starts when DELETE is sent. The machine rests when the
worker's children use no more processor time: the last moment at which their count rose.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import psutil

from benchmarks.findings import Table
from benchmarks.measure import progress, spread
from pipelines.models import add_folder
from tests.service.house import House, house
from tests.service.jobs.conftest import LONG, eventually

MODEL = "tiny-svd"
WEIGHTS = Path(__file__).parents[2] / "tests" / "tiny_svd" / "weights"

LOOK_SECONDS = 0.02
REST_SECONDS = 1.5
"""So long without a tick of processor time is rest."""

SVD: dict[str, Any] = {"engine": "svd", "model": MODEL, "num_inference_steps": 200}


@dataclass(frozen=True)
class Case:
    """A job, and where it is cancelled.

    Attributes:
        stage: in whose midst.
        steps: of that stage that are done by then, at least.
        cold: whether the process that does it is a fresh one, which loads its libraries first.
    """

    name: str
    spec: Mapping[str, Any]
    stage: str
    steps: int = 1
    cold: bool = False


RUNNING = (
    Case("svd (tiny), loading torch", {"motion": SVD, "seconds": 4, "fps": 12}, "animate", 0, True),
    Case("parallax, encoding", LONG, "encode"),
    Case("svd (tiny), denoising", {"motion": SVD, "seconds": 4, "fps": 12}, "animate"),
    Case("svd (tiny), encoding", LONG | {"motion": SVD | {"num_inference_steps": 2}}, "encode"),
)


def running(home: House, case: Case) -> tuple[float, float]:
    """Cancel a running job; return the seconds until the answer, and until rest."""
    for hand in home.parts("hand") if case.cold else ():
        hand.kill()
    job = home.submit(**case.spec)
    eventually(lambda: reached(home, job, case))
    hands = home.parts("hand")
    start = time.monotonic()
    state = home.client.delete(f"/v1/renders/{job}").json()["state"]
    answered = time.monotonic() - start
    assert state == "canceled", f"it was {state} before it could be cancelled"
    return answered, rest(hands) - start


def queued(home: House, case: Case) -> tuple[float, int]:
    """Cancel a job that waits behind another; return the seconds, and how often it was begun."""
    first, second = home.submit(**case.spec), home.submit(**case.spec)
    eventually(lambda: reached(home, first, case))
    start = time.monotonic()
    assert home.client.delete(f"/v1/renders/{second}").json()["state"] == "canceled"
    answered = time.monotonic() - start
    home.client.delete(f"/v1/renders/{first}")
    rest(home.parts("hand"))
    return answered, int(home.get(f"/v1/renders/{second}")["attempts"])


def reached(home: House, job: str, case: Case) -> bool:
    """Whether a job is where it is to be cancelled."""
    where = home.get(f"/v1/renders/{job}")["progress"]
    return bool(where and where["stage"] == case.stage and where["done"] >= case.steps)


def rest(hands: Sequence[psutil.Process]) -> float:
    """Wait until nothing is computed; return the moment since when."""
    last, used = time.monotonic(), ticks(hands)
    while time.monotonic() - last < REST_SECONDS:
        time.sleep(LOOK_SECONDS)
        now = ticks(hands)
        if now > used:
            last, used = time.monotonic(), now
    return last


def ticks(hands: Sequence[psutil.Process]) -> float:
    """Return the processor seconds of those that live."""
    total = 0.0
    for hand in hands:
        with suppress(psutil.NoSuchProcess):
            times = hand.cpu_times()
            total += times.user + times.system
    return total


def measured(home: House, case: Case, repeats: int) -> tuple[str, ...]:
    """Return a case's rows, after one run that loads what it needs."""
    runs = [running(home, case) for _ in range(repeats + 1)][1:]
    progress(f"{case.name}: {runs}")
    return (case.name, _milliseconds([a for a, _ in runs]), _milliseconds([r for _, r in runs]))


def waited(home: House, case: Case, repeats: int) -> tuple[str, ...]:
    """Return the row of jobs that were cancelled before their turn."""
    waits = [queued(home, case) for _ in range(repeats)]
    begun = sum(attempts for _, attempts in waits)
    answered = _milliseconds([answered for answered, _ in waits])
    return (f"{case.name.partition(',')[0]}, queued", answered, f"begun {begun} of {repeats} times")


def _milliseconds(values: Sequence[float]) -> str:
    return spread([value * 1000 for value in values], 0)


@click.command()
@click.option("--repeats", type=click.IntRange(1), default=5, show_default=True)
def main(repeats: int) -> None:
    """Cancel jobs in every place and print how long it took."""
    with tempfile.TemporaryDirectory(prefix="stillwave-cancel-") as folder:
        data_dir, weights = Path(folder) / "data", Path(folder) / "weights"
        shutil.copytree(WEIGHTS, weights)
        add_folder(MODEL, weights, data_dir / "models", kind="svd")
        with house(data_dir) as home:
            rows = [measured(home, case, repeats) for case in RUNNING]
            rows += [waited(home, case, repeats) for case in RUNNING if case.stage == "encode"]
    header = ("job", "DELETE answered, ms", "processor at rest after, ms")
    click.echo(Table(f"Cancelling, {repeats} times each", header, rows).markdown())


if __name__ == "__main__":
    main()
