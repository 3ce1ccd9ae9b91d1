"""``stillwave keys``: who may call the service."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from importlib.util import find_spec
from typing import TYPE_CHECKING

import click

from service.cli import emit
from service.commands.durations import Duration
from service.commands.options import json_option
from service.console import say

if TYPE_CHECKING:
    from service.auth import Key, Keys


@click.group()
def keys() -> None:
    """Create, list, revoke and rotate API keys."""


@keys.command("create")
@click.argument("name")
@click.option("--tenant", help="Whose renders it sees; a tenant of its own name otherwise.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    help="read, write or metrics; give it again for more. read and write otherwise.",
)
@click.option("--expires", type=Duration(), metavar="SPAN", help="Counts so long: 12h, 90d, 4w.")
@click.option("--requests-per-minute", type=int, help="Instead of the service's own limit.")
@click.option("--renders-per-day", type=int, help="Of its tenant; unlimited otherwise.")
@json_option
def create_key(
    name: str,
    tenant: str | None,
    scopes: tuple[str, ...],
    expires: timedelta | None,
    requests_per_minute: int | None,
    renders_per_day: int | None,
    as_json: bool,
) -> None:
    """Make a key called NAME and print it, once and never again.

    As soon as there is a key, every request needs one.
    """
    with _store() as store:
        from service.auth import Grant, read_scopes

        grant = Grant(
            tenant=name if tenant is None else tenant,
            name=name,
            scopes=read_scopes(scopes or ("read", "write")),
            lifetime=expires,
            requests_per_minute=requests_per_minute,
            renders_per_day=renders_per_day,
        )
        _tell(*store.create(grant), as_json)


@keys.command("list")
@json_option
def list_keys(as_json: bool) -> None:
    """List the keys; their texts are not known any more."""
    with _store() as store:
        found = store.list()
    if as_json:
        emit({"keys": [describe(key) for key in found]})
        return
    for key in found:
        ends = "" if key.expires_at is None else f"until {key.expires_at:%Y-%m-%d %H:%M} UTC"
        scopes = ",".join(key.scopes)
        click.echo(f"{key.id}  {key.state:<8}  {key.tenant}  {key.name}  {scopes}  {ends}".rstrip())


@keys.command("revoke")
@click.argument("id")
@json_option
def revoke_key(id: str, as_json: bool) -> None:
    """Make the key ID worthless at once."""
    with _store() as store:
        key = store.revoke(id)
    if as_json:
        emit(describe(key))
    else:
        say(f"The key {key.id} ({key.name}) is revoked.")


@keys.command("rotate")
@click.argument("id")
@click.option(
    "--grace",
    type=Duration(),
    default="24h",
    show_default=True,
    metavar="SPAN",
    help="The old key counts so much longer; 0h ends it at once.",
)
@json_option
def rotate_key(id: str, grace: timedelta, as_json: bool) -> None:
    """Make a successor of the key ID with the same rights, and print it once."""
    with _store() as store:
        _tell(*store.rotate(id, grace), as_json)


def describe(key: Key) -> dict[str, object]:
    """Return what is known about a key, for ``--json``."""
    return {
        "id": key.id,
        "state": key.state,
        "tenant": key.tenant,
        "name": key.name,
        "scopes": list(key.scopes),
        "created_at": key.created_at.isoformat(),
        "expires_at": None if key.expires_at is None else key.expires_at.isoformat(),
        "requests_per_minute": key.requests_per_minute,
        "renders_per_day": key.renders_per_day,
    }


def _tell(key: Key, text: str, as_json: bool) -> None:
    if as_json:
        emit({**describe(key), "key": text})
        return
    say(f"The key {key.id} ({key.name}); keep it, it is not shown again:")
    click.echo(text)


@contextmanager
def _store() -> Iterator[Keys]:
    if find_spec("sqlalchemy") is None:
        from pipelines.errors import MissingExtra

        raise MissingExtra("an API key", "service")
    from service.auth import Keys
    from service.jobs.database import connect
    from service.settings import read_settings

    store = Keys(connect(read_settings()))
    try:
        yield store
    finally:
        store.close()
