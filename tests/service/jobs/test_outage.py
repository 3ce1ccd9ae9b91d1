"""The database goes away in the midst of a job and comes back: the job does not notice."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.errors import OutOfService
from service.jobs.database import connect
from service.renders import open_renders
from service.settings import Settings
from tests.service.jobs.conftest import SHORTER, Service, assert_done_once, eventually
from tests.service.jobs.postgres import Server, needs_postgres, postgres

pytestmark = needs_postgres


@pytest.fixture
def server() -> Iterator[Server]:
    with postgres() as server:
        yield server


@pytest.fixture
def service(server: Server, tmp_path: Path) -> Iterator[Service]:
    told = {"data_dir": tmp_path, "database_url": server.url, "min_free_mb": 0}
    settings = Settings.model_validate(told | {"lease_seconds": 3, "drain_seconds": 0})
    service = Service(settings, open_renders(settings))
    yield service
    service.dismiss()


def test_who_sleeps_in_the_midst_of_a_change_loses_its_locks(service: Service) -> None:
    """Else a row that a frozen process, or one on a lost machine, holds is nobody's to write."""
    engine = connect(service.settings)
    with engine.connect() as connection:
        told = connection.exec_driver_sql("SHOW idle_in_transaction_session_timeout").scalar_one()
    engine.dispose()
    assert told == "10s"


def test_a_job_outlives_a_restart_of_its_database(service: Service, server: Server) -> None:
    for _ in range(2):
        worker = service.hire()
        eventually(lambda hired=worker: len(hired.hands) == 1)  # type: ignore[misc]
    job = service.submit(**SHORTER)
    service.reaches(job, "encode")

    server.stop()
    with pytest.raises(OutOfService):
        service.renders.get("anna", job.id)
    assert "database" in service.renders.ready()["database"]
    time.sleep(5)
    server.start()

    done = service.finish(job)
    assert done.state == "succeeded"
    assert done.attempts == 1, "nobody was taken for dead"
    assert_done_once(service, done)
    assert service.finish(service.submit()).state == "succeeded"
    assert all(worker.process.poll() is None for worker in service.workers)
