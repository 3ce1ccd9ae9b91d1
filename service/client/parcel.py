"""What travels with an order: the recipe, the still, and the files that the recipe names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipelines.source import decode
from service.client.connection import Parts
from service.jobs.recipe_files import SOURCE, laid_over, local_files
from service.prover import check_beside


def parcel(recipe: Mapping[str, Any], still: Path) -> tuple[dict[str, Any], Parts]:
    """Return the recipe as the service takes it, and the form's files.

    A file that the service keeps, ``source:ID``, is named again; one of this machine is sent.

    Args:
        recipe: a RenderSpec as JSON, perhaps with more keys.
        still: its file.

    Raises:
        InvalidSource, InvalidMask, InvalidDepth: a file cannot be read or used, or does not fit
            the still; said before anything is sent.
    """
    named = local_files(recipe)
    check_beside(named, decode(still).size)
    files = {SOURCE: still, **named}
    parts: Parts = [(role, (path.name, path.read_bytes())) for role, path in files.items()]
    return laid_over(recipe, dict.fromkeys(named)), parts
