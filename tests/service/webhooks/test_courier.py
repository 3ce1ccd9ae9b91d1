"""A message comes, whatever its receiver does; one that cannot is kept and can be repeated."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from service.jobs.tables import DELIVERIES, EVENTS, OUTBOX
from service.settings import Settings
from service.webhooks import outbox
from service.webhooks.courier import JITTER, Courier, judge
from service.webhooks.nouns import ENDINGS, EVENT_TYPES, Try
from service.webhooks.sending import Answer
from service.webhooks.states import EACH, Verdict
from tests.service.jobs.conftest import eventually
from tests.service.webhooks.conftest import PAUSES, Receiver, Reply, Shop

DAY = 86_400.0


def test_the_end_of_a_job_is_told_as_the_api_shows_it(shop: Shop, receiver: Receiver) -> None:
    webhook, secret = shop.webhooks.add("anna", receiver.url)
    render = shop.cancelled()

    (delivery,) = shop.reaches(webhook, "delivered")

    (message,) = receiver.got
    told = message.document
    assert told.keys() == {"type", "timestamp", "data"}
    assert told["type"] == delivery.type == "render.canceled"
    assert datetime.fromisoformat(told["timestamp"]) == delivery.created_at
    assert told["data"]["id"] == render.id
    assert told["data"]["state"] == "canceled"
    assert told["data"]["metadata"] == {"sku": "CUP-7"}
    assert told["data"]["report"] is None
    assert message.id == delivery.id
    assert message.headers["content-type"] == "application/json"
    assert secret not in message.body.decode()
    assert [(each.status, each.detail) for each in delivery.tries] == [(204, "status 204")]


def test_a_webhook_is_told_what_it_asked_for_and_of_its_own_tenant(
    shop: Shop, receiver: Receiver
) -> None:
    everything, _ = shop.webhooks.add("anna", receiver.url, EVENT_TYPES)
    explorations, _ = shop.webhooks.add("anna", receiver.url, EVENT_TYPES[5:])
    shop.cancelled("bert")
    shop.cancelled()

    shop.reaches(everything, "delivered", "delivered")

    assert {message.document["type"] for message in receiver.got} == {
        "render.queued",
        "render.canceled",
    }
    assert shop.deliveries(explorations) == ()
    assert "render.queued" not in ENDINGS


def test_two_webhooks_get_two_ids_for_one_event(shop: Shop, receiver: Receiver) -> None:
    webhooks = [shop.webhooks.add("anna", receiver.url)[0] for _ in range(2)]
    shop.cancelled()
    ids = [shop.reaches(webhook, "delivered")[0].id for webhook in webhooks]
    assert len(set(ids)) == 2
    assert {message.id for message in receiver.got} == set(ids)


def test_a_receiver_that_is_down_gets_it_when_it_is_back(shop: Shop, receiver: Receiver) -> None:
    webhook, _ = shop.webhooks.add("anna", receiver.url)
    receiver.close()
    shop.cancelled()
    shop.tries(webhook)
    receiver.open()

    (delivery,) = shop.reaches(webhook, "delivered")

    first, last = delivery.tries[0], delivery.tries[-1]
    assert (first.status, first.detail) == (None, "it cannot be reached")
    assert last.status == 204


def test_an_error_is_tried_again_with_the_same_id_and_body(shop: Shop, receiver: Receiver) -> None:
    webhook, _ = shop.webhooks.add("anna", receiver.url)
    receiver.replies = [Reply(500), Reply(302, headers={"Location": "/elsewhere"}), Reply(200)]
    shop.cancelled()

    (delivery,) = shop.reaches(webhook, "delivered")

    assert [each.status for each in delivery.tries] == [500, 302, 200]
    assert len({(message.path, message.id, message.body) for message in receiver.got}) == 1
    assert {message.path for message in receiver.got} == {"/hook"}, "no redirect is followed"


def test_a_receiver_that_takes_too_long_is_tried_again(shop: Shop, receiver: Receiver) -> None:
    webhook, _ = shop.webhooks.add("anna", receiver.url)
    receiver.replies = [Reply(200, seconds=1.5)]
    shop.cancelled()

    (delivery,) = shop.reaches(webhook, "delivered")

    assert [each.detail for each in delivery.tries] == ["no answer within 1 seconds", "status 204"]
    assert 1.0 <= delivery.tries[0].seconds < 1.4


def test_after_the_last_try_it_is_a_dead_letter_that_can_be_sent_again(
    shop: Shop, receiver: Receiver
) -> None:
    webhook, _ = shop.webhooks.add("anna", receiver.url)
    receiver.replies = [Reply(503)] * (len(PAUSES) + 1)
    shop.cancelled()

    (dead,) = shop.reaches(webhook, "dead")
    assert [each.status for each in dead.tries] == [503] * 3
    assert dead.due_at is None
    shop.courier.look()
    assert len(receiver.got) == 3

    assert shop.webhooks.replay("anna", webhook.id, delivery_id=dead.id) == 1
    (delivered,) = shop.reaches(webhook, "delivered")
    assert delivered.id == dead.id
    assert [each.status for each in delivered.tries] == [503, 503, 503, 204]
    assert len({message.id for message in receiver.got}) == 1


def test_who_answers_gone_is_told_nothing_more_until_it_is_asked_for(
    shop: Shop, receiver: Receiver
) -> None:
    webhook, _ = shop.webhooks.add("anna", receiver.url)
    receiver.replies = [Reply(410)]
    for _ in range(2):
        shop.cancelled()
        shop.tries(webhook)
    shop.reaches(webhook, *["dead"] * len(shop.deliveries(webhook)))
    before = len(receiver.got)

    assert shop.webhooks.get("anna", webhook.id).state == "disabled"
    shop.cancelled()
    shop.courier.look()
    shop.courier.look()
    assert len(receiver.got) == before

    since = datetime.now(UTC) - timedelta(hours=1)
    replayed = shop.webhooks.replay("anna", webhook.id, since=since)
    assert replayed == len(shop.reaches(webhook, *["delivered"] * replayed))
    assert shop.webhooks.get("anna", webhook.id).state == "enabled"


def test_one_slow_receiver_holds_up_nobody_else(shop: Shop, receiver: Receiver) -> None:
    slow = Receiver()
    slow.open()
    slow.replies = [Reply(200, seconds=0.9)] * 10
    try:
        stuck, _ = shop.webhooks.add("anna", slow.url)
        quick, _ = shop.webhooks.add("bert", receiver.url)
        for _ in range(10):
            shop.cancelled()
        shop.courier.look()
        eventually(lambda: len(slow.got) == EACH, 5)
        shop.cancelled("bert")

        start = time.monotonic()
        shop.reaches(quick, "delivered")

        assert time.monotonic() - start < 0.8, "while the slow one still thinks"
        assert len(slow.got) == EACH, "of many messages a few are on their way"
        shop.reaches(stuck, *["delivered"] * 10)
    finally:
        slow.close()


def test_an_event_is_in_the_outbox_until_its_deliveries_are_written(
    shop: Shop, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhook, _ = shop.webhooks.add("anna", receiver.url)
    shop.cancelled()

    def broken(*_: object) -> str:
        raise OperationalError("the database went away", None, Exception())

    with monkeypatch.context() as patch:
        patch.setattr(outbox, "message", broken)
        with pytest.raises(OperationalError):
            shop.courier.look()
    assert shop.deliveries(webhook) == ()

    shop.reaches(webhook, "delivered")
    with shop.engine.connect() as connection:
        assert connection.scalars(sa.select(OUTBOX.c.event_id)).all() == []
        assert len(connection.execute(sa.select(EVENTS)).all()) == 2, "the log is only read"


def test_what_was_deleted_before_it_was_told_is_not_told(shop: Shop, receiver: Receiver) -> None:
    webhook, _ = shop.webhooks.add("anna", receiver.url)
    shop.renders.delete("anna", shop.cancelled().id)
    shop.cancelled()
    shop.reaches(webhook, "delivered")
    assert len(receiver.got) == 1


def test_an_address_that_became_private_is_refused_when_it_is_sent_to(
    shop: Shop, receiver: Receiver, settings: Settings
) -> None:
    """Registered where loopback is trusted, sent by a courier that does not trust it."""
    webhook, _ = shop.webhooks.add("anna", receiver.url)
    shop.courier = Courier(settings.model_copy(update={"fetch_networks": ()}))
    shop.cancelled()

    (delivery,) = shop.reaches(webhook, "dead")

    assert receiver.got == []
    assert {each.detail for each in delivery.tries} == {
        "the host '127.0.0.1' is not on the public internet"
    }


def test_old_deliveries_are_forgotten_and_pending_ones_never(
    shop: Shop, receiver: Receiver
) -> None:
    webhook, _ = shop.webhooks.add("anna", receiver.url)
    shop.cancelled()
    shop.reaches(webhook, "delivered")
    receiver.close()
    shop.cancelled()
    outbox.make_deliveries(shop.engine)
    with shop.engine.begin() as connection:
        long_ago = time.time() - 31 * DAY
        connection.execute(sa.update(DELIVERIES).values(created_at=long_ago))

    shop.courier.clean()

    assert [each.state for each in shop.deliveries(webhook)] == ["pending"]


def answer(status: int | None, retry_after: float = 0.0) -> Answer:
    return Answer(Try(datetime.now(UTC), status, "", 0.1), retry_after)


@pytest.mark.parametrize(
    ("said", "attempts", "chance", "verdict"),
    [
        (answer(200), 1, 0, Verdict("delivered")),
        (answer(299), 9, 0, Verdict("delivered")),
        (answer(410), 1, 0, Verdict("dead", gone=True)),
        (answer(500), 1, 0, Verdict("pending", 5)),
        (answer(None), 2, 0, Verdict("pending", 300)),
        (answer(301), 2, 1, Verdict("pending", 300 * (1 + JITTER))),
        (answer(429, 600), 1, 0, Verdict("pending", 600)),
        (answer(429, 1), 2, 0, Verdict("pending", 300)),
        (answer(503, 10**9), 1, 0, Verdict("pending", DAY)),
        (answer(500), 3, 0, Verdict("dead")),
    ],
)
def test_what_follows_from_an_answer(
    said: Answer, attempts: int, chance: float, verdict: Verdict
) -> None:
    judged = judge(said, attempts, (5, 300), chance)
    assert replace(judged, wait=round(judged.wait, 6)) == verdict


def test_by_default_it_is_tried_for_hours(shop: Shop) -> None:
    assert sum(Settings(data_dir=shop.settings.data_dir).webhook_retry_seconds) > 12 * 3600


def test_a_receiver_s_wish_to_be_left_alone_is_respected(shop: Shop, receiver: Receiver) -> None:
    webhook, _ = shop.webhooks.add("anna", receiver.url)
    receiver.replies = [Reply(503, headers={"Retry-After": "100"})]
    shop.cancelled()
    shop.tries(webhook)

    (waiting,) = shop.deliveries(webhook)
    assert waiting.due_at is not None
    assert 95 <= (waiting.due_at - datetime.now(UTC)).total_seconds() <= 100 * (1 + JITTER)
    shop.hurry()
    shop.reaches(webhook, "delivered")


def test_a_courier_that_was_started_needs_nobody(shop: Shop, receiver: Receiver) -> None:
    webhook, _ = shop.webhooks.add("anna", receiver.url)
    shop.courier.start()
    render = shop.cancelled()
    eventually(lambda: [each.state for each in shop.deliveries(webhook)] == ["delivered"], 10)
    assert [message.document["data"]["id"] for message in receiver.got] == [render.id]
