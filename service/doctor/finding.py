"""What an examination finds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing looked at.

    Attributes:
        name: what.
        state: what was found.
        ok: whether everything that needs it works.
        fix: how to mend it.
    """

    name: str
    state: str
    ok: bool = True
    fix: str = ""
