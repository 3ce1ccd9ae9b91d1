"""Puts a report together from the nouns of a job."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipelines.media import Clip, Delivery, Source, Still
from pipelines.models import Model
from pipelines.report.model import (
    ArtifactReport,
    CameraReport,
    FidelityReport,
    FramingReport,
    GenerationReport,
    LoopReport,
    ModelReport,
    MotionReport,
    RenderReport,
    SourceReport,
)
from pipelines.report.provenance import provenance


@dataclass(frozen=True, eq=False)
class Findings:
    """What else was learned on the way.

    Attributes:
        source_file: the source's path as given, if it had one.
        advice: what would make a better loop.
        text: texts read in the still.
        fidelity: what became of what is protected.
        warnings: sentences from the top of the journey.
    """

    source_file: Path | None = None
    advice: tuple[str, ...] = ()
    text: tuple[str, ...] = ()
    fidelity: FidelityReport = field(default_factory=FidelityReport)
    warnings: tuple[str, ...] = ()


def build_report(
    recipe: Mapping[str, Any],
    source: Source,
    still: Still,
    deliveries: Sequence[Delivery],
    findings: Findings,
    timings: Mapping[str, float],
    models: Iterable[Model],
) -> RenderReport:
    """Return the report of a finished job; the first delivery gives camera, loop and motion.

    Args:
        recipe: the RenderSpec as JSON gives it.
        source: what came in.
        still: what stage one made of it.
        deliveries: at least one, in the order asked for.
        findings: what else was learned.
        timings: seconds by stage.
        models: what is known of weights; those that took part are listed.
    """
    first = deliveries[0]
    seam, clip = first.artifact.seam, first.showing.loop.clip
    return RenderReport(
        recipe=dict(recipe),
        engine=clip.engine,
        seed=recipe["seed"],
        warnings=tuple(dict.fromkeys(_warnings(source, still, deliveries, findings))),
        timings={stage: round(seconds, 4) for stage, seconds in timings.items()},
        models=tuple(_used(models, still, clip)),
        source=_source(source, still, findings),
        camera=CameraReport.of(clip.camera, first.artifact.frames),
        loop=LoopReport(mode=first.showing.loop.mode, ratio=seam.ratio, kink=seam.kink),
        motion=MotionReport(
            mean_flow_percent_per_second=first.artifact.mean_flow_percent_per_second
        ),
        fidelity=findings.fidelity,
        generation=GenerationReport(
            still={"engine": still.engine, **still.details}, motion=dict(clip.details)
        ),
        artifacts=tuple(
            ArtifactReport.of(delivery.artifact, _framing(delivery)) for delivery in deliveries
        ),
        provenance=provenance(source.sha256),
    )


def _source(source: Source, still: Still, findings: Findings) -> SourceReport:
    width, height = source.size
    return SourceReport(
        width=width,
        height=height,
        sha256=source.sha256,
        file=None if findings.source_file is None else str(findings.source_file),
        format=source.format,
        mask=still.subject.origin,
        depth=still.depth.origin,
        advice=findings.advice,
        text=findings.text,
    )


def _framing(delivery: Delivery) -> FramingReport:
    (width, height), window = delivery.showing.framed.size, delivery.showing.framing
    return FramingReport(
        left=window.left / width,
        top=window.top / height,
        width=window.width / width,
        height=window.height / height,
        mode=window.mode,
        note=window.note,
    )


def _warnings(
    source: Source, still: Still, deliveries: Iterable[Delivery], findings: Findings
) -> Iterator[str]:
    yield from source.warnings
    yield from still.subject.warnings
    yield from still.depth.warnings
    yield from still.warnings
    yield from findings.warnings
    for delivery in deliveries:
        name = delivery.artifact.format
        yield from (f"{name}: {warning}" for warning in delivery.showing.loop.clip.warnings)
        for check in delivery.artifact.conformance:
            if not check.ok:
                yield f"{name}: {check.rule} is {check.value}, the platform takes {check.limit}."


def _used(models: Iterable[Model], still: Still, clip: Clip) -> Iterator[ModelReport]:
    used = {still.subject.origin, still.depth.origin, *still.models, *clip.models}
    for model in models:
        if model.name in used:
            yield ModelReport(
                name=model.name,
                purpose=model.purpose,
                revision=model.revision,
                sha256=model.sha256,
                licence=model.licence,
                commercial=model.commercial,
            )
