"""The first stage: a file somebody uploaded → an upright sRGB picture, and advice about it.

The names are imported when they are first used: who asks for the limits alone decodes nothing.
"""

from typing import TYPE_CHECKING

from pipelines.lazily import lazily

if TYPE_CHECKING:
    from pipelines.source.alpha import STUDIO_TONE
    from pipelines.source.decoding import decode
    from pipelines.source.figures import Figures
    from pipelines.source.inspection import FormatSize, Inspection, fillable, inspect
    from pipelines.source.limits import MAX_BYTES, MAX_PIXELS, MAX_SIDE, MIN_SIDE
    from pipelines.source.opening import FORMAT_WORDS, SUFFIXES

_HOMES = {
    "FORMAT_WORDS": "opening",
    "Figures": "figures",
    "FormatSize": "inspection",
    "Inspection": "inspection",
    "MAX_BYTES": "limits",
    "MAX_PIXELS": "limits",
    "MAX_SIDE": "limits",
    "MIN_SIDE": "limits",
    "STUDIO_TONE": "alpha",
    "SUFFIXES": "opening",
    "decode": "decoding",
    "fillable": "inspection",
    "inspect": "inspection",
}

__all__ = [
    "FORMAT_WORDS",
    "MAX_BYTES",
    "MAX_PIXELS",
    "MAX_SIDE",
    "MIN_SIDE",
    "STUDIO_TONE",
    "SUFFIXES",
    "Figures",
    "FormatSize",
    "Inspection",
    "decode",
    "fillable",
    "inspect",
]

__getattr__ = lazily(__name__, _HOMES)
