"""Where the product is, by the best witness there is."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pipelines.arrays import Mask
from pipelines.cache import Arrays, cached
from pipelines.context import Context
from pipelines.errors import MissingModel
from pipelines.media import MaskOrigin, Source, Subject
from pipelines.models import locate
from pipelines.protect import u2netp
from pipelines.protect.contrast import contrast_saliency
from pipelines.protect.mask_file import read_mask
from pipelines.protect.matte import clean, enlarge, refine

METHOD = "matte/1"
"""Part of every cache key: change it whenever a mask would come out otherwise."""

WITHOUT_WEIGHTS = (
    "the subject was found by contrast and GrabCut, a stand-in for the u2netp network: "
    "for a better mask run: stillwave models pull u2netp"
)
NOTHING_FOUND = (
    "no subject stands out in the still: the whole picture moves as one; "
    "to choose one give a mask with --mask"
)


def find_subject(source: Source, context: Context, mask_file: Path | None = None) -> Subject:
    """Return the subject's matte at the still's full size.

    A mask file wins over the alpha channel, that over the u2netp network, that over GrabCut.
    What the last two find is kept by the source's hash.

    Raises:
        InvalidMask: the mask file cannot be used.
        MissingCapability: the network's weights are there but damaged.
    """
    if mask_file is not None:
        return Subject(read_mask(mask_file, source.size), "file")
    if source.alpha is not None:
        return Subject(source.alpha, "alpha")
    origin: MaskOrigin = "u2netp" if _has_weights(context) else "grabcut"
    warnings = (WITHOUT_WEIGHTS,) if origin == "grabcut" else ()
    key = ("subject", METHOD, origin, source.sha256)
    matte = cached(context.cache_dir, key, lambda: _matte(source, context, origin))["matte"]
    if not matte.any():
        nothing = np.zeros(source.pixels.shape[:2], np.float32)
        return Subject(nothing, "none", (*warnings, NOTHING_FOUND))
    return Subject(enlarge(matte, source.size), origin, warnings)


def _matte(source: Source, context: Context, origin: MaskOrigin) -> Arrays:
    coarse = clean(_saliency(source, context, origin))
    if not coarse.any():
        return {"matte": np.zeros((1, 1), np.uint8)}
    return {"matte": refine(source.pixels, coarse)}


def _saliency(source: Source, context: Context, origin: MaskOrigin) -> Mask:
    if origin == "u2netp":
        return u2netp.saliency(source.pixels, context)
    return contrast_saliency(source.pixels)


def _has_weights(context: Context) -> bool:
    try:
        locate(u2netp.NAME, context.models_dir)
    except MissingModel:
        return False
    return True
