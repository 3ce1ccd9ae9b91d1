"""The disk runs full in the midst of a job: a real one, small, that a test fills to the last page.

A job that cannot go on says so and leaves room for the next; one that only has to wait waits.
"""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from pipelines.files import PARTIAL
from service.errors import OutOfService
from service.jobs.states import MAX_CRASHES
from service.renders import open_renders
from service.settings import Settings
from tests.service.jobs.conftest import SHORTER, Service, assert_done_once, eventually, still

SIZE_MB = 64


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """Mount a disk of some megabytes; only the superuser can."""
    folder.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m", "tmpfs", str(folder)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("no disk can be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(disk: Path) -> Path:
    """Write until there is no space left; return the file that took it."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(bytes(4096)):
            pass
    return ballast


@contextmanager
def kept_full(disk: Path) -> Iterator[None]:
    """Take every page that somebody gives back too, until the block is left."""
    over = threading.Event()
    ballast = disk / "ballast"

    def take() -> None:
        with ballast.open("wb", buffering=0) as file:
            while not over.is_set():
                with suppress(OSError):
                    while file.write(bytes(4096)):
                        pass
                time.sleep(0.001)

    taker = threading.Thread(target=take)
    taker.start()
    try:
        yield
    finally:
        over.set()
        taker.join()
        ballast.unlink()


def opened(data_dir: Path) -> Service:
    settings = Settings(data_dir=data_dir, min_free_mb=0, lease_seconds=2, drain_seconds=0)
    return Service(settings, open_renders(settings))


def test_no_room_to_work_costs_three_tries_and_then_the_job(tmp_path: Path) -> None:
    with small_disk(tmp_path / "data" / "scratch") as scratch:
        service = opened(tmp_path / "data")
        try:
            service.hire()
            job = service.submit(**SHORTER)
            service.reaches(job, "encode")
            ballast = fill(scratch)

            failed = service.finish(job)
            ballast.unlink()
            after = service.finish(service.submit())
        finally:
            service.dismiss()

    assert failed.state == "failed"
    assert failed.attempts == MAX_CRASHES
    assert failed.error is not None
    assert "the service's disk is full" in failed.error["detail"]
    assert str(tmp_path) not in str(failed.error), "where it works is nobody's business"
    assert after.state == "succeeded", "the queue goes on"
    assert not list((tmp_path / "data" / "blobs").glob(f"*{PARTIAL}"))


def test_a_disk_that_is_full_for_a_while_costs_no_job(tmp_path: Path) -> None:
    """Database, files and work share it, so nothing at all can be written down."""
    with small_disk(tmp_path / "disk") as disk:
        service = opened(disk / "data")
        try:
            service.hire()
            job = service.submit(**SHORTER)
            service.reaches(job, "encode")
            (hand,) = service.workers[0].hands
            with kept_full(disk):
                eventually(lambda: hand.cpu_percent(interval=0.3) < 20)
                with pytest.raises(OutOfService):
                    service.submit(seed=1)
                eventually(lambda: "storage" in service.renders.ready()["storage"])

            done = service.finish(job)
            assert done.state == "succeeded"
            assert "retrying" in [event.kind for event in service.events(job)]
            assert_done_once(service, done)
            assert service.renders.add_source("anna", still(1))
            assert service.workers[0].process.poll() is None
        finally:
            service.dismiss()
