from __future__ import annotations

import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path

import pytest
import torch

from pipelines.models.weights import PICKLES, is_refused, objection
from tests.pipelines.models.folder_of_weights import tensors


def test_real_safetensors_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(tensors(0))
    assert objection(path) is None
    assert not is_refused(path)


@pytest.mark.parametrize("legacy", [True, False], ids=["plain pickle", "zip"])
@pytest.mark.parametrize("name", ["model.bin", "model.pt", "model.ckpt", "model.safetensors"])
def test_what_torch_save_writes_is_a_pickle_under_any_name(
    tmp_path: Path, name: str, legacy: bool
) -> None:
    path = tmp_path / name
    state = OrderedDict(weight=torch.zeros(3))
    torch.save(state, path, _use_new_zipfile_serialization=not legacy)
    assert zipfile.is_zipfile(path) is not legacy
    assert "is a pickle" in str(objection(path))


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_a_bare_pickle_in_disguise_is_seen(tmp_path: Path, protocol: int) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(pickle.dumps({"weight": [1.0]}, protocol))
    assert "is a pickle" in str(objection(path))


@pytest.mark.parametrize("suffix", sorted(PICKLES))
def test_the_name_alone_is_enough(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"model{suffix.upper()}"
    path.touch()
    assert is_refused(path)
    assert objection(path) is not None


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-1],
        lambda data: data + b"\0",
        lambda data: data[: len(data) // 50],
        lambda data: b"",
        lambda data: b"\xff" * 8 + data[8:],
        lambda data: data[:8] + b"[" + data[9:],
    ],
    ids=["short", "long", "half a header", "empty", "huge header", "no JSON"],
)
def test_a_broken_file_is_not_whole(tmp_path: Path, damage: object) -> None:
    path = tmp_path / "model.safetensors"
    assert callable(damage)
    path.write_bytes(damage(tensors(0)))
    assert "not a whole safetensors file" in str(objection(path))


def test_code_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "pipeline.py"
    path.write_text("print('hello')")
    assert "program code" in str(objection(path))
    assert is_refused(path)
