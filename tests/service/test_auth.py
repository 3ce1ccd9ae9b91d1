"""Keys in their database: what is stored, what counts, what is counted."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from pipelines.errors import InvalidInput, OutOfRange, UnknownName
from service.auth import Grant, Key, Keys, is_loopback, read_scopes, require_keys, spend
from service.errors import Conflict, NotFound, TooMany, Unauthenticated
from service.jobs.database import connect
from service.settings import Settings

ACME = Grant("acme", "acme's shop")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    opened = connect(Settings(data_dir=tmp_path))
    yield opened
    opened.dispose()


@pytest.fixture
def keys(engine: sa.Engine) -> Keys:
    return Keys(engine)


def test_a_new_key_is_known_by_its_text_alone(keys: Keys) -> None:
    key, text = keys.create(ACME)
    assert keys.check(text) == key
    assert (key.tenant, key.scopes, key.state) == ("acme", ("read", "write"), "active")
    for wrong in (text[:-1], text + "x", text.replace(key.id, "0" * 12), text[3:], "", "sw__"):
        with pytest.raises(Unauthenticated):
            keys.check(wrong)


def test_the_text_is_stored_nowhere(keys: Keys, engine: sa.Engine, tmp_path: Path) -> None:
    _, text = keys.create(ACME)
    engine.dispose()
    secret = text.split("_", 2)[2].encode()
    assert len(secret) == 43  # 256 bits
    for path in tmp_path.iterdir():
        assert secret not in path.read_bytes()


def test_no_two_keys_are_alike(keys: Keys) -> None:
    assert len({keys.create(ACME)[1] for _ in range(20)}) == 20
    assert len(keys.list()) == 20


def test_a_key_expires_by_itself(keys: Keys) -> None:
    key, text = keys.create(Grant("acme", "brief", lifetime=timedelta(milliseconds=80)))
    assert keys.check(text).state == "active"
    assert key.expires_at is not None
    while datetime.now(UTC) < key.expires_at:
        pass
    with pytest.raises(Unauthenticated, match="expired"):
        keys.check(text)


def test_only_who_has_the_secret_is_told_why_it_does_not_count(keys: Keys) -> None:
    key, text = keys.create(ACME)
    keys.revoke(key.id)
    with pytest.raises(Unauthenticated, match="revoked"):
        keys.check(text)
    with pytest.raises(Unauthenticated, match="not known"):
        keys.check(text[:-1] + ("a" if text[-1] != "a" else "b"))


def test_a_revoked_key_stays_revoked_since_then(keys: Keys) -> None:
    key, _ = keys.create(ACME)
    first = keys.revoke(key.id).revoked_at
    assert keys.revoke(key.id).revoked_at == first
    with pytest.raises(Conflict, match="revoked"):
        keys.rotate(key.id, timedelta(hours=1))
    with pytest.raises(NotFound):
        keys.revoke("nope")


def test_a_successor_has_the_same_rights_and_the_old_one_ends(keys: Keys) -> None:
    grant = Grant("acme", "x", ("read",), timedelta(days=90), 30, 5)
    old, old_text = keys.create(grant)
    new, new_text = keys.rotate(old.id, timedelta(0))
    assert (new.tenant, new.name, new.scopes) == (old.tenant, old.name, old.scopes)
    assert (new.requests_per_minute, new.renders_per_day) == (30, 5)
    assert new.expires_at is not None
    assert new.expires_at - new.created_at == pytest.approx(
        timedelta(days=90), abs=timedelta(seconds=1)
    )
    assert keys.check(new_text) == new
    with pytest.raises(Unauthenticated, match="expired"):
        keys.check(old_text)


def test_a_rotation_never_lengthens_a_life(keys: Keys) -> None:
    old, _ = keys.create(Grant("acme", "x", lifetime=timedelta(hours=1)))
    keys.rotate(old.id, timedelta(days=7))
    assert keys.get(old.id).expires_at == old.expires_at


def count(engine: sa.Engine, key: Key) -> None:
    with engine.begin() as connection:
        spend(connection, key)


def test_a_quota_holds_for_all_keys_of_a_tenant(keys: Keys, engine: sa.Engine) -> None:
    one, _ = keys.create(Grant("acme", "one", renders_per_day=3))
    two, _ = keys.create(Grant("acme", "two", renders_per_day=3))
    other, _ = keys.create(Grant("rival", "r", renders_per_day=1))
    free, _ = keys.create(Grant("acme", "free"))
    for key in (one, two, one, other, free):
        count(engine, key)
    for key in (one, two, other):
        with pytest.raises(TooMany, match="a day") as caught:
            count(engine, key)
        assert 0 < caught.value.wait <= 86_400


def test_a_quota_is_exact_under_haste(keys: Keys, engine: sa.Engine) -> None:
    key, _ = keys.create(Grant("acme", "x", renders_per_day=20))
    refused: list[TooMany] = []

    def hurry() -> None:
        for _ in range(10):
            try:
                count(engine, key)
            except TooMany as error:
                refused.append(error)

    threads = [threading.Thread(target=hurry) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 20


@pytest.mark.parametrize(
    ("grant", "error"),
    [
        (Grant("", "x"), InvalidInput),
        (Grant("acme", ""), InvalidInput),
        (Grant("acme", "a\nb"), InvalidInput),
        (Grant("a" * 101, "x"), InvalidInput),
        (Grant("acme", "x", renders_per_day=0), OutOfRange),
        (Grant("acme", "x", requests_per_minute=-1), OutOfRange),
    ],
)
def test_odd_grants_are_refused(keys: Keys, grant: Grant, error: type[Exception]) -> None:
    with pytest.raises(error):
        keys.create(grant)
    assert not keys.any()


def test_scopes_are_named(keys: Keys) -> None:
    assert read_scopes(["metrics", "read"]) == ("read", "metrics")
    with pytest.raises(UnknownName, match="did you mean 'write'"):
        read_scopes(["wrte"])


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "192.168.1.4", "example.com"])
def test_beyond_this_machine_a_key_is_needed(keys: Keys, host: str) -> None:
    assert not is_loopback(host)
    with pytest.raises(InvalidInput, match="stillwave keys create"):
        require_keys(host, keys)
    keys.create(ACME)
    require_keys(host, keys)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_on_this_machine_alone_none_is(keys: Keys, host: str) -> None:
    assert is_loopback(host)
    assert not keys.any()
    require_keys(host, keys)
