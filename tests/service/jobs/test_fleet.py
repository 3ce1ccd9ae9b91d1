"""Workers die, sleep and are told to stop; others go on where they were. All of it is real."""

from __future__ import annotations

import signal
import time

import psutil
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from service.jobs.database import database_url
from tests.service.jobs.conftest import FINAL, SHORTER, Service, assert_done_once, eventually


def test_a_killed_worker_s_job_goes_on_elsewhere(service: Service) -> None:
    first = service.hire()
    job = service.submit(**FINAL)
    service.reaches(job, "encode")
    orphans = first.hands
    second = service.hire()
    eventually(lambda: len(second.hands) == 1)

    first.process.kill()
    killed = time.time()
    eventually(lambda: service.renders.get("anna", job.id).attempts == 2)
    taken = time.time() - killed
    done = service.finish(job)

    assert done.state == "succeeded"
    assert taken < 10, "lease and sweep"
    assert service.stages(job).count("mask") == 1, "the still was not made again"
    assert_done_once(service, done)
    assert psutil.wait_procs(orphans, timeout=10)[1] == [], "its child is gone too"
    eventually(lambda: len(list((service.settings.data_dir / "scratch").iterdir())) <= 2)


def test_all_dead_at_once_and_one_comes_back(service: Service) -> None:
    job = service.submit(**SHORTER)
    worker = service.hire()
    service.reaches(job, "encode")
    worker.signal(signal.SIGKILL, hands=True)
    worker.process.wait()
    second = service.submit()

    service.hire()

    assert service.finish(job).attempts == 2
    assert service.finish(second).attempts == 1
    assert [render.state for render in service.renders.list("anna").items] == ["succeeded"] * 2


def freeze(service: Service, worker: psutil.Process) -> None:
    """Stop a worker, but not while it holds the one lock for writing that SQLite has.

    Then nobody could write, whatever the service does, until it is resumed or killed.
    """
    engine = sa.create_engine(database_url(service.settings), connect_args={"timeout": 0.2})
    while True:
        worker.suspend()
        try:
            with engine.connect() as connection:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            break
        except OperationalError:
            worker.resume()
    engine.dispose()


def test_a_zombie_cannot_overwrite_the_winner(service: Service) -> None:
    zombie = service.hire()
    job = service.submit(**SHORTER)
    service.reaches(job, "encode")
    frozen = zombie.hands
    for process in frozen:
        process.suspend()
    freeze(service, psutil.Process(zombie.process.pid))
    winner = service.hire()
    won = service.finish(job)
    events = service.events(job)

    for process in (*frozen, psutil.Process(zombie.process.pid)):
        process.resume()
    winner.process.kill()
    assert service.finish(service.submit(seed=1)).state == "succeeded", "the zombie took its turn"
    eventually(lambda: all(hand.cpu_percent(interval=0.3) < 20 for hand in zombie.hands))

    assert won.state == "succeeded"
    assert won.attempts == 2
    assert service.renders.get("anna", job.id) == won
    assert service.events(job) == events
    assert len(service.read(won, "web-loop.mp4")) > 10_000


def test_a_worker_that_is_told_to_stop_hands_its_job_back(service: Service) -> None:
    first = service.hire()
    job = service.submit(**SHORTER)
    service.reaches(job, "encode")
    second = service.hire()
    eventually(lambda: len(second.hands) == 1)

    first.process.terminate()
    told = time.monotonic()
    eventually(lambda: service.renders.get("anna", job.id).attempts == 2)

    assert time.monotonic() - told < service.settings.lease_seconds + 5
    assert first.process.wait(timeout=20) == 0
    assert service.finish(job).state == "succeeded"
    assert "retrying" not in [event.kind for event in service.events(job)]


def test_a_worker_with_patience_ends_what_it_does_and_takes_nothing_more(service: Service) -> None:
    worker = service.hire(STILLWAVE_DRAIN_SECONDS="40", STILLWAVE_WORKER_SLOTS="1")
    running = service.submit(**SHORTER | {"seconds": 6})
    service.reaches(running, "encode")
    waiting = service.submit(seed=1)

    worker.process.terminate()

    assert worker.process.wait(timeout=40) == 0
    done = service.renders.get("anna", running.id)
    assert (done.state, done.attempts) == ("succeeded", 1)
    assert service.renders.get("anna", waiting.id).state == "queued"
    assert service.renders.workers() == 0, "it signed out"
