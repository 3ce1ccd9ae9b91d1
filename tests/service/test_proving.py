"""Files are read in children; whatever a file does to one, it is refused and the next is read."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from pipelines.errors import InvalidSource
from pipelines.source import decode
from service import proving
from service.proving import Prover
from tests.service.jobs.conftest import still


@pytest.fixture
def prover() -> Iterator[Prover]:
    prover = Prover()
    yield prover
    prover.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "good").write_bytes(still())
    (tmp_path / "cut").write_bytes(still()[:5000])
    return tmp_path


def children() -> list[psutil.Process]:
    return [
        child
        for child in psutil.Process().children()
        if proving.MODULE in child.cmdline() and child.status() != psutil.STATUS_ZOMBIE
    ]


def test_the_sentence_is_the_reader_s(prover: Prover, folder: Path) -> None:
    prover.prove(folder, {"source": "good"})
    with pytest.raises(InvalidSource) as told:
        prover.prove(folder, {"source": "cut"})
    with pytest.raises(InvalidSource) as said:
        decode((folder / "cut").read_bytes())
    assert str(told.value) == str(said.value)


def test_a_child_that_dies_refuses_its_file_and_is_replaced(prover: Prover, folder: Path) -> None:
    prover.prove(folder, {"source": "good"})
    (child,) = children()
    child.suspend()
    threading.Timer(0.3, child.kill).start()

    with pytest.raises(InvalidSource, match="breaks the program that reads it"):
        prover.prove(folder, {"source": "good"})
    prover.prove(folder, {"source": "good"})
    assert [other.pid for other in children()] != [child.pid]


def test_one_that_takes_too_long_is_ended(
    prover: Prover, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prover.prove(folder, {"source": "good"})
    (child,) = children()
    child.suspend()
    monkeypatch.setattr(proving, "PATIENCE_SECONDS", 0.2)

    with pytest.raises(InvalidSource, match="breaks the program that reads it"):
        prover.prove(folder, {"source": "good"})
    assert children() == []


def test_nobody_stays_behind(folder: Path) -> None:
    prover = Prover()
    prover.warm()
    assert len(children()) == proving.CHILDREN
    prover.close()
    assert children() == []
