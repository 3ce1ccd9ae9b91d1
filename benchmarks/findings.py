"""What a question found: tables, and the promises it judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """Rows under a title; ``note`` says what the reader must know to read them."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""

    def markdown(self) -> str:
        """Return the table as Markdown."""
        lines = [f"### {self.title}", ""]
        lines += [_line(self.header), _line(["---"] * len(self.header))]
        lines += [_line(row) for row in self.rows]
        return "\n".join([*lines, *(["", self.note] if self.note else [])])


@dataclass(frozen=True)
class Promise:
    """Something the program must reach, and whether it did.

    Attributes:
        what: in words.
        limit: the largest value allowed.
        value: what was measured, in the same unit.
        unit: of both.
    """

    what: str
    limit: float
    value: float
    unit: str = ""

    @property
    def kept(self) -> bool:
        """Whether the value lies within the limit."""
        return self.value <= self.limit

    @property
    def row(self) -> tuple[str, str, str, str]:
        """Its cells in the table of promises."""
        verdict = "kept" if self.kept else "**missed**"
        return self.what, f"≤ {self.limit:g}{self.unit}", f"{self.value:.3g}{self.unit}", verdict


@dataclass(frozen=True)
class Findings:
    """The answer to one question."""

    tables: Sequence[Table]
    promises: Sequence[Promise] = ()


def promises_table(promises: Sequence[Promise]) -> Table:
    """Return all promises, kept and missed."""
    return Table(
        "Promises", ("what", "promised", "measured", "verdict"), [each.row for each in promises]
    )


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
