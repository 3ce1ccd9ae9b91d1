"""The report, provenance, and the recipe inside every artifact."""

from pipelines.report.build import Delivery, Findings, build_report
from pipelines.report.fidelity import subject_fidelity
from pipelines.report.model import FidelityReport, RenderReport, TextReport, report_schema
from pipelines.report.recipe import EmbeddedRecipe, embed, read_embedded

__all__ = [
    "Delivery",
    "EmbeddedRecipe",
    "FidelityReport",
    "Findings",
    "RenderReport",
    "TextReport",
    "build_report",
    "embed",
    "read_embedded",
    "report_schema",
    "subject_fidelity",
]
