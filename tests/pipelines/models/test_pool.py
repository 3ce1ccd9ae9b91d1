"""What was loaded last is kept, and one job at a time has it."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.context import Context
from pipelines.errors import Cancelled, InvalidInput
from pipelines.models.pool import Pool


@pytest.fixture
def job(tmp_path: Path) -> Context:
    return Context(tmp_path)


def test_the_same_key_is_loaded_once_and_another_in_its_place(job: Context) -> None:
    pool, loads = Pool[object]("still"), []

    def lent(key: str) -> object:
        def load() -> object:
            loads.append(key)
            return object()

        with pool.lend(key, load, job) as held:
            return held

    assert lent("a") is lent("a")
    lent("b")
    lent("a")
    assert loads == ["a", "b", "a"]


def test_what_could_not_be_loaded_is_not_kept(job: Context) -> None:
    pool = Pool[str]("still")

    def fail() -> str:
        raise InvalidInput("no")

    with pytest.raises(InvalidInput), pool.lend("a", fail, job):
        pass
    with pool.lend("a", lambda: "whole", job) as held:
        assert held == "whole"


def test_what_was_lent_is_free_again_after_an_error(job: Context) -> None:
    pool = Pool[str]("still")
    with pytest.raises(ValueError, match="broke"), pool.lend("a", lambda: "whole", job):
        raise ValueError("broke")
    with pool.lend("a", lambda: "another", job) as held:
        assert held == "whole"


def test_a_job_that_waits_can_be_cancelled(job: Context) -> None:
    waits = threading.Event()
    told: list[str] = []

    def listen(stage: str, *_: int) -> None:
        told.append(stage)
        waits.set()

    waiting = replace(job, progress=listen, cancel=threading.Event())
    pool, ended = Pool[str]("still"), threading.Event()

    def wait() -> None:
        with pytest.raises(Cancelled), pool.lend("a", lambda: "whole", waiting):
            raise AssertionError("it was lent twice")
        ended.set()

    with pool.lend("a", lambda: "whole", job):
        threading.Thread(target=wait, daemon=True).start()
        assert waits.wait(10)
        assert not ended.is_set()
        waiting.cancel.set()
        assert ended.wait(10)
    assert set(told) == {"still"}
