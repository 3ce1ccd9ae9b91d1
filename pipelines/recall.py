"""From an artifact back to its recipe: promote a draft, repeat a render."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from pipelines.context import Context
from pipelines.encode import embedded_text
from pipelines.errors import InvalidRecipe, InvalidSource
from pipelines.render import render
from pipelines.report import EmbeddedRecipe, RenderReport, read_embedded
from pipelines.spec import RenderSpec, parse_spec

SIDECARS = ("explore.json", "report.json")
"""Files beside an artifact that remember the source's full path."""


def recall(artifact: Path) -> tuple[RenderSpec, EmbeddedRecipe]:
    """Read the recipe that an artifact carries.

    Raises:
        InvalidRecipe: it cannot be read or carries none.
    """
    try:
        text = embedded_text(artifact)
    except OSError as error:
        raise InvalidRecipe(
            f"{artifact} cannot be read ({error.strerror})",
            actual=str(artifact),
            fix="give the path of a file that stillwave made",
        ) from error
    found = read_embedded(text, artifact)
    return parse_spec(found.spec), found


def promote(
    draft: Path,
    out: Path,
    context: Context,
    *,
    source: Path | None = None,
    changes: Mapping[str, object] | None = None,
) -> RenderReport:
    """Render the final of a draft: the same recipe, path and framing at full quality.

    Args:
        draft: any artifact of ours.
        out: as for :func:`pipelines.render.render`.
        context: the job.
        source: the still; None looks for it, see :func:`find_source`.
        changes: part of a recipe that wins over the draft's.

    Raises:
        StillwaveError: as `render`; InvalidRecipe and InvalidSource when the recipe or the still
            is not found.
    """
    spec, found = recall(draft)
    final = spec.revised({"quality": "final", **(changes or {})})
    return render(final, find_source(found, draft, source), out, context)


def remake(
    artifact: Path, out: Path, context: Context, *, source: Path | None = None
) -> RenderReport:
    """Repeat the recipe of an artifact; the arguments are those of :func:`promote`."""
    spec, found = recall(artifact)
    return render(spec, find_source(found, artifact, source), out, context)


def find_source(recipe: EmbeddedRecipe, artifact: Path, given: Path | None = None) -> Path:
    """Return the still a recipe was made from; its bytes must have the recipe's hash.

    Looks at ``given`` alone when there is one; else at the path in the recipe, then at the one
    remembered beside the artifact, then for a file of that name in the artifact's folders.

    Raises:
        InvalidSource: not found, or another file.
    """
    for path in [given] if given else _candidates(recipe, artifact):
        if path.is_file() and _sha256(path) == recipe.sha256:
            return path
    wrong = given is not None and given.is_file()
    name = given or recipe.file or "the still"
    raise InvalidSource(
        f"{name} is not the still {artifact} was made from" if wrong else f"{name} is not found",
        actual=str(name),
        allowed=f"the file whose sha256 is {recipe.sha256}",
        fix="give its path with --source",
    )


def _candidates(recipe: EmbeddedRecipe, artifact: Path) -> Iterator[Path]:
    if recipe.file is not None:
        yield Path(recipe.file)
    for sidecar in SIDECARS:
        yield from _remembered(artifact.parent / sidecar)
    if recipe.file is not None:
        for folder in artifact.absolute().parents[:3]:
            yield folder / Path(recipe.file).name


def _remembered(sidecar: Path) -> Iterator[Path]:
    try:
        file = json.loads(sidecar.read_text(encoding="utf-8"))["source"]["file"]
    except (OSError, ValueError, KeyError, TypeError):
        return  # no such file, or not ours
    if file is not None:
        yield Path(file)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
