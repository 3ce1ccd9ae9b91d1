"""``stillwave webhooks``: who is told what happens to renders, for the service's operator."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from typing import TYPE_CHECKING, TypeVar

import click

from service.cli import emit
from service.commands.durations import Duration
from service.commands.options import json_option
from service.console import say

if TYPE_CHECKING:
    from service.webhooks.nouns import Delivery, Listed, Webhook
    from service.webhooks.use_cases import Webhooks

Item = TypeVar("Item")

A_PART = 100


@click.group()
def webhooks() -> None:
    """Add, list, remove and replay webhooks."""


@webhooks.command("add")
@click.argument("url")
@click.option("--tenant", help="Whose renders it is told about; without API keys there is one.")
@click.option(
    "--event",
    "events",
    multiple=True,
    help="render.succeeded …; give it again for more. The end of every job otherwise.",
)
@json_option
def add_webhook(url: str, tenant: str | None, events: tuple[str, ...], as_json: bool) -> None:
    """Tell URL what happens, and print the secret its messages are signed with, once."""
    with _store() as store:
        from service.auth import LOCAL
        from service.webhooks.nouns import ENDINGS

        made, secret = store.add(LOCAL if tenant is None else tenant, url, events or ENDINGS)
    _tell(made, secret, as_json)


@webhooks.command("list")
@json_option
def list_webhooks(as_json: bool) -> None:
    """List everybody's webhooks; their secrets are not shown."""
    with _store() as store:
        found = list(_everybodys(store))
    if as_json:
        emit({"webhooks": [describe(webhook) for webhook in found]})
        return
    for one in found:
        click.echo(f"{one.id}  {one.state:<8}  {one.tenant}  {one.url}  {','.join(one.events)}")


@webhooks.command("remove")
@click.argument("id")
@json_option
def remove_webhook(id: str, as_json: bool) -> None:
    """Forget the webhook ID and its deliveries."""
    with _store() as store:
        gone = store.remove(None, id)
    if as_json:
        emit(describe(gone))
    else:
        say(f"The webhook {gone.id} ({gone.url}) is removed.")


@webhooks.command("rotate")
@click.argument("id")
@json_option
def rotate_secret(id: str, as_json: bool) -> None:
    """Make a new secret for the webhook ID; for a day the old one signs too."""
    with _store() as store:
        _tell(*store.rotate(None, id), as_json)


@webhooks.command("dead")
@click.argument("id", required=False)
@json_option
def list_dead_letters(id: str | None, as_json: bool) -> None:
    """List what could not be delivered: to the webhook ID, or to any."""
    with _store() as store:
        ids = [id] if id else [each.id for each in _everybodys(store)]
        found = [letter for each in ids for letter in _dead(store, each)]
    if as_json:
        emit({"deliveries": [describe_delivery(letter) for letter in found]})
        return
    for one in found:
        last = one.tries[-1].detail if one.tries else "the webhook was disabled"
        click.echo(f"{one.id}  {one.webhook_id}  {one.type}  {one.render_id}  {last}")


@webhooks.command("replay")
@click.argument("id")
@click.option("--delivery", help="This one, whatever came of it.")
@click.option(
    "--since",
    type=Duration(),
    metavar="SPAN",
    help="Dead letters of events that are not older: 12h, 3d, 1w.",
)
@click.option("--delivered", is_flag=True, help="With --since: what was delivered too.")
@json_option
def replay(
    id: str, delivery: str | None, since: timedelta | None, delivered: bool, as_json: bool
) -> None:
    """Send to the webhook ID again: one delivery, or the dead letters of a time.

    Messages keep their ids. A webhook that was disabled is enabled.
    """
    if (delivery is None) == (since is None):
        raise click.UsageError("give one of --delivery and --since")
    start = None if since is None else datetime.now(UTC) - since
    with _store() as store:
        count = store.replay(None, id, delivery_id=delivery, since=start, delivered=delivered)
    if as_json:
        emit({"replayed": count})
    else:
        say(f"{count} to send again.")


def describe(webhook: Webhook) -> dict[str, object]:
    """Return what is known about a webhook, for ``--json``."""
    disabled = webhook.disabled_at
    return {
        "id": webhook.id,
        "state": webhook.state,
        "tenant": webhook.tenant,
        "url": webhook.url,
        "events": list(webhook.events),
        "created_at": webhook.created_at.isoformat(),
        "disabled_at": None if disabled is None else disabled.isoformat(),
    }


def describe_delivery(delivery: Delivery) -> dict[str, object]:
    """Return what is known about a delivery, for ``--json``."""
    return {
        "id": delivery.id,
        "webhook": delivery.webhook_id,
        "render": delivery.render_id,
        "type": delivery.type,
        "state": delivery.state,
        "created_at": delivery.created_at.isoformat(),
        "attempts": delivery.attempts,
        "tries": [
            {"at": each.at.isoformat(), "status": each.status, "detail": each.detail}
            for each in delivery.tries
        ],
    }


def _tell(webhook: Webhook, secret: str, as_json: bool) -> None:
    if as_json:
        emit({**describe(webhook), "secret": secret})
        return
    say(f"The webhook {webhook.id}; keep its secret, it is not shown again:")
    click.echo(secret)


def _everybodys(store: Webhooks) -> Iterator[Webhook]:
    return _all(lambda cursor: store.list(None, cursor=cursor, limit=A_PART))


def _dead(store: Webhooks, id: str) -> Iterator[Delivery]:
    return _all(
        lambda cursor: store.deliveries(None, id, state="dead", cursor=cursor, limit=A_PART)
    )


def _all(part: Callable[[str | None], Listed[Item]]) -> Iterator[Item]:
    """Yield every item of a list that comes in parts."""
    cursor = None
    while True:
        found = part(cursor)
        yield from found.items
        cursor = found.next_cursor
        if cursor is None:
            return


@contextmanager
def _store() -> Iterator[Webhooks]:
    if find_spec("standardwebhooks") is None:
        from pipelines.errors import MissingExtra

        raise MissingExtra("a webhook", "service")
    from service.settings import read_settings
    from service.webhooks.use_cases import open_webhooks

    store = open_webhooks(read_settings())
    try:
        yield store
    finally:
        store.close()
