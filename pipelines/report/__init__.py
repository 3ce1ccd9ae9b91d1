"""The report, provenance, and the recipe inside every artifact."""

from typing import TYPE_CHECKING

from pipelines.lazily import lazily

if TYPE_CHECKING:
    from pipelines.report.build import Findings, build_report
    from pipelines.report.contact_sheet import draw_sheet
    from pipelines.report.exploration import DraftReport, ExplorationReport, ExploredSource, Tile
    from pipelines.report.fidelity import measure_fidelity, subject_fidelity
    from pipelines.report.model import FidelityReport, RenderReport, TextReport, report_schema
    from pipelines.report.player import write_player
    from pipelines.report.recipe import EmbeddedRecipe, embed, read_embedded

_HOMES = {
    "DraftReport": "exploration",
    "EmbeddedRecipe": "recipe",
    "ExplorationReport": "exploration",
    "ExploredSource": "exploration",
    "FidelityReport": "model",
    "Findings": "build",
    "RenderReport": "model",
    "TextReport": "model",
    "Tile": "exploration",
    "build_report": "build",
    "draw_sheet": "contact_sheet",
    "embed": "recipe",
    "measure_fidelity": "fidelity",
    "read_embedded": "recipe",
    "report_schema": "model",
    "subject_fidelity": "fidelity",
    "write_player": "player",
}

__all__ = [
    "DraftReport",
    "EmbeddedRecipe",
    "ExplorationReport",
    "ExploredSource",
    "FidelityReport",
    "Findings",
    "RenderReport",
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

__getattr__ = lazily(__name__, _HOMES)
