"""What other programs may import, and nothing else by accident."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType

import pipelines

PUBLIC = (
    "Context",
    "RenderReport",
    "RenderSpec",
    "StillwaveError",
    "explore",
    "load_recipe",
    "parse_spec",
    "promote",
    "remake",
    "render",
)
"""Removing or renaming one of these breaks somebody's program: say so in the changelog."""


def test_the_public_names_are_the_committed_ones() -> None:
    assert tuple(pipelines.__all__) == PUBLIC


def test_each_is_what_it_says_in_whatever_order_they_are_imported() -> None:
    for name in (*PUBLIC, *reversed(PUBLIC)):
        value = getattr(pipelines, name)
        assert callable(value), name
        assert not isinstance(value, ModuleType), name
        assert value.__name__ == name


def test_importing_the_package_imports_none_of_them() -> None:
    code = "import sys, pipelines; print(*(n for n in sys.modules if n.startswith('pipelines.')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["pipelines.lazily"]
