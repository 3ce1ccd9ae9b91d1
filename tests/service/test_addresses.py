"""Which addresses are called: the table of the ways in that a service must keep shut."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from ipaddress import ip_address, ip_network

import pytest

from service.addresses import Address, AddressPolicy, Resolve, is_public, vet
from service.errors import FetchRefused

PUBLIC = ["93.184.216.34", "1.1.1.1", "2606:4700::1111", "::ffff:93.184.216.34", "64:ff9b::101:101"]

SHUT = {
    "loopback": ["127.0.0.1", "127.8.9.10", "::1"],
    "unspecified": ["0.0.0.0", "0.1.2.3", "::"],
    "private": ["10.0.0.1", "172.16.3.4", "192.168.1.1", "fd12:3456::1", "fc00::1"],
    "link-local": ["169.254.1.1", "fe80::1"],
    "site-local": ["fec0::1"],
    "metadata": ["169.254.169.254", "fd00:ec2::254", "100.100.100.200", "168.63.129.16"],
    "carrier": ["100.64.0.1"],
    "multicast": ["224.0.0.1", "239.1.1.1", "ff02::1", "ff0e::1"],
    "reserved": ["240.0.0.1", "255.255.255.255", "192.0.0.192", "198.18.0.1", "192.0.2.1"],
    "mapped": ["::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:10.1.1.1"],
    "compatible": ["::127.0.0.1", "::10.0.0.1"],
    "6to4": ["2002:7f00:1::", "2002:a9fe:a9fe::1", "2002:a00:1::"],
    "teredo": ["2001:0:4136:e378:8000:63bf:80ff:fffe"],
    "nat64": ["64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a00:1"],
}


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_called(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    ("kind", "address"), [(kind, address) for kind in SHUT for address in SHUT[kind]]
)
def test_all_others_are_not(kind: str, address: str) -> None:
    assert not is_public(ip_address(address)), kind


def answering(*addresses: str) -> Resolve:
    """A resolver that knows one set of addresses for every name."""

    async def resolve(host: str, port: int) -> Sequence[Address]:
        return [ip_address(address) for address in addresses]

    return resolve


def vetted(url: str, resolver: Resolve, policy: AddressPolicy | None = None) -> str:
    return str(asyncio.run(vet(url, policy or AddressPolicy(), resolver)).pinned)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://shop.example/a.jpg", "not encrypted"),
        ("ftp://shop.example/a.jpg", "not one of the web"),
        ("file:///etc/passwd", "not one of the web"),
        ("//shop.example/a.jpg", "not one of the web"),
        ("gopher://shop.example/", "not one of the web"),
        ("https://", "not one of the web"),
        ("https:///a.jpg", "not one of the web"),
        ("https://ann:secret@shop.example/a.jpg", "password"),
        ("https://shop.example:22/a.jpg", "port 22"),
        ("https://shop.example:6379/a.jpg", "port 6379"),
        ("https://shop.example:99999/", "port 99999"),
        ("https://[::1/a.jpg", "does not parse"),
        ("https://shop.example/\r\nHost: evil", "does not parse"),
        ("https://shop.example/" + "a" * 3000, "too long"),
        ("", "not one of the web"),
    ],
)
def test_other_addresses_are_refused_in_a_sentence(url: str, said: str) -> None:
    with pytest.raises(FetchRefused, match=said):
        vetted(url, answering("1.1.1.1"))


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0177.0.0.1/",
        "https://localhost/",
        "https://[::1]/",
        "https://[::ffff:7f00:1]/",
        "https://169.254.169.254/latest/meta-data/",
        "https://0/",
    ],
)
def test_every_spelling_of_this_machine_is_seen_through(url: str) -> None:
    """The system's own resolver reads them."""
    with pytest.raises(FetchRefused, match=r"public internet|not known|does not parse"):
        asyncio.run(vet(url, AddressPolicy()))


def test_one_private_address_among_public_ones_shuts_the_host() -> None:
    with pytest.raises(FetchRefused, match="public internet"):
        vetted("https://mixed.example/", answering("1.1.1.1", "10.0.0.1"))


def test_an_unknown_host_is_named() -> None:
    with pytest.raises(FetchRefused, match=r"'nowhere\.example' is not known"):
        vetted("https://nowhere.example/", answering())


def test_the_connection_goes_to_the_address_that_was_judged() -> None:
    assert vetted("https://a.example:8443/b?c=d", answering("1.1.1.1")) == (
        "https://1.1.1.1:8443/b?c=d"
    )
    assert vetted("https://a.example/b", answering("2606:4700::1111")) == (
        "https://[2606:4700::1111]/b"
    )


def test_a_trusted_network_may_be_private_plain_and_at_any_port() -> None:
    policy = AddressPolicy(trusted=(ip_network("10.1.0.0/16"), ip_network("fd00::/8")))
    url = "http://assets.internal:9000/cup.jpg"
    assert vetted(url, answering("10.1.2.3"), policy) == "http://10.1.2.3:9000/cup.jpg"
    for elsewhere in ("10.2.0.1", "127.0.0.1"):
        with pytest.raises(FetchRefused):
            vetted(url, answering(elsewhere), policy)


def test_plain_http_is_a_setting() -> None:
    policy = AddressPolicy(plain_http=True)
    assert vetted("http://a.example/b", answering("1.1.1.1"), policy) == "http://1.1.1.1/b"
