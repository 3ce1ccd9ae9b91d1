"""A loop becomes a file for a platform. The only room that writes with libav.

The names are imported when they are first used: who asks for the formats alone loads no codec.
"""

from typing import TYPE_CHECKING

from pipelines.lazily import lazily

if TYPE_CHECKING:
    from pipelines.encode.artifact import encode_loop
    from pipelines.encode.conform import judge
    from pipelines.encode.formats import FORMATS
    from pipelines.encode.metadata import embedded_text
    from pipelines.encode.plan import OutputPlan, plan_output
    from pipelines.encode.probe import MediaFacts
    from pipelines.encode.reframe import frame_still

_HOMES = {
    "FORMATS": "formats",
    "MediaFacts": "probe",
    "OutputPlan": "plan",
    "embedded_text": "metadata",
    "encode_loop": "artifact",
    "frame_still": "reframe",
    "judge": "conform",
    "plan_output": "plan",
}

__all__ = [
    "FORMATS",
    "MediaFacts",
    "OutputPlan",
    "embedded_text",
    "encode_loop",
    "frame_still",
    "judge",
    "plan_output",
]

__getattr__ = lazily(__name__, _HOMES)
