"""What happened is taken out of the outbox once, on both databases, however many take."""

from __future__ import annotations

import contextlib
import threading
from collections import Counter

import sqlalchemy as sa

from service import events
from service.jobs.tables import EVENTS, OUTBOX

JOBS = 120


class ChangedMyMind(Exception):
    """Rolls a transaction back."""


def fill(engine: sa.Engine) -> None:
    line = {"tenant": "anna", "kind": "failed", "at": 1.0, "data": {}}
    with engine.begin() as connection:
        connection.execute(
            sa.insert(EVENTS), [line | {"render_id": f"{number:032}"} for number in range(JOBS)]
        )
        ids = connection.scalars(sa.select(EVENTS.c.id)).all()
        connection.execute(sa.insert(OUTBOX), [{"event_id": id} for id in ids])


def is_empty(engine: sa.Engine) -> bool:
    with engine.connect() as connection:
        return connection.execute(sa.select(OUTBOX).limit(1)).first() is None


def test_each_is_taken_once_and_what_is_rolled_back_by_another(engine: sa.Engine) -> None:
    fill(engine)
    taken: list[str] = []
    lock = threading.Lock()

    def take(number: int) -> None:
        """Take a few; every third time think better of it."""
        with engine.begin() as connection:
            found = events.take(connection, 7)
            if number % 3 == 2:
                raise ChangedMyMind
        with lock:
            taken.extend(event.render_id for event in found)

    def work() -> None:
        number = 0
        while not is_empty(engine):
            number += 1
            with contextlib.suppress(ChangedMyMind):
                take(number)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert Counter(taken) == {f"{number:032}": 1 for number in range(JOBS)}
    with engine.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(EVENTS)) == JOBS
