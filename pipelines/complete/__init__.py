"""Completes a picture behind what stands in front of it, from the visible side only."""

from pipelines.complete.fill import complete
from pipelines.complete.membrane import nearest_known

__all__ = ["complete", "nearest_known"]
