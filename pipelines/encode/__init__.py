"""A loop becomes a file for a platform. The only room that imports libav."""

from pipelines.encode.artifact import encode_loop
from pipelines.encode.conform import judge
from pipelines.encode.formats import FORMATS
from pipelines.encode.metadata import embedded_text
from pipelines.encode.plan import OutputPlan, plan_output
from pipelines.encode.probe import MediaFacts, probe
from pipelines.encode.reframe import frame_still

__all__ = [
    "FORMATS",
    "MediaFacts",
    "OutputPlan",
    "embedded_text",
    "encode_loop",
    "frame_still",
    "judge",
    "plan_output",
    "probe",
]
