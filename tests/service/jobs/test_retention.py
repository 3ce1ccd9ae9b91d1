"""What is old goes; what anybody needs stays."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from service.jobs import states
from service.jobs.database import connect
from service.jobs.nouns import Delivered, Render
from service.jobs.retention import sweep
from service.jobs.tables import EVENTS, RENDERS, SOURCES
from service.renders import Renders, open_renders
from service.settings import Settings
from service.storage.store import open_storage
from tests.service.jobs.conftest import recipe, still
from tests.service.storage.bucket_server import Server, bucket

pytestmark = pytest.mark.xdist_group("bucket")

DAY = 86_400.0


@dataclass
class Shop:
    """A service whose jobs a test finishes by hand."""

    settings: Settings
    renders: Renders
    engine: sa.Engine

    def finish(self, content: bytes, age_days: float, still_seed: int = 0) -> Render:
        """Make a succeeded render with one file, that ended some days ago."""
        source = self.renders.add_source("anna", still(still_seed))
        render = self.renders.submit("anna", recipe(), source)
        blob = open_storage(self.settings).put([content])
        file = Delivered("web-loop.mp4", blob.key, blob.size, "video/mp4")
        then = time.time() - age_days * DAY
        with self.engine.begin() as connection:
            attempt = states.begin(connection, render.id)
            assert attempt is not None
            states.succeed(connection, render.id, attempt, {}, [file])
            mine = RENDERS.c.id == render.id
            connection.execute(sa.update(RENDERS).where(mine).values(finished_at=then))
            connection.execute(sa.update(SOURCES).values(used_at=then))
        return self.renders.get("anna", render.id)

    def sweep(self) -> list[str]:
        """Whatever nobody uses goes, however young."""
        return sweep(self.engine, open_storage(self.settings), self.settings, grace=-1.0)

    def blobs(self) -> set[str]:
        return {kept.key for kept in open_storage(self.settings).listing()}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with bucket() as running:
        yield running


@pytest.fixture(params=["folder", "bucket"])
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shop]:
    settings = Settings(data_dir=tmp_path, min_free_mb=0, retention_days=10)
    if request.param == "bucket":
        server: Server = request.getfixturevalue("server")
        settings = settings.model_copy(update={"storage_url": f"{server.url}/{tmp_path.name}"})
    shop = Shop(settings, open_renders(settings), connect(settings))
    yield shop
    shop.renders.close()
    shop.engine.dispose()


def test_old_jobs_go_with_what_only_they_used(shop: Shop) -> None:
    old = shop.finish(b"old", 11, still_seed=1)
    young = shop.finish(b"young", 9)
    shared = shop.finish(b"young", 12)
    with shop.engine.begin() as connection:
        aged = sa.update(SOURCES).where(SOURCES.c.sha256 == old.source_id)
        connection.execute(aged.values(used_at=1.0))

    assert set(shop.sweep()) == {old.id, shared.id}
    assert shop.blobs() == {young.artifacts[0].sha256, young.source_id}
    assert [render.id for render in shop.renders.list("anna").items] == [young.id]


def test_whatever_a_live_job_needs_stays_however_old(shop: Shop) -> None:
    source = shop.renders.add_source("anna", still())
    kept = open_storage(shop.settings).put([b"a stage's result"])
    live = shop.renders.submit("anna", recipe(), source)
    with shop.engine.begin() as connection:
        attempt = states.begin(connection, live.id)
        assert attempt is not None
        states.keep(connection, live.id, attempt, {kept.key: kept.size})
        connection.execute(sa.update(RENDERS).values(created_at=1.0))
        connection.execute(sa.update(SOURCES).values(used_at=1.0))

    assert shop.sweep() == []
    assert shop.blobs() == {source, kept.key}

    shop.renders.cancel("anna", live.id)
    shop.sweep()
    assert shop.blobs() == {source}, "the job is remembered still, and its still with it"


def test_the_events_of_a_deleted_job_go_when_they_are_old(shop: Shop) -> None:
    deleted, young, remembered = (shop.finish(b"a file", 1) for _ in range(3))
    shop.renders.delete("anna", deleted.id)
    shop.renders.delete("anna", young.id)
    with shop.engine.begin() as connection:
        aged = sa.update(EVENTS).where(EVENTS.c.render_id.in_([deleted.id, remembered.id]))
        connection.execute(aged.values(at=1.0))

    shop.sweep()
    with shop.engine.connect() as connection:
        told = set(connection.scalars(sa.select(EVENTS.c.render_id)))
    assert told == {young.id, remembered.id}


def test_files_of_a_recipe_stay_as_long_as_their_job(shop: Shop) -> None:
    source = shop.renders.add_source("anna", still())
    mask = shop.renders.add_source("anna", still(1), "mask")
    job = shop.renders.submit("anna", recipe(mask=f"source:{mask}"), source)
    shop.renders.cancel("anna", job.id)
    with shop.engine.begin() as connection:
        connection.execute(sa.update(SOURCES).values(used_at=1.0))

    shop.sweep()
    assert shop.blobs() == {source, mask}
    shop.renders.submit("anna", recipe(mask=f"source:{mask}"), source)

    for each in shop.renders.list("anna").items:
        shop.renders.delete("anna", each.id)
    with shop.engine.begin() as connection:
        connection.execute(sa.update(SOURCES).values(used_at=1.0))
    shop.sweep()
    assert shop.blobs() == set()


def test_beyond_the_limit_the_oldest_go_first(shop: Shop) -> None:
    made = [shop.finish(bytes([age]) * 1000, age) for age in (3, 1, 2)]
    limited = shop.settings.model_copy(update={"retention_gb": 2500 / 1e9})

    gone = sweep(shop.engine, open_storage(limited), limited)

    assert gone == [made[0].id]
    assert len(shop.renders.list("anna").items) == 2


def test_a_young_blob_may_belong_to_a_stage_that_has_not_said_so(shop: Shop) -> None:
    blob = open_storage(shop.settings).put([b"just made"])
    sweep(shop.engine, open_storage(shop.settings), shop.settings)
    assert shop.blobs() == {blob.key}
