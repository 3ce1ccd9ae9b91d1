"""The report, provenance, and the recipe inside every artifact."""

from pipelines.report.build import Delivery, Findings, Showing, build_report
from pipelines.report.contact_sheet import draw_sheet
from pipelines.report.exploration import DraftReport, ExplorationReport, ExploredSource, Tile
from pipelines.report.fidelity import measure_fidelity, subject_fidelity
from pipelines.report.model import FidelityReport, RenderReport, TextReport, report_schema
from pipelines.report.player import write_player
from pipelines.report.recipe import EmbeddedRecipe, embed, read_embedded

__all__ = [
    "Delivery",
    "DraftReport",
    "EmbeddedRecipe",
    "ExplorationReport",
    "ExploredSource",
    "FidelityReport",
    "Findings",
    "RenderReport",
    "Showing",
    "TextReport",
    "Tile",
    "build_report",
    "draw_sheet",
    "embed",
    "measure_fidelity",
    "read_embedded",
    "report_schema",
    "subject_fidelity",
    "write_player",
]
