"""Packages whose public names are imported when they are first used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module


def lazily(package: str, homes: Mapping[str, str]) -> Callable[[str], object]:
    """Return the ``__getattr__`` of a package (PEP 562) that finds each name in its home.

    Args:
        package: dotted name.
        homes: public name → module of the package that holds it.

    >>> find = lazily("pipelines.camera", {"build_path": "path"})
    >>> find("build_path").__module__
    'pipelines.camera.path'
    """

    def find(name: str) -> object:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(f"{package}.{homes[name]}"), name)

    return find
