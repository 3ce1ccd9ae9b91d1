"""A worker in a process of its own makes what the library makes, and stops when told."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from pipelines.context import Context
from pipelines.explore import explore
from pipelines.render import render
from pipelines.variants import vary
from service.jobs.database import connect
from service.jobs.nouns import Render
from service.jobs.queue import Queue
from service.jobs.tables import RENDERS
from service.renders import open_renders
from service.settings import Settings
from tests.service.jobs.conftest import LONG, Service, eventually, recipe, still


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service with one worker, for all tests here."""
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("shop"),
        min_free_mb=0,
        cancel_grace_seconds=2,
        job_seconds=20,
        worker_slots=1,
    )
    service = Service(settings, open_renders(settings))
    service.hire()
    yield service
    service.dismiss()


def test_a_job_makes_the_very_files_that_the_library_makes(shop: Service, tmp_path: Path) -> None:
    done = shop.finish(shop.submit(formats="web-loop,gif", look="winter", seed=0))

    context = Context(shop.settings.data_dir)
    spec = recipe(formats="web-loop,gif", look="winter")
    report = render(spec, still(), tmp_path, context)

    expected = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert {file.name for file in done.artifacts} == expected.keys()
    for name in expected.keys() - {"report.json"}:
        assert shop.read(done, name) == expected[name], name
    mine, theirs = done.report, json.loads(report.to_json())
    assert mine is not None
    assert mine.keys() == theirs.keys()
    for key in theirs.keys() - {"timings", "provenance"}:
        assert mine[key] == theirs[key], key
    assert mine["timings"].keys() == theirs["timings"].keys()


def test_a_job_tells_its_story_in_order(shop: Service) -> None:
    done = shop.finish(shop.submit())

    kinds = [event.kind for event in shop.events(done)]
    ids = [event.id for event in shop.events(done)]
    assert [kind for kind in kinds if kind != "progress"] == ["queued", "running", "succeeded"]
    assert ids == sorted(set(ids))
    assert done.attempts == 1
    assert done.started_at is not None
    assert done.finished_at is not None
    assert done.created_at <= done.started_at <= done.finished_at
    assert shop.renders.tail(ids[0] - 1)[: len(ids)] == shop.events(done)


def test_an_exploration_becomes_drafts_and_a_draft_a_final(shop: Service, tmp_path: Path) -> None:
    source = shop.renders.add_source("anna", still())
    asked = shop.renders.explore(
        "anna", recipe(), source, looks=["natural", "winter"], cameras=["orbit"]
    )
    done = shop.finish(asked)

    variants = vary(recipe(), ["natural", "winter"], ["orbit"], [0])
    explore(variants, still(), tmp_path, Context(shop.settings.data_dir))
    assert done.report is not None
    assert [draft["id"] for draft in done.report["drafts"]] == ["01", "02"]
    assert shop.read(done, "02.mp4") == (tmp_path / "02.mp4").read_bytes()

    changes = {"seconds": 0.5}
    final = shop.finish(shop.renders.promote("anna", done.id, "02", changes=changes))
    assert final.promoted_from == (done.id, "02")
    assert final.recipe["quality"] == "final"
    assert final.recipe["look"]["name"] == "winter"
    assert {file.name for file in final.artifacts} >= {"web-loop.mp4", "still.png"}


def test_a_running_job_stops_when_cancelled_and_the_hand_goes_idle(shop: Service) -> None:
    job = shop.submit(**LONG)
    shop.reaches(job, "encode")
    (hand,) = shop.workers[0].hands

    asked = time.monotonic()
    assert shop.renders.cancel("anna", job.id).state == "canceled"
    eventually(lambda: hand.cpu_percent(interval=0.3) < 20)

    assert time.monotonic() - asked < 10
    assert [hand.pid] == [child.pid for child in shop.workers[0].hands], "it is still warm"
    after = shop.renders.get("anna", job.id)
    assert (after.state, after.artifacts, after.error) == ("canceled", (), None)
    assert shop.events(job)[-1].kind == "canceled"
    assert shop.finish(shop.submit()).state == "succeeded"


def test_a_queued_job_that_is_cancelled_never_starts(shop: Service) -> None:
    first, second = shop.submit(**LONG), shop.submit()
    shop.reaches(first, "encode")

    assert shop.renders.cancel("anna", second.id).state == "canceled"
    shop.renders.cancel("anna", first.id)
    third = shop.finish(shop.submit())

    assert third.state == "succeeded"
    assert [event.kind for event in shop.events(second)] == ["queued", "canceled"]


def test_higher_priority_goes_first(shop: Service) -> None:
    blocker = shop.submit(**LONG)
    shop.reaches(blocker, "encode")
    source = shop.renders.add_source("anna", still())

    def ask(priority: int) -> Render:
        return shop.renders.submit("anna", recipe(), source, priority=priority)

    waiting = [ask(0), ask(9), ask(5)]
    shop.renders.cancel("anna", blocker.id)

    ended = [shop.finish(render) for render in waiting]
    order = sorted(ended, key=lambda render: render.started_at or render.created_at)
    assert [render.priority for render in order] == [9, 5, 0]


def test_a_still_that_cannot_be_animated_fails_with_its_own_sentence(shop: Service) -> None:
    source = shop.renders.add_source("anna", still())
    spec = recipe(look={"name": "winter", "engine": "img2img"})
    done = shop.finish(shop.renders.submit("anna", spec, source))

    assert done.state == "failed"
    assert done.attempts == 1, "what cannot be mended by waiting is not tried again"
    assert done.error is not None
    assert done.error["type"] in {"MissingModel", "MissingExtra"}
    assert done.error["fix"]


def test_a_failure_that_may_pass_is_tried_three_times(shop: Service) -> None:
    done = shop.finish(shop.submit(motion={"engine": "remote"}))

    kinds = [event.kind for event in shop.events(done) if event.kind != "progress"]
    tries = ["running", "retrying", "running", "retrying", "running"]
    assert kinds == ["queued", *tries, "failed"]
    assert done.error is not None
    assert "the video server behind this service does not deliver" in done.error["detail"]


def test_a_job_past_its_time_limit_is_given_up(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, min_free_mb=0, job_seconds=1.5, cancel_grace_seconds=1)
    service = Service(settings, open_renders(settings))
    service.hire()
    try:
        done = service.finish(service.submit(**LONG))
    finally:
        service.dismiss()

    assert done.state == "failed"
    assert done.error is not None
    assert "longer than 1.5 seconds" in done.error["detail"]


def test_the_worker_itself_never_loads_the_codecs_or_the_networks(shop: Service) -> None:
    shop.finish(shop.submit())
    hands = [Path(f"/proc/{hand.pid}/maps").read_text() for hand in shop.workers[0].hands]
    worker = Path(f"/proc/{shop.workers[0].process.pid}/maps").read_text()

    assert any("libavcodec" in hand for hand in hands)
    for library in ("libavcodec", "libtorch", "onnxruntime"):
        assert library not in worker


def test_a_job_that_the_queue_lost_starts_afresh(shop: Service) -> None:
    job = shop.submit(**LONG | {"seconds": 4})
    engine = connect(shop.settings)
    queue = Queue(engine)
    queue.drop(job.id)
    queue.close()
    with engine.begin() as connection:  # a young job may be on its way into the queue
        connection.execute(sa.update(RENDERS).values(created_at=RENDERS.c.created_at - 60))
    engine.dispose()

    assert shop.finish(job).state == "succeeded"
    kinds = [event.kind for event in shop.events(job)]
    assert kinds.count("queued") == 2
    assert kinds.count("succeeded") == 1
