"""A delivery is one courier's at a time, on both databases."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from service.jobs.tables import DELIVERIES, OUTBOX, WEBHOOKS
from service.webhooks import records
from service.webhooks.nouns import Claim, Try
from service.webhooks.states import EACH, TRIES_KEPT, Verdict, claim, forget, replay, settle

LEASE = 30.0
TRIED = Try(datetime.now(UTC), 500, "status 500", 0.1)


@pytest.fixture(autouse=True)
def fresh(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        for table in (DELIVERIES, WEBHOOKS, OUTBOX):
            connection.execute(sa.delete(table))
        connection.execute(
            sa.insert(WEBHOOKS),
            [
                {
                    "id": name,
                    "tenant": "anna",
                    "url": f"https://{name}.example",
                    "events": [],
                    "secret": "s",
                    "created_at": 1.0,
                }
                for name in ("one", "two")
            ],
        )


def fill(engine: sa.Engine, webhook: str, number: int, due_at: float = 1.0) -> None:
    with engine.begin() as connection:
        connection.execute(
            sa.insert(DELIVERIES),
            [
                {
                    "id": f"{webhook}-{index:04}",
                    "webhook_id": webhook,
                    "render_id": "r",
                    "type": "render.failed",
                    "payload": "{}",
                    "state": "pending",
                    "created_at": float(index),
                    "due_at": due_at,
                }
                for index in range(number)
            ],
        )


def take(engine: sa.Engine, lease: float = LEASE, most: int = 100, **busy: int) -> list[Claim]:
    with engine.begin() as connection:
        return claim(connection, lease, busy, most)


def state(engine: sa.Engine, id: str) -> str:
    with engine.connect() as connection:
        return str(connection.scalar(sa.select(DELIVERIES.c.state).where(DELIVERIES.c.id == id)))


def test_couriers_in_a_hurry_never_hold_one_delivery_at_once(engine: sa.Engine) -> None:
    fill(engine, "one", 60)
    fill(engine, "two", 60)
    held: list[Claim] = []
    lock = threading.Lock()

    def work() -> None:
        while claims := take(engine):
            with lock:
                held.extend(claims)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    counted = Counter(one.id for one in held)
    assert len(counted) == 120
    assert set(counted.values()) == {1}


def test_a_webhook_gets_its_share_and_the_first_of_each_goes_first(engine: sa.Engine) -> None:
    fill(engine, "one", 50)
    fill(engine, "two", 1, due_at=2.0)
    assert {one.webhook_id for one in take(engine, most=2)} == {"one", "two"}
    assert len(take(engine, one=EACH - 1)) == 1
    assert take(engine, one=EACH) == []


def test_a_claim_that_lapsed_is_another_s(engine: sa.Engine) -> None:
    fill(engine, "one", 1)
    (late,) = take(engine, lease=0.05)
    assert take(engine) == []
    time.sleep(0.06)
    (now,) = take(engine)
    assert (now.id, late.attempts, now.attempts) == (late.id, 1, 2)

    with engine.begin() as connection:
        assert not settle(connection, late, TRIED, Verdict("dead"))
        assert settle(connection, now, TRIED, Verdict("delivered"))
        assert not settle(connection, now, TRIED, Verdict("dead"))
    assert state(engine, now.id) == "delivered"


def test_what_was_replayed_meanwhile_is_not_settled(engine: sa.Engine) -> None:
    fill(engine, "one", 1)
    (held,) = take(engine)
    with engine.begin() as connection:
        assert replay(connection, "one", []) == 1
        assert not settle(connection, held, TRIED, Verdict("dead"))
    (again,) = take(engine)
    assert again.attempts == 1


def test_what_is_not_due_waits(engine: sa.Engine) -> None:
    fill(engine, "one", 1)
    (held,) = take(engine)
    with engine.begin() as connection:
        settle(connection, held, TRIED, Verdict("pending", 60))
    assert take(engine) == []


def test_one_that_answers_gone_ends_what_waits_for_it_alone(engine: sa.Engine) -> None:
    fill(engine, "one", 3)
    fill(engine, "two", 1)
    (held,) = take(engine, most=1)
    other = "two" if held.webhook_id == "one" else "one"
    with engine.begin() as connection:
        assert settle(connection, held, TRIED, Verdict("dead", gone=True))
        found = records.find(connection, None, held.webhook_id)
        assert found is not None
        assert found.state == "disabled"
        counts = records.counts(connection)
    assert counts == ({"dead": 3, "pending": 1} if other == "two" else {"dead": 1, "pending": 3})


def test_only_the_latest_tries_are_kept(engine: sa.Engine) -> None:
    fill(engine, "one", 1)
    for number in range(TRIES_KEPT + 5):
        (held,) = take(engine)
        with engine.begin() as connection:
            tried = replace(TRIED, detail=f"try {number}")
            assert settle(connection, held, tried, Verdict("pending", 0))
    with engine.connect() as connection:
        (delivery,) = records.deliveries(connection, "one", None, None, 10).items
    assert [each.detail for each in delivery.tries] == [
        f"try {number}" for number in range(5, TRIES_KEPT + 5)
    ]


def test_forgetting_leaves_what_is_pending(engine: sa.Engine) -> None:
    fill(engine, "one", 4)
    first, second, *_ = take(engine)
    with engine.begin() as connection:
        settle(connection, first, TRIED, Verdict("delivered"))
        settle(connection, second, TRIED, Verdict("dead"))
        forget(connection, oldest=100.0)
        assert records.counts(connection) == {"pending": 2}
