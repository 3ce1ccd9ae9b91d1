"""API keys: who calls, what they may do, and how much of it.

A key is ``sw_<id>_<secret>``. The secret is 256 random bits, so a plain SHA-256 of it cannot be
searched and is all that is stored; a slow hash would only make every request slow.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any, Literal, get_args

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from pipelines.errors import InvalidRecipe, OutOfRange, UnknownName
from service.errors import Conflict, NotFound, TooMany, Unauthenticated

Scope = Literal["read", "write", "metrics"]
SCOPES: tuple[Scope, ...] = get_args(Scope)

LOCAL = "local"
"""The tenant of a service that asks for no keys."""

PREFIX = "sw"
LONGEST_KEY = 200
LONGEST_NAME = 100
DAY = timedelta(days=1)

_tables = sa.MetaData()
_keys = sa.Table(
    "stillwave_api_keys",
    _tables,
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("tenant", sa.String(LONGEST_NAME), nullable=False),
    sa.Column("name", sa.String(LONGEST_NAME), nullable=False),
    sa.Column("scopes", sa.String(200), nullable=False),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Column("expires_at", sa.Float),
    sa.Column("revoked_at", sa.Float),
    sa.Column("requests_per_minute", sa.Integer),
    sa.Column("renders_per_day", sa.Integer),
)
_usage = sa.Table(
    "stillwave_api_usage",
    _tables,
    sa.Column("tenant", sa.String(LONGEST_NAME), primary_key=True),
    sa.Column("day", sa.String(10), primary_key=True),
    sa.Column("renders", sa.Integer, nullable=False),
)


@dataclass(frozen=True)
class Key:
    """What is known about a key; its secret is not.

    Attributes:
        id: public part.
        tenant: whose renders it sees.
        name: what people call it.
        scopes: what it may do.
        requests_per_minute: None is the service's default.
        renders_per_day: of its tenant, counted in UTC; None is no limit.
    """

    id: str
    tenant: str
    name: str
    scopes: tuple[Scope, ...]
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    requests_per_minute: int | None = None
    renders_per_day: int | None = None

    @property
    def state(self) -> Literal["active", "expired", "revoked"]:
        """Whether it counts."""
        now = datetime.now(UTC)
        if self.revoked_at is not None and self.revoked_at <= now:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= now else "active"


@dataclass(frozen=True)
class Grant:
    """What a new key is given."""

    tenant: str
    name: str
    scopes: tuple[Scope, ...] = ("read", "write")
    lifetime: timedelta | None = None
    requests_per_minute: int | None = None
    renders_per_day: int | None = None


class Keys:
    """The keys in one database.

    Args:
        engine: of the database that holds the jobs too; the tables are made when missing.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        _tables.create_all(engine)

    def create(self, grant: Grant) -> tuple[Key, str]:
        """Make a key; return it and its text, which is never seen again.

        Raises:
            InvalidInput: a name, a scope or a number that is not allowed.
        """
        _check(grant)
        id, secret, now = secrets.token_hex(6), secrets.token_urlsafe(32), datetime.now(UTC)
        expires = None if grant.lifetime is None else (now + grant.lifetime).timestamp()
        row = {
            "id": id,
            "digest": _digest(secret),
            "tenant": grant.tenant,
            "name": grant.name,
            "scopes": json.dumps(grant.scopes),
            "created_at": now.timestamp(),
            "expires_at": expires,
            "requests_per_minute": grant.requests_per_minute,
            "renders_per_day": grant.renders_per_day,
        }
        with self._engine.begin() as connection:
            connection.execute(sa.insert(_keys).values(row))
        return self.get(id), f"{PREFIX}_{id}_{secret}"

    def get(self, id: str) -> Key:
        """Return a key by its id.

        Raises:
            NotFound: unknown.
        """
        row = self._row(id)
        if row is None:
            raise NotFound("key", id)
        return _key(row)

    def list(self) -> list[Key]:
        """Return all keys, oldest first."""
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(_keys).order_by(_keys.c.created_at))
            return [_key(row) for row in rows.mappings()]

    def revoke(self, id: str) -> Key:
        """Make a key worthless at once.

        Raises:
            NotFound: unknown.
        """
        self.get(id)
        self._end(id, _keys.c.revoked_at, datetime.now(UTC))
        return self.get(id)

    def rotate(self, id: str, grace: timedelta) -> tuple[Key, str]:
        """Make a successor with the same rights; the old one counts for ``grace`` longer.

        Raises:
            NotFound: unknown.
            Conflict: it no longer counts.
        """
        old = self.get(id)
        if old.state != "active":
            raise Conflict(f"the key {id!r} is {old.state}", fix="create a new one")
        now = datetime.now(UTC)
        lifetime = None if old.expires_at is None else old.expires_at - old.created_at
        made = self.create(
            Grant(
                old.tenant,
                old.name,
                old.scopes,
                lifetime,
                old.requests_per_minute,
                old.renders_per_day,
            )
        )
        end = now + grace if old.expires_at is None else min(now + grace, old.expires_at)
        self._end(id, _keys.c.expires_at, end)
        return made

    def any(self) -> bool:
        """Whether a key was ever made: then every call needs one."""
        with self._engine.connect() as connection:
            return connection.execute(sa.select(_keys.c.id).limit(1)).first() is not None

    def check(self, text: str) -> Key:
        """Return the key that ``text`` is.

        Raises:
            Unauthenticated: unknown, expired or revoked; says which only to who has the secret.
        """
        prefix, _, rest = text.partition("_")
        id, _, secret = rest.partition("_")
        row = self._row(id) if prefix == PREFIX and len(text) <= LONGEST_KEY else None
        known = row["digest"] if row is not None else _digest("")
        if not hmac.compare_digest(known, _digest(secret)) or row is None:
            raise Unauthenticated("the API key is not known", fix="check it, or ask for a new one")
        key = _key(row)
        if key.state != "active":
            raise Unauthenticated(f"the API key is {key.state}", fix="ask for a new one")
        return key

    def close(self) -> None:
        """Give connections back."""
        self._engine.dispose()

    def _row(self, id: str) -> sa.RowMapping | None:
        with self._engine.connect() as connection:
            return connection.execute(sa.select(_keys).where(_keys.c.id == id)).mappings().first()

    def _end(self, id: str, column: sa.Column[Any], moment: datetime) -> None:
        change = sa.update(_keys).where(_keys.c.id == id, column.is_(None) | (column > _now()))
        with self._engine.begin() as connection:
            connection.execute(change.values({column.name: moment.timestamp()}))


def spend(connection: sa.Connection, key: Key) -> None:
    """Count one render, in the transaction that accepts it: what is not accepted is not counted.

    Raises:
        TooMany: the tenant's quota of today is used up.
    """
    if key.renders_per_day is None:
        return
    now = datetime.now(UTC)
    place = {"tenant": key.tenant, "day": now.date().isoformat()}
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    connection.execute(insert(_usage).values(**place, renders=0).on_conflict_do_nothing())
    here = (_usage.c.tenant == place["tenant"]) & (_usage.c.day == place["day"])
    more = sa.update(_usage).where(here, _usage.c.renders < key.renders_per_day)
    if connection.execute(more.values(renders=_usage.c.renders + 1)).rowcount == 0:
        midnight = (now + DAY).replace(hour=0, minute=0, second=0, microsecond=0)
        raise TooMany(
            "today's renders are used up",
            wait=(midnight - now).total_seconds(),
            allowed=f"{key.renders_per_day} a day",
        )


def require_keys(host: str, keys: Keys) -> None:
    """Refuse to be reachable from elsewhere while no key exists; `serve` asks before it binds.

    Raises:
        InvalidRecipe: ``host`` is not this machine alone, and there is no key.
    """
    if not is_loopback(host) and not keys.any():
        raise InvalidRecipe(
            f"serving on {host} would let anybody in: there is no API key",
            actual=host,
            allowed="127.0.0.1, or any address once there is a key",
            fix="run: stillwave keys create NAME",
        )


def is_loopback(host: str) -> bool:
    """Whether an address to bind to is reached from this machine only.

    >>> [is_loopback(host) for host in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "")]
    [True, True, True, False, False]
    """
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def read_scopes(names: Iterable[str]) -> tuple[Scope, ...]:
    """Return scopes by their names.

    Raises:
        UnknownName: there is no such scope.
    """
    for name in (names := list(names)):
        if name not in SCOPES:
            raise UnknownName("scope", name, SCOPES)
    return tuple(scope for scope in SCOPES if scope in names)


def _check(grant: Grant) -> None:
    for kind, text in (("name", grant.name), ("tenant", grant.tenant)):
        if not 0 < len(text) <= LONGEST_NAME or not text.isprintable():
            raise InvalidRecipe(
                f"the {kind} of a key is {text!r}",
                actual=text,
                allowed=f"1 to {LONGEST_NAME} printable characters",
                fix=f"choose another {kind}",
            )
    for name in ("requests_per_minute", "renders_per_day"):
        value = getattr(grant, name)
        if value is not None and value < 1:
            raise OutOfRange(name.replace("_", "-"), value, 1, 1_000_000)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _now() -> float:
    return datetime.now(UTC).timestamp()


def _key(row: sa.RowMapping) -> Key:
    def moment(name: str) -> datetime | None:
        return None if row[name] is None else datetime.fromtimestamp(row[name], UTC)

    return Key(
        id=row["id"],
        tenant=row["tenant"],
        name=row["name"],
        scopes=tuple(json.loads(row["scopes"])),
        created_at=datetime.fromtimestamp(row["created_at"], UTC),
        expires_at=moment("expires_at"),
        revoked_at=moment("revoked_at"),
        requests_per_minute=row["requests_per_minute"],
        renders_per_day=row["renders_per_day"],
    )
