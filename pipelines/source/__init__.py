"""The first stage: a file somebody uploaded → an upright sRGB picture, and advice about it."""

from pipelines.source.alpha import STUDIO_TONE
from pipelines.source.decode import FORMAT_WORDS, SUFFIXES, decode
from pipelines.source.figures import Figures
from pipelines.source.inspection import FormatSize, Inspection, fillable, inspect
from pipelines.source.limits import MAX_BYTES, MAX_PIXELS, MAX_SIDE, MIN_SIDE

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
