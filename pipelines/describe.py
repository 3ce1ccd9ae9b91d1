"""What a finished job says about itself: what was read, measured and worth knowing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipelines import report
from pipelines.context import Context
from pipelines.media import Delivery, Showing, Still
from pipelines.models import as_brought, known_models
from pipelines.motion.choice import PARALLAX
from pipelines.prepare import Scene
from pipelines.protect import TextBox, find_text
from pipelines.source import inspect
from pipelines.spec import RenderSpec


@dataclass(frozen=True, eq=False)
class Examination:
    """What can be said before a file is written: advice, texts, and what became of them."""

    advice: tuple[str, ...]
    text: tuple[str, ...]
    fidelity: report.FidelityReport


def examine(spec: RenderSpec, scene: Scene, showing: Showing, context: Context) -> Examination:
    """Look at the source and at what the first format shows; may run beside the encoder."""
    context = context.aside()
    with context.stage("report"):
        texts = read_text(spec, scene, context)
        return Examination(
            inspect(scene.source, scene.subject, texts).advice,
            tuple(box.text for box in texts),
            report.measure_fidelity(spec.protect, texts, showing, context),
        )


def describe(
    spec: RenderSpec,
    scene: Scene,
    still: Still,
    deliveries: Sequence[Delivery],
    examined: Examination,
    context: Context,
) -> report.RenderReport:
    """Write everything down."""
    context.step("report", 0)
    findings = report.Findings(
        source_file=scene.source.file,
        advice=examined.advice,
        text=examined.text,
        fidelity=examined.fidelity,
        warnings=tuple(notes(spec, scene, deliveries)),
    )
    recipe = spec.model_dump(mode="json")
    store = context.models_dir
    models = [as_brought(model, store) for model in known_models(store)]
    return report.build_report(
        recipe, scene.source, still, deliveries, findings, context.timings, models
    )


def read_text(spec: RenderSpec, scene: Scene, context: Context) -> tuple[TextBox, ...]:
    """Read the source's text when it is protected; reading takes longer than rendering."""
    if "text" not in spec.protect:
        return ()
    return find_text(scene.source.pixels, context, scene.source.sha256)


def notes(spec: RenderSpec, scene: Scene, deliveries: Sequence[Delivery]) -> Iterator[str]:
    """Say where the result is not what the recipe seems to ask for."""
    height, width = scene.pixels.shape[:2]
    if spec.quality == "final" and (width, height) != scene.source.size:
        yield (
            f"The still was worked on at {width} × {height} pixels, since no format shows more, "
            "and enlarged again for still.png."
        )
    if deliveries[0].showing.loop.clip.engine == PARALLAX:
        for key in spec.motion.given:
            if key != "mask":
                yield f"The engine {PARALLAX} does not read {key}; generative engines do."
    for delivery in deliveries:
        made = delivery.artifact
        if spec.fps is not None and abs(made.fps - spec.fps) > 0.01:
            yield f"{made.format} plays {made.fps:g} frames per second, not {spec.fps:g}."
