"""Stillwave's media library: one product still in; a short, seamless, social-ready loop out.

>>> from pipelines import RenderSpec
>>> RenderSpec(look="winter", camera="orbit=6").look.name
'winter'

The public names are imported when they are first used, so that importing one room stays quick.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipelines.context import Context
    from pipelines.errors import StillwaveError
    from pipelines.explore import explore
    from pipelines.recall import promote, remake
    from pipelines.render import render
    from pipelines.report import RenderReport
    from pipelines.spec import RenderSpec, load_recipe, parse_spec

_HOMES = {
    "Context": "pipelines.context",
    "RenderReport": "pipelines.report",
    "RenderSpec": "pipelines.spec",
    "StillwaveError": "pipelines.errors",
    "explore": "pipelines.explore",
    "load_recipe": "pipelines.spec",
    "parse_spec": "pipelines.spec",
    "promote": "pipelines.recall",
    "remake": "pipelines.recall",
    "render": "pipelines.render",
}

__all__ = [
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
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'pipelines' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


class _Package(ModuleType):
    """Keeps `render` and `explore` functions: importing their modules would rebind the names."""

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _HOMES and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
