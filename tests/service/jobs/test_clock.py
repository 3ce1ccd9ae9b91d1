"""Wall clocks jump, by days, in the midst of jobs: nobody is taken for dead, and no job is lost.

The jumping is libfaketime's, under every process of a worker; the monotonic clock stays as it is,
as it does on a real machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path

import pytest

from service.jobs.nouns import Render
from service.renders import open_renders
from service.settings import Settings
from tests.service.jobs.conftest import SHORTER, Service, eventually

_FOUND = find_spec("libfaketime")
LIBRARY = (
    Path(str(_FOUND.origin)).parent / "vendor" / "libfaketime" / "src" / "libfaketime.so.1"
    if _FOUND is not None
    else Path("/nowhere")
)

pytestmark = pytest.mark.skipif(not LIBRARY.is_file(), reason="pip install libfaketime")


@pytest.fixture
def clock(tmp_path: Path) -> Path:
    """A file that says how far the workers' clock is off."""
    told = tmp_path / "clock"
    told.write_text("+0")
    return told


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    settings = Settings(data_dir=tmp_path / "data", min_free_mb=0, lease_seconds=2, drain_seconds=0)
    service = Service(settings, open_renders(settings))
    yield service
    service.dismiss()


def hire(service: Service, clock: Path) -> None:
    """Start a worker whose wall clock a file moves."""
    worker = service.hire(
        LD_PRELOAD=str(LIBRARY),
        FAKETIME_TIMESTAMP_FILE=str(clock),
        FAKETIME_NO_CACHE="1",
        FAKETIME_DONT_FAKE_MONOTONIC="1",
    )
    eventually(lambda: len(worker.hands) == 1)


def test_jobs_go_on_while_the_clock_jumps_to_and_fro(service: Service, clock: Path) -> None:
    for _ in range(2):
        hire(service, clock)
    job = service.submit(**SHORTER | {"seconds": 6})
    service.reaches(job, "encode")
    others: list[Render] = []
    for offset in ("+3d", "-3d"):
        before = clock.stat().st_mtime_ns
        clock.write_text(offset)
        assert clock.stat().st_mtime_ns > before
        others.append(service.finish(service.submit(seed=len(others))))

    done = service.finish(job)

    assert [each.state for each in (done, *others)] == ["succeeded"] * 3
    assert [each.attempts for each in (done, *others)] == [1] * 3, "nobody was taken for dead"
    jumped = [each.finished_at for each in others if each.finished_at is not None]
    assert max(jumped) - min(jumped) > timedelta(days=5), "the clock did jump"
    assert abs(datetime.now(UTC) - done.created_at) < timedelta(minutes=5)
    assert [event.kind for event in service.events(done)].count("succeeded") == 1
