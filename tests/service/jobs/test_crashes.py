"""Whatever dies, a job ends right, once, and leaves nothing behind. The killing is real."""

from __future__ import annotations

from service.jobs.nouns import Render
from service.jobs.states import MAX_CRASHES
from tests.service.jobs.conftest import (
    FINAL,
    LONG,
    SHORTER,
    Service,
    WorkerProcess,
    assert_done_once,
    eventually,
)


def kill_in_mid_encode(service: Service, worker: WorkerProcess, job: Render) -> None:
    """Kill the child once an attempt that it has just begun is encoding."""
    known = service.stages(job).count("encode")
    eventually(lambda: service.stages(job).count("encode") > known)
    worker.hands[0].kill()


def test_a_killed_child_costs_a_try_and_no_finished_stage(service: Service) -> None:
    worker = service.hire()
    job = service.submit(**FINAL)
    service.reaches(job, "encode")
    (hand,) = worker.hands
    hand.kill()

    done = service.finish(job)

    assert done.state == "succeeded"
    assert done.attempts == 2
    (retrying,) = [event for event in service.events(job) if event.kind == "retrying"]
    assert "signal 9" in retrying.data["reason"]
    assert service.stages(job).count("mask") == 1, "the still was not made again"
    assert_done_once(service, done)
    assert worker.process.poll() is None
    assert [child.pid for child in worker.hands] != [hand.pid]


def test_a_job_that_kills_its_process_each_time_is_given_up(service: Service) -> None:
    worker = service.hire()
    poison = service.submit(**LONG)
    for _ in range(MAX_CRASHES):
        kill_in_mid_encode(service, worker, poison)

    done = service.finish(poison)

    assert done.state == "failed"
    assert done.attempts == MAX_CRASHES
    assert done.error is not None
    assert "broke 3 times" in done.error["detail"]
    assert "signal 9" in done.error["detail"]
    assert service.finish(service.submit()).state == "succeeded", "the queue goes on"


def test_a_storage_that_refuses_costs_tries_and_then_the_job(service: Service) -> None:
    service.hire()
    job = service.submit(**SHORTER)
    service.reaches(job, "encode")
    blobs = service.settings.data_dir / "blobs"
    blobs.rename(blobs.with_name("away"))
    blobs.touch()

    failed = service.finish(job)
    blobs.unlink()
    blobs.with_name("away").rename(blobs)

    assert failed.state == "failed"
    assert failed.error is not None
    assert "storage" in failed.error["detail"]
    assert service.finish(service.submit()).state == "succeeded"
