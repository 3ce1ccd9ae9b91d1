"""A folder keeps blobs whole, by their content, and says when it cannot."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.files import PARTIAL
from service.errors import OutOfService
from service.storage.folder import STALE_SECONDS, FolderStorage
from service.storage.store import PIECE, fetch

DATA = bytes(range(256)) * 4096


def test_bytes_come_back_under_the_name_of_their_content(tmp_path: Path) -> None:
    store = FolderStorage(tmp_path)
    blob = store.put([DATA[:1000], DATA[1000:]])

    assert blob.key == hashlib.sha256(DATA).hexdigest()
    assert blob.size == len(DATA) > 2 * PIECE
    assert b"".join(store.read(blob.key)) == DATA
    assert b"".join(store.read(blob.key, 10, 2 * PIECE + 5)) == DATA[10 : 2 * PIECE + 5]
    assert b"".join(store.read(blob.key, len(DATA) - 3)) == DATA[-3:]
    assert fetch(store, blob.key, tmp_path / "copy").read_bytes() == DATA


def test_the_same_bytes_are_kept_once_and_renewed(tmp_path: Path) -> None:
    store = FolderStorage(tmp_path)
    blob = store.put([DATA])
    os.utime(store.path(blob.key), (1, 1))

    assert store.put([DATA]) == blob
    (kept,) = store.listing()
    assert (kept.key, kept.size) == (blob.key, blob.size)
    assert kept.age < 60


def test_a_file_is_consumed(tmp_path: Path) -> None:
    store = FolderStorage(tmp_path / "store")
    made = tmp_path / "made.mp4"
    made.write_bytes(DATA)

    blob = store.put_file(made)

    assert not made.exists()
    assert store.path(blob.key).read_bytes() == DATA


@pytest.mark.parametrize("key", ["../../etc/passwd", "", "A" * 64, "0" * 63, "0" * 64])
def test_a_key_that_is_none_of_ours_finds_nothing(tmp_path: Path, key: str) -> None:
    with pytest.raises(KeyError):
        FolderStorage(tmp_path).read(key)


def test_a_writer_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"half"
        raise ValueError("the client is gone")

    store = FolderStorage(tmp_path)
    with pytest.raises(ValueError, match="gone"):
        store.put(pieces())
    assert list(tmp_path.rglob("*")) == []


def test_what_a_dead_writer_left_is_swept_when_it_is_old(tmp_path: Path) -> None:
    store = FolderStorage(tmp_path)
    old, young = (tmp_path / f".{name}{PARTIAL}" for name in ("old", "young"))
    for path in (old, young):
        path.touch()
    then = time.time() - STALE_SECONDS - 1
    os.utime(old, (then, then))

    assert list(store.listing()) == []
    assert [old.exists(), young.exists()] == [False, True]


def test_a_full_disk_is_a_refusal_and_leaves_nothing(tmp_path: Path) -> None:
    """The system lets a process write 1000 bytes to a file and no more."""
    program = f"""
import resource, signal
from pathlib import Path
from service.errors import OutOfService
from service.storage.folder import FolderStorage
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
store = FolderStorage(Path({str(tmp_path)!r}))
try:
    store.put([bytes(5000)])
except OutOfService as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert "does not take" in done.stdout
    assert list(tmp_path.rglob("*")) == []


def test_a_store_that_is_gone_refuses(tmp_path: Path) -> None:
    store = FolderStorage(tmp_path / "store")
    store.check()
    (tmp_path / "store").rmdir()
    (tmp_path / "store").touch()

    with pytest.raises(OutOfService):
        store.put([b"x"])
    with pytest.raises(OutOfService):
        store.check()
