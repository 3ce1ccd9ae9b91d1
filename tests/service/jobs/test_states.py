"""A state changes once, in one place, and only for whoever may change it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from service import events
from service.jobs import records, states
from service.jobs.database import connect, prepare
from service.jobs.nouns import Delivered, Progress, Render
from service.jobs.tables import USES
from service.settings import Settings

JOB = "0" * 32
FILES = (Delivered("a.mp4", "a" * 64, 10, "video/mp4"), Delivered("b", "a" * 64, 10, "x/y"))
ERROR = {"type": "InvalidSource", "detail": "no."}


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sa.Engine]:
    engine = connect(Settings(data_dir=tmp_path))
    prepare(engine)
    row = {
        "id": JOB,
        "tenant": "anna",
        "kind": "render",
        "created_at": 1.0,
        "recipe": {},
        "options": {},
        "metadata": {},
        "source_id": "s" * 64,
        "queue": "cpu",
        "priority": 0,
        "fingerprint": "",
    }
    with engine.begin() as connection:
        states.accept(connection, row)
    yield engine
    engine.dispose()


def now(connection: sa.Connection) -> Render:
    found = records.load(connection, JOB)
    assert found is not None
    return found


def kinds(connection: sa.Connection) -> list[str]:
    return [event.kind for event in events.of_render(connection, JOB, 0)]


WRITES: dict[str, Callable[[sa.Connection, int], bool]] = {
    "advance": lambda c, attempt: states.advance(c, JOB, attempt, Progress("encode", 1, 2)),
    "crash": lambda c, attempt: states.crash(c, JOB, attempt, "it died"),
    "fail": lambda c, attempt: states.fail(c, JOB, attempt, ERROR),
    "keep": lambda c, attempt: states.keep(c, JOB, attempt, {"k" * 64: 5}),
    "succeed": lambda c, attempt: states.succeed(c, JOB, attempt, {}, FILES),
}


@pytest.mark.parametrize("write", WRITES)
def test_an_attempt_that_was_overtaken_writes_nothing(database: sa.Engine, write: str) -> None:
    with database.begin() as connection:
        zombie = states.begin(connection, JOB)
        states.begin(connection, JOB)
        before = now(connection), kinds(connection)
        assert zombie == 1

        assert not WRITES[write](connection, zombie)

        assert (now(connection), kinds(connection)) == before
        assert connection.execute(sa.select(USES)).all() == []


@pytest.mark.parametrize("write", WRITES)
def test_the_attempt_that_holds_the_job_writes(database: sa.Engine, write: str) -> None:
    with database.begin() as connection:
        attempt = states.begin(connection, JOB)
        assert attempt is not None
        assert WRITES[write](connection, attempt)


@pytest.mark.parametrize("write", WRITES)
def test_nothing_changes_a_cancelled_job(database: sa.Engine, write: str) -> None:
    with database.begin() as connection:
        attempt = states.begin(connection, JOB)
        assert attempt is not None
        assert states.cancel(connection, JOB)

        assert not WRITES[write](connection, attempt)
        assert states.begin(connection, JOB) is None
        assert not states.cancel(connection, JOB)

        assert now(connection).state == "canceled"
        assert kinds(connection) == ["queued", "running", "canceled"]


def test_success_publishes_everything_at_once_and_lets_go_of_the_rest(database: sa.Engine) -> None:
    with database.begin() as connection:
        attempt = states.begin(connection, JOB)
        assert attempt is not None
        states.keep(connection, JOB, attempt, {"k" * 64: 5, "a" * 64: 10})
        states.succeed(connection, JOB, attempt, {"seed": 3}, FILES)

        done = now(connection)
        assert (done.state, done.report, done.artifacts) == ("succeeded", {"seed": 3}, FILES)
        held = connection.execute(sa.select(USES.c.blob, USES.c.role)).all()
        assert held == [("a" * 64, "artifact")]


def test_a_job_is_given_up_after_three_crashes(database: sa.Engine) -> None:
    with database.begin() as connection:
        again = []
        for _ in range(states.MAX_CRASHES):
            attempt = states.begin(connection, JOB)
            assert attempt is not None
            again.append(states.crash(connection, JOB, attempt, "signal 11"))

        assert again == [True, True, False]
        done = now(connection)
        assert done.state == "failed"
        assert done.error is not None
        assert "signal 11" in done.error["detail"]


def test_a_job_whose_workers_die_is_begun_twelve_times_at_most(database: sa.Engine) -> None:
    with database.begin() as connection:
        numbers = [states.begin(connection, JOB) for _ in range(states.MAX_ATTEMPTS + 1)]

        assert numbers == [*range(1, states.MAX_ATTEMPTS + 1), None]
        assert now(connection).state == "failed"


def test_of_many_that_end_a_job_at_once_one_does(database: sa.Engine) -> None:
    with database.begin() as connection:
        attempt = states.begin(connection, JOB)
    assert attempt is not None

    def end(index: int) -> bool:
        with database.begin() as connection:
            if index % 2:
                return states.cancel(connection, JOB)
            return states.succeed(connection, JOB, attempt, {}, FILES)

    with ThreadPoolExecutor(8) as crowd:
        ended = list(crowd.map(end, range(16)))

    assert sum(ended) == 1
    with database.connect() as connection:
        assert len(kinds(connection)) == 3
