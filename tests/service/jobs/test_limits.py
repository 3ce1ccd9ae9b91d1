"""How much runs at a time, and what is done about a stage that does not stop."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.jobs.nouns import Render
from service.renders import open_renders
from service.settings import Settings
from tests.service.jobs.conftest import LONG, Service, eventually


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Service]:
    """Two workers, one job of a tenant at a time."""
    settings = Settings(
        data_dir=tmp_path / "data",
        min_free_mb=0,
        tenant_slots=1,
        cancel_grace_seconds=1,
        drain_seconds=0,
    )
    service = Service(settings, open_renders(settings))
    yield service
    service.dismiss()


def test_a_tenant_runs_no_more_at_a_time_than_its_share(shop: Service) -> None:
    jobs = [shop.submit(tenant) for tenant in ("anna", "anna", "anna", "bert", "bert")]
    for _ in range(2):
        shop.hire()

    done = [shop.finish(job) for job in jobs]

    assert {job.state for job in done} == {"succeeded"}
    for tenant in ("anna", "bert"):
        mine = sorted((job for job in done if job.tenant == tenant), key=started)
        for one, following in itertools.pairwise(mine):
            assert one.finished_at is not None
            assert started(following) >= one.finished_at.timestamp(), "one after another"
    assert shop.renders.depths() == {}


def test_a_stage_that_does_not_stop_is_ended_after_the_grace(shop: Service) -> None:
    worker = shop.hire()
    job = shop.submit(**LONG)
    shop.reaches(job, "encode")
    (hand,) = worker.hands
    hand.suspend()  # as one that hangs in a driver

    asked = time.monotonic()
    assert shop.renders.cancel("anna", job.id).state == "canceled"
    eventually(lambda: not hand.is_running())

    assert time.monotonic() - asked >= shop.settings.cancel_grace_seconds, "it had its time"
    assert shop.finish(shop.submit()).state == "succeeded", "in a fresh process"
    assert worker.process.poll() is None
    assert shop.renders.get("anna", job.id).state == "canceled"


def started(job: Render) -> float:
    assert job.started_at is not None
    return job.started_at.timestamp()
