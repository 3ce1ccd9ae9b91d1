"""Fetching from real servers on loopback: with TLS, redirects, lies about sizes, and stalls."""

from __future__ import annotations

import asyncio
import io
import ssl
import time
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

import pytest

from service.addresses import AddressPolicy
from service.errors import FetchRefused
from service.fetching import Fetcher
from tests.service.still_server import NAME, PICTURE, Host


@pytest.fixture
def host() -> Iterator[Host]:
    opened = Host()
    yield opened
    opened.close()


@pytest.fixture
def fetcher(host: Host) -> Fetcher:
    """Trusts this machine, so that plain http and any port will do."""
    policy = AddressPolicy(trusted=(ip_network("127.0.0.1/32"),))
    return Fetcher(policy, most_bytes=len(PICTURE), seconds=1.5, resolver=host.resolve)


def fetch(fetcher: Fetcher, url: str) -> bytes:
    into = io.BytesIO()
    assert asyncio.run(fetcher.fetch(url, into)) == len(into.getvalue())
    return into.getvalue()


def test_a_picture_comes_whole_and_the_server_is_called_by_name(
    fetcher: Fetcher, host: Host
) -> None:
    assert fetch(fetcher, f"http://{NAME}:{host.port}/picture") == PICTURE
    assert host.asked == [(f"{NAME}:{host.port}", "/picture")]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("status/404", "status 404"),
        ("status/500", "status 500"),
        ("status/204", "status 204"),
        ("hops/4", "redirects too often"),
        ("claims/999999999", "too large"),
        ("endless", "too large"),
        ("slow", r"within 1\.5 seconds"),
        ("packed", "packed"),
        ("cut", "broke off"),
        ("to/file:!!!etc!passwd", "not one of the web"),
        ("to/http:!!ann:pw@127.0.0.1!", "password"),
    ],
)
def test_what_is_no_file_is_refused(fetcher: Fetcher, host: Host, path: str, said: str) -> None:
    start = time.monotonic()
    with pytest.raises(FetchRefused, match=said):
        fetch(fetcher, f"http://{NAME}:{host.port}/{path}")
    assert time.monotonic() - start < 4


def test_redirects_are_followed_as_often_as_allowed(fetcher: Fetcher, host: Host) -> None:
    assert fetch(fetcher, f"http://{NAME}:{host.port}/hops/3") == PICTURE
    assert len(host.asked) == 4


@pytest.mark.parametrize("inside", ["10.0.0.1", "169.254.169.254", "::1", "::ffff:10.0.0.1"])
def test_a_redirect_into_the_house_is_refused(fetcher: Fetcher, host: Host, inside: str) -> None:
    host.answers = ["127.0.0.1", inside]
    with pytest.raises(FetchRefused, match="public internet"):
        fetch(fetcher, f"http://{NAME}:{host.port}/to/https:!!inside.example!")
    assert len(host.asked) == 1


def test_a_name_is_resolved_once_so_that_it_cannot_change_its_mind(
    fetcher: Fetcher, host: Host
) -> None:
    """Rebinding: the second answer would be this machine's metadata service."""
    host.answers = ["127.0.0.1", "169.254.169.254"]
    assert fetch(fetcher, f"http://{NAME}:{host.port}/picture") == PICTURE
    assert host.answers == ["169.254.169.254"]


def test_nobody_there_is_said_without_an_address(fetcher: Fetcher, host: Host) -> None:
    host.close()
    with pytest.raises(FetchRefused, match="cannot be reached") as caught:
        fetch(fetcher, f"http://{NAME}:{host.port}/picture")
    assert "127.0.0.1" not in str(caught.value)


def test_a_proxy_of_the_environment_is_not_asked(
    fetcher: Fetcher, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would resolve names by itself."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    assert fetch(fetcher, f"http://{NAME}:{host.port}/picture") == PICTURE


@pytest.fixture
def secure(certificate: Path) -> Iterator[Host]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    opened = Host(context)
    yield opened
    opened.close()


def test_the_certificate_is_checked_by_name_though_the_address_is_pinned(
    fetcher: Fetcher, secure: Host, certificate: Path
) -> None:
    trusting = ssl.create_default_context(cafile=str(certificate))
    knowing = replace(fetcher, resolver=secure.resolve, tls=trusting)
    assert fetch(knowing, f"https://{NAME}:{secure.port}/picture") == PICTURE
    assert secure.asked == [(f"{NAME}:{secure.port}", "/picture")]
    for stranger, url in (
        (knowing, f"https://other.example:{secure.port}/picture"),
        (replace(knowing, tls=None), f"https://{NAME}:{secure.port}/picture"),
    ):
        with pytest.raises(FetchRefused, match="certificate"):
            fetch(stranger, url)
    assert len(secure.asked) == 1
