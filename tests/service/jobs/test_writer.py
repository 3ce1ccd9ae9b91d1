"""Changes of many threads share commits; each stands or falls by itself."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, OperationalError

from service.errors import OutOfService
from service.jobs.tables import SOURCES
from service.jobs.writer import Writer


@pytest.fixture
def writer(database: sa.Engine) -> Iterator[Writer]:
    writer = Writer(database)
    yield writer
    writer.close()


def insert(connection: sa.Connection, number: int) -> int:
    row = {
        "tenant": "anna",
        "sha256": str(number),
        "role": "source",
        "size": number,
        "used_at": 0.0,
    }
    connection.execute(sa.insert(SOURCES), row)
    return number


def numbers(database: sa.Engine) -> set[int]:
    with database.connect() as connection:
        return set(connection.scalars(sa.select(SOURCES.c.size)))


def test_changes_that_wait_share_one_commit(database: sa.Engine, writer: Writer) -> None:
    commits = []
    sa.event.listen(database, "commit", lambda connection: commits.append(1))
    held, go = threading.Event(), threading.Event()

    def slow(connection: sa.Connection) -> None:
        held.set()
        go.wait(10)

    with ThreadPoolExecutor(21) as pool:
        first = pool.submit(writer.change, slow)
        held.wait(10)
        others = [pool.submit(writer.change, lambda c, n=n: insert(c, n)) for n in range(20)]
        while writer._waiting.qsize() < 20:
            pass
        go.set()
        first.result()
        assert [each.result() for each in others] == list(range(20))

    assert len(commits) == 2
    assert numbers(database) == set(range(20))


def test_a_change_is_committed_when_it_returns(database: sa.Engine, writer: Writer) -> None:
    writer.change(lambda connection: insert(connection, 1))
    assert numbers(database) == {1}


def test_after_its_end_a_change_is_refused(writer: Writer) -> None:
    writer.close()
    with pytest.raises(OutOfService, match="stops"):
        writer.change(lambda connection: insert(connection, 1))


def test_one_that_fails_fails_alone(database: sa.Engine, writer: Writer) -> None:
    writer.change(lambda connection: insert(connection, 0))

    def add(number: int) -> int:
        def work(connection: sa.Connection) -> int:
            insert(connection, 100 + number)
            if number == 3:
                raise KeyError("three")
            return insert(connection, 0 if number == 5 else number)

        return writer.change(work)

    with ThreadPoolExecutor(8) as pool:
        made = [pool.submit(add, number) for number in range(1, 9)]
    with pytest.raises(KeyError, match="three"):
        made[2].result()
    with pytest.raises(IntegrityError):
        made[4].result()

    kept = {1, 2, 4, 6, 7, 8}
    assert numbers(database) == {0} | kept | {100 + number for number in kept}


def test_a_transaction_that_breaks_is_nobody_s_success(database: sa.Engine, writer: Writer) -> None:
    """A full disk undoes the whole transaction, so those beside it are told too."""

    def break_down(connection: sa.Connection) -> None:
        insert(connection, 1)
        connection.exec_driver_sql("INSERT INTO nowhere VALUES (1)")

    with pytest.raises(OperationalError):
        writer.change(break_down)
    assert numbers(database) == set()
    assert writer.change(lambda connection: insert(connection, 2)) == 2
