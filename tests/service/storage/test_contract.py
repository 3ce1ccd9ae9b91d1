"""What every store promises, kept by a folder and by a bucket alike."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from service.storage.bucket import BucketStorage
from service.storage.folder import FolderStorage
from service.storage.store import PIECE, Storage, fetch
from tests.service.storage.bucket_server import Server, bucket

pytestmark = pytest.mark.xdist_group("bucket")

DATA = bytes(range(256)) * 4096
LARGE = 24 << 20


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with bucket() as running:
        yield running


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    """An empty store."""
    if request.param == "folder":
        return FolderStorage(tmp_path / "store")
    server: Server = request.getfixturevalue("server")
    return BucketStorage(f"{server.url}/{tmp_path.name}", links=True)


def read(store: Storage, key: str, start: int = 0, end: int | None = None) -> bytes:
    return b"".join(store.read(key, start, end))


def test_bytes_come_back_under_the_name_of_their_content(store: Storage, tmp_path: Path) -> None:
    blob = store.put([DATA[:1000], DATA[1000:]])

    assert blob.key == hashlib.sha256(DATA).hexdigest()
    assert blob.size == len(DATA) > 2 * PIECE
    assert read(store, blob.key) == DATA
    assert fetch(store, blob.key, tmp_path / "copy").read_bytes() == DATA


@pytest.mark.parametrize(
    ("start", "end"),
    [(10, 2 * PIECE + 5), (len(DATA) - 3, None), (0, 1), (5, 10 * len(DATA)), (7, 7)],
)
def test_a_part_is_that_part(store: Storage, start: int, end: int | None) -> None:
    assert read(store, store.put([DATA]).key, start, end) == DATA[start:end]


def test_nothing_is_a_blob_too(store: Storage) -> None:
    blob = store.put([])
    assert (blob.size, read(store, blob.key)) == (0, b"")


def test_the_same_bytes_are_kept_once_and_renewed(store: Storage) -> None:
    def renewed() -> float:
        (kept,) = store.listing()
        assert (kept.key, kept.size) == (blob.key, blob.size)
        return time.time() - kept.age

    blob = store.put([DATA])
    first = renewed()
    time.sleep(1.2)
    assert abs(renewed() - first) < 0.5
    assert store.put([DATA]) == blob
    assert renewed() > first + 0.9, "buckets count whole seconds"


def test_a_file_is_consumed_and_is_new_however_old_it_was(store: Storage, tmp_path: Path) -> None:
    made = tmp_path / "made.mp4"
    made.write_bytes(DATA)
    os.utime(made, (1, 1))

    blob = store.put_file(made)

    assert not made.exists()
    assert read(store, blob.key) == DATA
    (kept,) = store.listing()
    assert kept.age < 60


@pytest.mark.parametrize("key", ["../../etc/passwd", "", "A" * 64, "0" * 63, "0" * 64])
def test_a_key_that_is_none_of_ours_finds_nothing(store: Storage, key: str) -> None:
    with pytest.raises(KeyError):
        store.read(key)
    with pytest.raises(KeyError):
        store.path(key)


def test_what_is_deleted_is_gone_and_may_be_deleted_again(store: Storage) -> None:
    keys = [store.put([text]).key for text in (b"one", b"two", b"three")]
    for _ in range(2):
        store.delete(keys[1])

    with pytest.raises(KeyError):
        store.read(keys[1])
    assert {kept.key for kept in store.listing()} == {keys[0], keys[2]}


def test_a_writer_that_breaks_off_leaves_nothing(store: Storage) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"half"
        raise ValueError("the client is gone")

    with pytest.raises(ValueError, match="gone"):
        store.put(pieces())
    assert list(store.listing()) == []


def test_who_puts_the_same_at_the_same_moment_finds_it_whole(store: Storage) -> None:
    with ThreadPoolExecutor(8) as crowd:
        blobs = set(crowd.map(lambda _: store.put([DATA[:5000], DATA[5000:]]), range(24)))

    (blob,) = blobs
    assert read(store, blob.key) == DATA
    assert [kept.key for kept in store.listing()] == [blob.key]


def test_a_large_one_is_whole(store: Storage, tmp_path: Path) -> None:
    data = os.urandom(LARGE)
    (tmp_path / "large").write_bytes(data)
    keys = {store.put([data]).key, store.put_file(tmp_path / "large").key}

    assert keys == {hashlib.sha256(data).hexdigest()}
    assert read(store, keys.pop()) == data


def test_a_check_leaves_no_blob(store: Storage) -> None:
    store.check()
    assert list(store.listing()) == []
