"""``stillwave webhooks`` in processes of its own, beside a service that lives."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.service.conftest import Run
from tests.service.webhooks.conftest import PAUSES, Receiver, Reply, Shop


class Program:
    """The program, run beside a service."""

    def __init__(self, run: Run, shop: Shop) -> None:
        self._run = run
        self._environment = {
            "STILLWAVE_DATA_DIR": str(shop.settings.data_dir),
            "STILLWAVE_FETCH_NETWORKS": "127.0.0.1/32",
        }

    def __call__(self, *words: str, code: int = 0) -> dict[str, Any]:
        """Return the document that it prints."""
        done = self._run("webhooks", *words, "--json", **self._environment)
        assert done.returncode == code, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def said(self, *words: str) -> tuple[str, str]:
        """Return what it prints for people: on stdout and on stderr."""
        done = self._run("webhooks", *words, **self._environment)
        assert done.returncode == 0, done.stderr
        return done.stdout, done.stderr


@pytest.fixture
def program(run: Run, shop: Shop) -> Program:
    return Program(run, shop)


def test_a_dead_letter_is_found_and_sent_again(
    program: Program, shop: Shop, receiver: Receiver
) -> None:
    made = program("add", receiver.url, "--tenant", "anna", "--event", "render.canceled")
    assert made["events"] == ["render.canceled"]
    assert made["secret"].startswith("whsec_")
    webhook = shop.webhooks.get("anna", made["id"])
    receiver.replies = [Reply(500)] * (len(PAUSES) + 1)
    render = shop.cancelled()
    shop.reaches(webhook, "dead")

    (letter,) = program("dead")["deliveries"]
    assert (letter["render"], letter["webhook"]) == (render.id, webhook.id)
    assert [each["status"] for each in letter["tries"]] == [500] * 3
    assert letter["id"] in program.said("dead", webhook.id)[0]
    assert program("replay", webhook.id, "--since", "1h") == {"replayed": 1}
    shop.reaches(webhook, "delivered")

    assert program("replay", webhook.id, "--delivery", letter["id"]) == {"replayed": 1}
    shop.reaches(webhook, "delivered")
    assert len({message.id for message in receiver.got}) == 1
    assert len(receiver.got) == len(PAUSES) + 3


def test_webhooks_are_listed_changed_and_removed(program: Program, receiver: Receiver) -> None:
    secret, said = program.said("add", receiver.url)
    assert secret.startswith("whsec_")
    (made,) = program("list")["webhooks"]
    assert (made["tenant"], made["state"]) == ("local", "enabled")
    assert made["id"] in said
    assert "secret" not in made
    assert program("rotate", made["id"])["secret"] != secret.strip()
    assert program("remove", made["id"])["id"] == made["id"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("replay", "0" * 32), "one of --delivery and --since"),
        (("add", "https://10.0.0.1/"), "public internet"),
        (("add", "https://127.0.0.1/", "--event", "render.done"), "unknown event type"),
    ],
)
def test_what_is_wrong_is_one_sentence(program: Program, words: tuple[str, ...], said: str) -> None:
    assert said in program(*words, code=2)["detail"]
