"""What is answered to addresses that lead inside: ``python -m benchmarks.faults.addresses``.

Each is sent to the application itself as a source to be fetched. Nothing leaves the machine: names
are answered by a table, and the one server that is called listens on loopback.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_address, ip_network
from pathlib import Path

import click
from fastapi.testclient import TestClient

from benchmarks.findings import Table
from service.addresses import Address, AddressPolicy, resolve
from service.app import create_app
from service.fetching import Fetcher
from service.settings import Settings
from tests.service.still_server import NAME, Host

NAMES: dict[str, Sequence[str]] = {
    "inside.example": ["10.0.0.1"],
    "metadata.example": ["169.254.169.254"],
    "six.example": ["fd12:3456::1"],
    "mixed.example": ["1.1.1.1", "127.0.0.1"],
    "shop.example": ["1.1.1.1"],
}

ADDRESSES: dict[str, Sequence[str]] = {
    "loopback": [
        "https://127.0.0.1/",
        "https://127.8.9.10/",
        "https://[::1]/",
        "https://localhost/",
    ],
    "loopback, written otherwise": [
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0x7f.0.0.1/",
        "https://0177.0.0.1/",
        "https://017700000001/",
        "https://127.0.0.1./",
        "https://LOCALHOST/",
        "https://①②⑦.⓪.⓪.①/",
        "https://%31%32%37.0.0.1/",
    ],
    "unspecified": ["https://0.0.0.0/", "https://0/", "https://[::]/"],
    "private": [
        "https://10.0.0.1/",
        "https://172.16.3.4/",
        "https://192.168.1.1/",
        "https://[fd12:3456::1]/",
        "https://[fc00::1]/",
        "https://100.64.0.1/",
    ],
    "link-local, site-local": [
        "https://169.254.1.1/",
        "https://[fe80::1]/",
        "https://[fe80::1%25eth0]/",
        "https://[fec0::1]/",
    ],
    "metadata of clouds": [
        "https://169.254.169.254/latest/meta-data/",
        "https://2852039166/",
        "https://0xa9fea9fe/",
        "https://[fd00:ec2::254]/",
        "https://100.100.100.200/",
        "https://168.63.129.16/",
        "https://192.0.0.192/",
    ],
    "IPv4 inside IPv6": [
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:a9fe:a9fe]/",
        "https://[::127.0.0.1]/",
        "https://[::ffff:0:127.0.0.1]/",
        "https://[2002:7f00:1::]/",
        "https://[2002:a9fe:a9fe::1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[64:ff9b::a9fe:a9fe]/",
        "https://[64:ff9b:1::a00:1]/",
        "https://[2001:0:4136:e378:8000:63bf:80ff:fffe]/",
    ],
    "multicast, reserved": [
        "https://224.0.0.1/",
        "https://[ff02::1]/",
        "https://240.0.0.1/",
        "https://255.255.255.255/",
        "https://198.18.0.1/",
        "https://192.0.2.1/",
        "https://[100::1]/",
        "https://[2001:db8::1]/",
    ],
    "names that lead inside": [
        "https://inside.example/",
        "https://metadata.example/",
        "https://six.example/",
        "https://mixed.example/",
        "https://nowhere.example/",
    ],
    "other schemes": [
        "http://shop.example/",
        "ftp://shop.example/a.jpg",
        "file:///etc/passwd",
        "gopher://shop.example:70/",
        "data:image/png;base64,AAAA",
        "//shop.example/a.jpg",
        "javascript:alert(1)",
    ],
    "odd authorities": [
        "https://ann:secret@shop.example/",
        "https://shop.example@127.0.0.1/",
        "https://127.0.0.1\\@shop.example/",
        "https://127.0.0.1#@shop.example/",
        "https://shop.example:22/",
        "https://shop.example:6379/",
        "https://shop.example:99999/",
        "https://[::1/",
        "https://shop.example/\r\nHost: evil",
        "https://shop.example/" + "a" * 3000,
        "",
    ],
}
"""Kind → addresses, none of which may be fetched."""

REDIRECTS = (
    "https://127.8.9.10/",
    "https://[::1]/",
    "https://10.0.0.1/",
    "http://169.254.169.254/latest/meta-data/",
    "https://[::ffff:10.0.0.1]/",
    "https://inside.example/",
    "file:///etc/passwd",
    "ftp://shop.example/",
    "http://ann:pw@127.0.0.1/",
)
"""Where a server that may be called sends its callers."""

BODIES = {
    "hops/4": "four redirects, one more than allowed",
    "claims/999999999": "says that it is 1 GB",
    "endless": "sends without end",
    "slow": "sends a byte now and then",
    "packed": "sends gzip",
    "cut": "breaks off",
    "status/404": "answers 404",
    "status/204": "answers 204",
}


@dataclass(frozen=True)
class Tried:
    """One address and its answer."""

    kind: str
    address: str
    status: int
    type: str
    detail: str
    place: str


def tried() -> list[Tried]:
    """Try them all."""
    with tempfile.TemporaryDirectory(prefix="stillwave-addresses-") as folder:
        app = create_app(Settings(data_dir=Path(folder), min_free_mb=0))
        desk, host = app.state.desk, Host()
        with TestClient(app, base_url="http://localhost") as http:
            app.state.desk = replace(desk, fetcher=Fetcher(resolver=_known))
            found = [_ask(http, kind, url) for kind, urls in ADDRESSES.items() for url in urls]
            trusting = AddressPolicy(trusted=(ip_network("127.0.0.1/32"),))
            app.state.desk = replace(
                desk, fetcher=Fetcher(trusting, most_bytes=2**17, seconds=1.5, resolver=_known)
            )
            home = f"http://{NAME}:{host.port}"
            for address in REDIRECTS:
                url = f"{home}/to/{address.replace('/', '!')}"
                found.append(replace(_ask(http, "redirect to", url), address=address))
            for path, about in BODIES.items():
                found.append(replace(_ask(http, "a server that", f"{home}/{path}"), address=about))
        host.close()
    return found


def _ask(http: TestClient, kind: str, url: str) -> Tried:
    answer = http.post("/v1/sources", json={"url": url})
    said = answer.json()
    places = ", ".join(each["pointer"] for each in said.get("errors") or ())
    return Tried(kind, url, answer.status_code, said["type"], said["detail"], places)


async def _known(host: str, port: int) -> Sequence[Address]:
    """Answer names from the table; how an address is spelled is the system's affair."""
    if host == NAME:
        return [ip_address("127.0.0.1")]
    if host in NAMES:
        return [ip_address(each) for each in NAMES[host]]
    return [] if host.endswith(".example") else await resolve(host, port)


def table(found: Sequence[Tried]) -> Table:
    """Return the answers as a table."""
    title = f"{len(found)} addresses, {sum(each.status == 422 for each in found)} refused"
    return Table(title, ("kind", "address", "status", "answer"), list(_rows(found)))


def _rows(found: Sequence[Tried]) -> Iterator[tuple[str, ...]]:
    for each in found:
        address = each.address if len(each.address) < 60 else f"{each.address[:40]}… (too long)"
        shown = address.encode("unicode_escape").decode() if "\r" in address else address
        yield each.kind, f"`{shown or ' '}`", str(each.status), each.detail.replace("|", "\\|")


@click.command()
def main() -> None:
    """Try every address and print what was answered."""
    click.echo(table(tried()).markdown())


if __name__ == "__main__":
    main()
