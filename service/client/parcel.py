"""What travels with an order: the recipe as it is, and the still."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipelines.source import decode
from service.client.connection import Parts


def parcel(recipe: Mapping[str, Any], still: Path) -> tuple[dict[str, Any], Parts]:
    """Return the recipe as the service takes it, and the form's file: the still.

    Another file of this machine that the recipe names, a mask say, is the service's to refuse.

    Args:
        recipe: a RenderSpec as JSON, perhaps with more keys.
        still: its file.

    Raises:
        InvalidSource: the still cannot be read or used; said before anything is sent.
    """
    decode(still)
    return dict(recipe), [("source", (still.name, still.read_bytes()))]
