"""Stillwave's media library: one product still in; a short, seamless, social-ready loop out.

>>> from pipelines import RenderSpec
>>> RenderSpec(look="winter", camera="orbit=6").look.name
'winter'

The public names are imported when they are first used, so that importing one room stays quick.
"""

import sys
from types import ModuleType
from typing import TYPE_CHECKING

from pipelines.lazily import lazily

if TYPE_CHECKING:
    from pipelines.context import Context
    from pipelines.errors import StillwaveError
    from pipelines.explore import explore
    from pipelines.recall import promote, remake
    from pipelines.render import render
    from pipelines.report import RenderReport
    from pipelines.spec import RenderSpec, load_recipe, parse_spec

_HOMES = {
    "Context": "context",
    "RenderReport": "report",
    "RenderSpec": "spec",
    "StillwaveError": "errors",
    "explore": "explore",
    "load_recipe": "spec",
    "parse_spec": "spec",
    "promote": "recall",
    "remake": "recall",
    "render": "render",
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


__getattr__ = lazily(__name__, _HOMES)


class _Package(ModuleType):
    """Keeps `render` and `explore` functions: importing their modules would rebind the names."""

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _HOMES and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
