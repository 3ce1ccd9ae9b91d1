"""The recipe inside an artifact: enough to make the same file again from the same still."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.errors import InvalidRecipe

RECIPE_VERSION = 1
"""Value of the ``stillwave`` key that marks our text in a file's metadata."""


@dataclass(frozen=True)
class EmbeddedRecipe:
    """What an artifact remembers.

    Attributes:
        spec: the RenderSpec as JSON gives it.
        sha256: of the source's bytes.
        file: the source's path as given when that was relative, its bare name otherwise (an
            artifact is published, and folder names are nobody's business); None when the still
            came as bytes.
    """

    spec: Mapping[str, Any]
    sha256: str
    file: str | None


def embed(spec: Mapping[str, Any], sha256: str, file: Path | None) -> str:
    """Return the text to put into an artifact: one line of canonical JSON."""
    shown = None if file is None else file.name if file.is_absolute() else file.as_posix()
    document = {
        "stillwave": RECIPE_VERSION,
        "recipe": dict(spec),
        "source": {"sha256": sha256, "file": shown},
    }
    return json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def read_embedded(text: str | None, path: Path) -> EmbeddedRecipe:
    """Read what :func:`embed` wrote.

    Args:
        text: the artifact's metadata text, None when it has none.
        path: the artifact, for the error.

    Raises:
        InvalidRecipe: no recipe in there, or one of a newer program.
    """
    try:
        document = json.loads(text or "")
        version, source = document["stillwave"], document["source"]
        found = EmbeddedRecipe(document["recipe"], source["sha256"], source["file"])
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidRecipe(
            f"{path} carries no recipe",
            actual=str(path),
            allowed="a file that stillwave made",
            fix="give the untouched artifact; platforms and editors strip such notes",
        ) from error
    if version != RECIPE_VERSION:
        raise InvalidRecipe(
            f"{path} carries a recipe of version {version}",
            actual=version,
            allowed=f"version {RECIPE_VERSION}",
            fix="use the version of stillwave that made it",
        )
    return found
