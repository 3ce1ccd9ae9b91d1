"""Registering, listing, removing, replaying; and that tenants do not see each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest

from pipelines.errors import InvalidInput, OutOfRange, UnknownName
from service.addresses import Address, AddressPolicy
from service.errors import Conflict, FetchRefused, NotFound
from service.jobs.database import connect, prepare
from service.settings import Settings
from service.webhooks.nouns import ENDINGS
from service.webhooks.use_cases import MOST, Webhooks
from tests.service.webhooks.conftest import Receiver, Reply, Shop

Strict = Callable[..., Webhooks]


@pytest.fixture
def strict(tmp_path: Path) -> Iterator[Strict]:
    """A service that trusts no network, and for which every name has the addresses given."""
    engine = connect(Settings(data_dir=tmp_path))
    prepare(engine)

    def told(*addresses: str) -> Webhooks:
        async def resolver(host: str, port: int) -> Sequence[Address]:
            return [ip_address(address) for address in addresses]

        return Webhooks(engine, AddressPolicy(), resolver)

    yield told
    engine.dispose()


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "169.254.169.254",
        "100.100.100.200",
        "::1",
        "fd00:ec2::254",
        "fe80::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
    ],
)
def test_an_address_in_the_house_is_not_registered(strict: Strict, address: str) -> None:
    with pytest.raises(FetchRefused, match="public internet"):
        strict(address).add("anna", "https://inside.example/hook")
    assert strict().list("anna").items == ()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://hooks.example/", "not encrypted"),
        ("ftp://hooks.example/", "not one of the web"),
        ("https://ann:secret@hooks.example/", "password"),
        ("https://hooks.example:6379/", "port 6379"),
        ("https://hooks.example/" + "a" * 3000, "too long"),
        ("hooks.example", "not one of the web"),
    ],
)
def test_the_rules_are_those_of_sources(strict: Strict, url: str, said: str) -> None:
    with pytest.raises(FetchRefused, match=said):
        strict("1.1.1.1").add("anna", url)


def test_an_unknown_host_is_refused(strict: Strict) -> None:
    with pytest.raises(FetchRefused, match="not known"):
        strict().add("anna", "https://nowhere.example/")


def test_a_public_address_is_registered(strict: Strict) -> None:
    made, secret = strict("1.1.1.1").add("anna", "https://hooks.example/a?b=c")
    assert (made.url, made.events, made.state) == (
        "https://hooks.example/a?b=c",
        ENDINGS,
        "enabled",
    )
    assert secret.startswith("whsec_")
    assert strict().get("anna", made.id) == made
    assert secret not in repr(made)


def test_events_are_named(shop: Shop, receiver: Receiver) -> None:
    with pytest.raises(UnknownName, match=r"did you mean 'render\.succeeded'"):
        shop.webhooks.add("anna", receiver.url, ["render.suceeded"])
    made, _ = shop.webhooks.add("anna", receiver.url, ["render.failed", "render.running"])
    assert made.events == ("render.running", "render.failed")


def test_there_is_an_end_to_it(shop: Shop, receiver: Receiver) -> None:
    made = [shop.webhooks.add("anna", receiver.url)[0] for _ in range(MOST)]
    with pytest.raises(Conflict, match="remove one"):
        shop.webhooks.add("anna", receiver.url)
    shop.webhooks.add("bert", receiver.url)
    shop.webhooks.remove("anna", made[0].id)
    shop.webhooks.add("anna", receiver.url)


def test_lists_are_walked_newest_first(shop: Shop, receiver: Receiver) -> None:
    made = [shop.webhooks.add("anna", receiver.url)[0].id for _ in range(3)]
    first = shop.webhooks.list("anna", limit=2)
    rest = shop.webhooks.list("anna", limit=2, cursor=first.next_cursor)
    walked = [webhook.id for webhook in (*first.items, *rest.items)]
    assert walked == sorted(made, reverse=True)
    assert rest.next_cursor is None
    with pytest.raises(OutOfRange):
        shop.webhooks.list("anna", limit=0)
    with pytest.raises(InvalidInput, match="cursor"):
        shop.webhooks.deliveries("anna", made[0], cursor="x")


def test_tenants_do_not_see_each_other(shop: Shop, receiver: Receiver) -> None:
    made, _ = shop.webhooks.add("anna", receiver.url)
    shop.cancelled()
    (delivery,) = shop.reaches(made, "delivered")
    calls: list[Callable[[str, str], object]] = [
        shop.webhooks.get,
        shop.webhooks.remove,
        shop.webhooks.rotate,
        shop.webhooks.deliveries,
        lambda tenant, id: shop.webhooks.replay(tenant, id, delivery_id=delivery.id),
    ]
    for call in calls:
        with pytest.raises(NotFound) as foreign:
            call("bert", made.id)
        with pytest.raises(NotFound) as unknown:
            call("bert", "0" * 32)
        assert str(foreign.value).replace(made.id, "0" * 32) == str(unknown.value)
    assert shop.webhooks.list("bert").items == ()
    assert shop.webhooks.list(None).items == (made,), "the operator sees everybody's"


def test_a_removed_webhook_takes_its_deliveries_along(shop: Shop, receiver: Receiver) -> None:
    made, _ = shop.webhooks.add("anna", receiver.url)
    shop.cancelled()
    shop.reaches(made, "delivered")
    shop.webhooks.remove("anna", made.id)
    with pytest.raises(NotFound):
        shop.webhooks.deliveries("anna", made.id)
    assert shop.webhooks.counts() == {}


def test_dead_letters_since_a_time_are_replayed_and_others_only_on_request(
    shop: Shop, receiver: Receiver
) -> None:
    made, _ = shop.webhooks.add("anna", receiver.url)
    receiver.replies = [Reply(500)] * 3
    shop.cancelled()
    shop.reaches(made, "dead")
    shop.cancelled()
    shop.reaches(made, "dead", "delivered")
    assert shop.webhooks.counts() == {"dead": 1, "delivered": 1}
    ago, ahead = (datetime.now(UTC) + timedelta(hours=hours) for hours in (-1, 1))

    assert shop.webhooks.replay("anna", made.id, since=ahead, delivered=True) == 0
    assert shop.webhooks.replay("anna", made.id, since=ago) == 1
    shop.reaches(made, "delivered", "delivered")
    assert shop.webhooks.replay("anna", made.id, since=ago) == 0
    assert shop.webhooks.replay("anna", made.id, since=ago, delivered=True) == 2
    with pytest.raises(NotFound):
        shop.webhooks.replay("anna", made.id, delivery_id="0" * 32)
