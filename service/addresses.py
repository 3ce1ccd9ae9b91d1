"""Which network addresses this service may call on somebody else's word.

Sources are fetched from, and webhooks are sent to, addresses that a caller chose. A host's name is
resolved once, every address it has is judged, and the connection is made to an address that was
judged, so that a name cannot mean one thing to the judge and another to the socket.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from httpx2 import URL, InvalidURL

from service.errors import FetchRefused
from service.settings import Settings

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolve = Callable[[str, int], Awaitable[Sequence[Address]]]

PORTS = frozenset({80, 443, 8080, 8443})
"""Where public servers answer; other ports are for other protocols."""

LONGEST_URL = 2048

NOT_PUBLIC: tuple[Network, ...] = (
    IPv4Network("168.63.129.16/32"),  # a cloud's own host, Azure's wire server
    IPv4Network("192.0.0.0/24"),  # IETF protocol assignments; another cloud's metadata
    IPv6Network("fec0::/10"),  # site-local, deprecated and still routed here and there
)
"""Global by the letter of the registry, and still not for us."""

NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
"""RFC 6052 and 8215: the last 32 bits are an IPv4 address."""


@dataclass(frozen=True)
class Target:
    """A vetted address.

    Attributes:
        url: as asked for.
        address: the one to connect to.
    """

    url: URL
    address: Address

    @property
    def pinned(self) -> URL:
        """The URL with the address in place of the name: nothing is resolved again."""
        return self.url.copy_with(host=str(self.address))

    @property
    def name(self) -> str:
        """The host's name as it travels: in ASCII."""
        return self.url.raw_host.decode("ascii")

    @property
    def host_header(self) -> str:
        """The value of ``Host``: the name, with its port where that is not the scheme's."""
        return self.url.netloc.decode("ascii")


@dataclass(frozen=True)
class AddressPolicy:
    """What may be called.

    Attributes:
        trusted: networks that may be called although they are private, by plain http and at any
            port too: an asset server of one's own.
        plain_http: whether public servers may be called without encryption.
    """

    trusted: tuple[Network, ...] = ()
    plain_http: bool = False

    def trusts(self, address: Address) -> bool:
        """Whether an address lies in a trusted network."""
        return any(address in network for network in self.trusted)


def policy_of(settings: Settings) -> AddressPolicy:
    """Return what a machine's settings let be called."""
    trusted = tuple(ip_network(network) for network in settings.fetch_networks)
    return AddressPolicy(trusted, settings.fetch_plain_http)


async def resolve(host: str, port: int) -> Sequence[Address]:
    """Ask the system's resolver; no address is an empty sequence."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return [ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]


async def vet(url: str, policy: AddressPolicy, resolver: Resolve = resolve) -> Target:
    """Return where to connect for ``url``.

    Raises:
        FetchRefused: not an http(s) address, without encryption, with a password in it, at a port
            of another protocol, unknown, or not public.
    """
    parsed = _parse(url)
    port = parsed.port or (443 if parsed.scheme == "https" else 80)
    addresses = await resolver(parsed.raw_host.decode("ascii"), port)
    if not addresses:
        raise _refused(f"the host {parsed.host!r} is not known", "check the address for typing")
    if all(policy.trusts(address) for address in addresses):
        return Target(parsed, addresses[0])
    if not all(is_public(address) for address in addresses):
        raise _refused(
            f"the host {parsed.host!r} is not on the public internet",
            "use one that is",
        )
    if parsed.scheme != "https" and not policy.plain_http:
        raise _refused("the address is not encrypted", "write https://")
    if port not in PORTS:
        allowed = ", ".join(map(str, sorted(PORTS)))
        raise _refused(f"port {port} is not called", "use a usual port", allowed)
    return Target(parsed, addresses[0])


def is_public(address: Address) -> bool:
    """Whether an address is on the public internet, looked at through every wrapping of IPv4.

    >>> is_public(ip_address("93.184.216.34")), is_public(ip_address("::ffff:10.0.0.1"))
    (True, False)
    """
    inner = _embedded(address)
    if inner is not None and not is_public(inner):
        return False
    if address.is_multicast or any(address in network for network in NOT_PUBLIC):
        return False
    return inner is not None or (address.is_global and not address.is_reserved)


def _parse(url: str) -> URL:
    fix = "give an address like https://shop.example/path"
    if len(url) > LONGEST_URL:
        raise _refused("the address is too long", fix, f"up to {LONGEST_URL} characters")
    try:
        parsed = URL(url)
    except (InvalidURL, ValueError, UnicodeError) as error:
        raise _refused("the address does not parse", fix) from error
    if parsed.scheme not in ("https", "http") or not parsed.host:
        raise _refused("the address is not one of the web", fix, "https")
    if parsed.userinfo:
        raise _refused("the address holds a name or a password", "leave them out")
    return parsed


def _embedded(address: Address) -> IPv4Address | None:
    """Return the IPv4 address that an IPv6 address stands for, if any."""
    if isinstance(address, IPv4Address):
        return None
    if address.teredo is not None:
        return address.teredo[1]
    if any(address in network for network in NAT64):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def _refused(problem: str, fix: str, allowed: str = "") -> FetchRefused:
    return FetchRefused(problem, allowed=allowed, fix=fix)
