"""The few shapes that the reference pages are made of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

NOTICE = "<!-- Written by `make docs`. Change the code it describes, not this page. -->"


def page(title: str, *parts: str) -> str:
    """Join parts into a page."""
    return "\n\n".join((NOTICE, f"# {title}", *parts)) + "\n"


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    r"""Lay rows out under their columns; a column that holds nothing is left out.

    >>> print(table(("a", "b"), [("1", "x|y")]))
    | a | b |
    |---|---|
    | 1 | x\|y |
    """
    filled = list(rows)
    kept = [index for index in range(len(columns)) if any(row[index] for row in filled)]
    lines = [[cells[index] for index in kept] for cells in (columns, *filled)]
    head, *body = map(_row, lines)
    return "\n".join((head, "|" + "---|" * len(kept), *body))


def code(text: str) -> str:
    """Set a word in code type."""
    return f"`{text}`"


def prose(docstring: str | None) -> str:
    """Turn a docstring into one line of Markdown."""
    text = " ".join((docstring or "").split())
    return re.sub(r"``(.+?)``|:\w+:`~?(.+?)`", lambda found: f"`{found[1] or found[2]}`", text)


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
