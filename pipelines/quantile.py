"""One order statistic, quickly."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def quantile(values: NDArray[np.floating[Any]], share: float) -> float:
    """Return the value below which a share of an array lies, by linear interpolation.

    The default of `numpy.quantile` (Hyndman and Fan 1996, "Sample quantiles in statistical
    packages", definition 7), which takes a tenth of a millisecond a call to tell its cases apart,
    and imports masked arrays the first time.

    Args:
        values: any shape, not empty, without NaN.
        share: 0..1; 0.5 is the median.

    Raises:
        IndexError: ``values`` is empty.

    >>> quantile(np.array([3.0, 1.0, 2.0, 4.0]), 0.5)
    2.5
    """
    flat = values.ravel()
    place = share * (flat.size - 1)
    low = int(place)
    high = min(low + 1, flat.size - 1)
    ordered = np.partition(flat, (low, high))
    first, second = float(ordered[low]), float(ordered[high])
    return first + (place - low) * (second - first)
