"""The recipe inside an artifact."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipelines.errors import InvalidRecipe
from pipelines.report import embed, read_embedded

HERE = Path("loop.mp4")


def test_what_is_embedded_is_read_back() -> None:
    text = embed({"look": "winter", "seed": 3}, "ab" * 32, Path("stills/cup é.jpg"))
    found = read_embedded(text, HERE)
    assert found.spec == {"look": "winter", "seed": 3}
    assert found.sha256 == "ab" * 32
    assert found.file == "stills/cup é.jpg"
    assert "\n" not in text


def test_folders_of_the_machine_are_not_published() -> None:
    text = embed({}, "ab" * 32, Path("/home/someone/client/cup.jpg"))
    assert "someone" not in text
    assert read_embedded(text, HERE).file == "cup.jpg"


def test_bytes_have_no_file() -> None:
    assert read_embedded(embed({}, "ab" * 32, None), HERE).file is None


@pytest.mark.parametrize("text", [None, "", "{", "[]", "{}", '{"stillwave": 1}', "shot on a phone"])
def test_a_file_without_a_recipe_is_said_so(text: str | None) -> None:
    with pytest.raises(InvalidRecipe, match="carries no recipe"):
        read_embedded(text, HERE)


def test_a_newer_recipe_is_refused() -> None:
    document = json.loads(embed({}, "ab" * 32, None)) | {"stillwave": 99}
    with pytest.raises(InvalidRecipe, match="version 99"):
        read_embedded(json.dumps(document), HERE)
