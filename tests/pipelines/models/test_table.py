from __future__ import annotations

import re

import pytest

from pipelines.errors import UnknownName
from pipelines.models import MODELS, Model, find_model


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
    packaged = [model for model in MODELS if model.package]
    assert packaged
    for model in packaged:
        assert model.package is not None
        assert re.fullmatch(r"[0-9a-f]{64}", model.sha256 or "")
        assert re.fullmatch(r"\d+\.\d+\.\d+", model.package.version)


def test_an_unknown_model_names_the_nearest() -> None:
    with pytest.raises(UnknownName, match="did you mean 'u2netp'"):
        find_model("u2net")
