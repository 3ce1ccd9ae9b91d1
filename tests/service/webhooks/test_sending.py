"""One message to one address: where it never goes, and what is kept of the answer."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from service.addresses import Address, AddressPolicy
from service.webhooks.nouns import Claim
from service.webhooks.sending import Sender, retry_after
from service.webhooks.signing import new_secret
from tests.service.still_server import NAME as TLS_NAME
from tests.service.webhooks.conftest import Receiver, Reply

TRUSTING = AddressPolicy(trusted=(ip_network("127.0.0.1/32"),))


def claim(url: str) -> Claim:
    return Claim("m" * 32, "token", "w" * 32, url, (new_secret(),), "{}", 1)


def always(*addresses: str) -> Sender:
    """A sender for whom every name has these addresses."""

    async def resolver(host: str, port: int) -> Sequence[Address]:
        return [ip_address(address) for address in addresses]

    return Sender(TRUSTING, seconds=1, resolver=resolver)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.2",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "100.100.100.200",
        "0.0.0.0",
        "::1",
        "fd00:ec2::254",
        "fe80::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::",
    ],
)
def test_nothing_is_sent_into_the_house(address: str) -> None:
    answer = always(address).send(claim("https://rebound.example/hook"))
    assert not answer.accepted
    assert answer.tried.detail == "the host 'rebound.example' is not on the public internet"


def test_one_private_address_beside_a_public_one_is_enough() -> None:
    answer = always("1.1.1.1", "169.254.169.254").send(claim("https://mixed.example/"))
    assert "public internet" in answer.tried.detail


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://a.example/", "the address is not encrypted"),
        ("https://a.example:22/", "port 22 is not called"),
        ("file:///etc/passwd", "the address is not one of the web"),
    ],
)
def test_the_rules_are_those_of_sources(url: str, said: str) -> None:
    assert always("1.1.1.1").send(claim(url)).tried.detail == said


def test_it_goes_to_the_address_that_was_judged_by_the_name_that_was_given(
    receiver: Receiver,
) -> None:
    """The name is asked for once, and nothing else resolves it."""
    url = f"http://hooks.example:{receiver.port}/hook"
    assert always("127.0.0.1").send(claim(url)).accepted
    assert receiver.got[0].headers["host"] == f"hooks.example:{receiver.port}"


@pytest.mark.parametrize(
    ("reply", "accepted", "gone", "wait"),
    [
        (Reply(200), True, False, 0),
        (Reply(202), True, False, 0),
        (Reply(301, headers={"Location": "/elsewhere"}), False, False, 0),
        (Reply(410), False, True, 0),
        (Reply(429, headers={"Retry-After": "7"}), False, False, 7),
        (Reply(500), False, False, 0),
    ],
)
def test_an_answer_is_its_status(
    receiver: Receiver, reply: Reply, accepted: bool, gone: bool, wait: float
) -> None:
    receiver.replies = [reply]
    answer = always("127.0.0.1").send(claim(receiver.url))
    assert answer.tried.status == reply.status
    assert (answer.accepted, answer.gone, answer.retry_after) == (accepted, gone, wait)
    assert len(receiver.got) == 1


def test_nobody_there_is_said_without_an_address(receiver: Receiver) -> None:
    receiver.close()
    answer = always("127.0.0.1").send(claim(receiver.url))
    assert (answer.tried.status, answer.tried.detail) == (None, "it cannot be reached")


def test_the_certificate_is_checked_by_name(certificate: Path) -> None:
    own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    own.load_cert_chain(certificate)
    receiver = Receiver()
    receiver.open(own)
    trusting = replace(always("127.0.0.1"), tls=ssl.create_default_context(cafile=str(certificate)))
    url = f"https://{{}}:{receiver.port}/hook"
    try:
        assert trusting.send(claim(url.format(TLS_NAME))).accepted
        for stranger, name in ((trusting, "other.example"), (always("127.0.0.1"), TLS_NAME)):
            answer = stranger.send(claim(url.format(name)))
            assert answer.tried.detail == "its certificate is not good"
        assert len(receiver.got) == 1
    finally:
        receiver.close()


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("", 0),
        ("12", 12),
        ("-1", 0),
        ("soon", 0),
        ("Sun, 29 Nov 2026 12:01:00 GMT", 60),
        ("Sun, 29 Nov 2026 11:00:00 GMT", 0),
        ("9" * 50, 999_999_999),
    ],
)
def test_both_ways_to_write_retry_after_are_read(said: str, seconds: float) -> None:
    noon = datetime(2026, 11, 29, 12, tzinfo=UTC)
    assert retry_after({"retry-after": said}, noon) == seconds
