"""Measures of loops and pictures. They return numbers and decide nothing."""

from pipelines.quality.fidelity import (
    colour_difference,
    colour_drift,
    structural_similarity,
    text_similarity,
)
from pipelines.quality.motion import flow_between, flow_percent_per_second, mean_flow, shrink
from pipelines.quality.seam import measure_seam, seam_kink, seam_ratio

__all__ = [
    "colour_difference",
    "colour_drift",
    "flow_between",
    "flow_percent_per_second",
    "mean_flow",
    "measure_seam",
    "seam_kink",
    "seam_ratio",
    "shrink",
    "structural_similarity",
    "text_similarity",
]
