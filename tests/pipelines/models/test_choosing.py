"""Which weights are taken where none are named, and why none are."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from pipelines.errors import MissingCapability, MissingModel
from pipelines.machine import LicencePolicy
from pipelines.models import Model, add_folder, choose_default, pull, whole_models
from tests.pipelines.models.folder_of_weights import lay_out, svd_files, tensors

FEW = "animatelcm-svd-xt"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return lay_out(tmp_path / "mine", svd_files())


def choose(store: Path, policy: LicencePolicy = "any") -> Model:
    return choose_default("svd", store, policy, preferred=("svd-xt", "svd"), advised="svd-xt")


def add(name: str, source: Path, store: Path, licence: str = "unknown") -> Path:
    return add_folder(name, source, store, kind="svd", licence=licence)


def bring(name: str, source: Path, store: Path) -> Path:
    return pull(name, store, source, lambda *_: None)


def test_what_is_preferred_comes_first_then_the_table_then_ones_own(
    source: Path, store: Path
) -> None:
    add("aaa", source, store)
    assert choose(store).name == "aaa"
    bring("svd-xt-1.1", source, store)
    assert choose(store).name == "svd-xt-1.1"
    for name in ("svd", "svd-xt"):
        bring(name, source, store)
        assert choose(store).name == name


def test_what_the_policy_refuses_is_passed_over(source: Path, store: Path) -> None:
    add("first", source, store)
    with pytest.raises(MissingCapability, match="'first' is not known to allow commercial use"):
        choose(store, "commercial")
    add("second", source, store, licence="Apache-2.0")
    assert choose(store).name == "first"
    assert choose(store, "commercial").name == "second"


def test_what_is_damaged_is_passed_over_and_else_named(source: Path, store: Path) -> None:
    kept = bring("svd-xt", source, store)
    (kept / "unet" / "late.bin").write_bytes(pickle.dumps(1))
    with pytest.raises(MissingCapability, match=r"late\.bin is a pickle"):
        choose(store)
    add("mine", source, store)
    assert choose(store).name == "mine"


def test_a_part_without_its_base_is_passed_over_and_else_its_base_named(
    tmp_path: Path, source: Path, store: Path
) -> None:
    file = tmp_path / "AnimateLCM-SVD-xt.safetensors"
    file.write_bytes(tensors(3))
    pull(FEW, store, file, lambda *_: None)
    with pytest.raises(MissingModel, match="stillwave models pull svd-xt"):
        choose(store)
    add("mine", source, store)
    assert choose(store).name == "mine"
    bring("svd-xt", source, store)
    assert [model.name for model in whole_models("svd", store)] == ["svd-xt", FEW, "mine"]


def test_an_empty_store_names_the_one_to_bring(store: Path) -> None:
    with pytest.raises(MissingModel, match="stillwave models pull svd-xt"):
        choose(store)
