"""Reads the hand-written pages: their command lines, code blocks, links and headings."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
README = ROOT / "README.md"
PAGES = (README, *sorted(DOCS.rglob("*.md")), ROOT / "CHANGELOG.md", ROOT / "samples/README.md")


def blocks(page: Path, language: str) -> list[str]:
    """Return the page's code blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text("utf-8"), re.M | re.S)


def commands(page: Path) -> list[list[str]]:
    """Return the command lines in the page's shell blocks that start with the program's name."""
    lines = "".join(blocks(page, "sh")).splitlines()
    return [shlex.split(line, comments=True) for line in lines if line.startswith("stillwave ")]


def links(page: Path) -> list[str]:
    """Return what the page links to or shows, but for addresses on the web."""
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.M | re.S)
    found = re.findall(r"\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"", text)
    targets = [first or second for first, second in found]
    return [target for target in targets if "://" not in target]


def anchors(page: Path) -> set[str]:
    """Return the page's headings as GitHub names them in an address."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
