"""Finds one plug-in per file: a folder of modules, each declaring one constant.

``golden_hour.py`` in the looks folder is the look ``golden-hour``. Names come from a folder
listing, so that asking for names imports nothing; a plug-in's module is imported when it is
asked for. Adding one is adding its file: there is no list to edit and no call to register.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Generic, TypeVar

from pipelines.errors import MissingExtra, UnknownName

T = TypeVar("T")


class Registry(Mapping[str, T], Generic[T]):
    """The plug-ins of one folder, by name, in alphabetical order.

    Args:
        package: dotted name of the folder, e.g. ``"pipelines.still.looks"``.
        constant: what each module declares, e.g. ``"LOOK"``.
        kind: the word used in errors, e.g. ``"look"``.
        extras: name of a plug-in → the extra that brings what it imports.
    """

    def __init__(
        self,
        package: str,
        constant: str,
        kind: str,
        *,
        extras: Mapping[str, str] | None = None,
    ) -> None:
        self._package = package
        self._constant = constant
        self._extras = extras or {}
        self.kind = kind

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Every plug-in's name, found without importing any."""
        folder = importlib.import_module(self._package)
        modules = (entry.name for entry in pkgutil.iter_modules(folder.__path__))
        return tuple(sorted(name.replace("_", "-") for name in modules if name[0] != "_"))

    def __getitem__(self, name: str) -> T:
        """Import and return one plug-in.

        Raises:
            UnknownName: no such file; names the nearest.
            MissingExtra: the file is there but what it imports is not installed.
        """
        if name not in self.names:
            raise UnknownName(self.kind, name, self.names)
        module = f"{self._package}.{name.replace('-', '_')}"
        try:
            plugin: T = getattr(importlib.import_module(module), self._constant)
        except ModuleNotFoundError as error:
            ours = (error.name or "").split(".")[0] == __name__.split(".")[0]
            if name in self._extras and not ours:
                raise MissingExtra(f"{self.kind} {name!r}", self._extras[name]) from error
            raise
        return plugin

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)
