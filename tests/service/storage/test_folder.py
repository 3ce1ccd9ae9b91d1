"""What a folder does beyond the contract: no litter, and words for a disk that refuses."""

from __future__ import annotations

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


def test_a_writer_that_breaks_off_leaves_no_file(tmp_path: Path) -> None:
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
