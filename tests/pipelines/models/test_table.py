from __future__ import annotations

import re
from fnmatch import fnmatch
from pathlib import PurePath
from typing import get_args

import pytest

from pipelines.errors import UnknownName
from pipelines.models import MODELS, Kind, Model, Package, Repository, find_model


def test_names_and_files_are_unique() -> None:
    assert len({model.name for model in MODELS}) == len(MODELS)
    files = [model.file for model in MODELS if model.file]
    assert len(set(files)) == len(files)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_every_model_says_where_it_is_from_and_under_which_licence(model: Model) -> None:
    assert find_model(model.name) is model
    assert model.origin.startswith("https://")
    assert model.terms.url
    assert model.licence_note


def test_what_the_registry_carries_is_pinned_by_version_and_digest() -> None:
    packaged = [model for model in MODELS if isinstance(model.source, Package)]
    assert packaged
    for model in packaged:
        assert isinstance(model.source, Package)
        assert re.fullmatch(r"[0-9a-f]{64}", model.sha256 or "")
        assert re.fullmatch(r"\d+\.\d+\.\d+", model.source.version)


def test_what_the_hub_carries_is_pinned_by_commit_or_says_so() -> None:
    moving = {model.name for model in MODELS if not model.pinned}
    assert moving == {"animatelcm-svd-xt", "animatelcm-svd-xt-1.1"}
    for model in MODELS:
        if isinstance(model.source, Repository):
            assert re.fullmatch(r"[\w.-]+/[\w.-]+", model.source.name)
            assert all(re.fullmatch(r"[0-9a-f]{64}", x) for x in model.source.digests.values())
            assert all(_is_named(path, model.source) for path in model.source.digests)


def _is_named(path: str, source: Repository) -> bool:
    return any(fnmatch(path, pattern) for pattern in source.files)


def test_only_safetensors_networks_and_plain_text_are_ever_fetched() -> None:
    for model in MODELS:
        if isinstance(model.source, Repository):
            suffixes = {PurePath(pattern).suffix for pattern in model.source.files}
            folders = {pattern for pattern in model.source.files if pattern.endswith("/*")}
            assert suffixes <= {".safetensors", ".json", ".onnx", ""}
            assert all(pattern.startswith("tokenizer") for pattern in folders)


@pytest.mark.parametrize("kind", get_args(Kind))
def test_there_is_a_model_of_every_kind(kind: str) -> None:
    assert any(model.kind == kind for model in MODELS)


def test_every_model_that_is_a_folder_says_its_memory_and_mode() -> None:
    for model in MODELS:
        assert model.memory is not None
        steps = (model.memory.full, model.memory.model_offload, model.memory.sequential_offload)
        given = [step for step in steps if step is not None]
        assert given == sorted(given, reverse=True)


def test_a_base_is_a_model_of_the_same_kind() -> None:
    based = [model for model in MODELS if model.base]
    assert based
    for model in based:
        assert find_model(model.base or "").kind == model.kind


def test_commercial_use_with_strings_attached_says_which() -> None:
    for model in MODELS:
        if model.commercial != "yes":
            assert model.terms.condition.endswith(".")


def test_an_unknown_model_names_the_nearest() -> None:
    with pytest.raises(UnknownName, match="did you mean 'u2netp'"):
        find_model("u2net")
