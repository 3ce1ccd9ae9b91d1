"""What was frozen comes out as it went in, and nothing else comes out."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from pathlib import Path

import numpy as np
import pytest

from pipelines.context import Context
from pipelines.describe import examine
from pipelines.media import Artifact, Check, Clip, Seam
from pipelines.prepare import dress, find_scene
from pipelines.render import show
from service.jobs.freeze import freeze, thaw
from tests.service.jobs.conftest import recipe, still


def assert_same(one: object, other: object) -> None:
    """Equal to the last bit, arrays and all."""
    assert type(one) is type(other)
    if isinstance(one, np.ndarray):
        assert isinstance(other, np.ndarray)
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)
    elif is_dataclass(one):
        for field in fields(one):
            if field.name != "render":
                assert_same(getattr(one, field.name), getattr(other, field.name))
    elif isinstance(one, tuple):
        assert isinstance(other, tuple)
        for mine, theirs in zip(one, other, strict=True):
            assert_same(mine, theirs)
    else:
        assert one == other


def test_the_nouns_of_a_job_come_back(context: Context, tmp_path: Path) -> None:
    spec = recipe(look="winter", protect="subject,text")
    scene = find_scene(spec, still(), context)
    dressed = dress(scene, spec, context)
    examined = examine(spec, scene, show(spec, dressed, "web-loop", context), context)
    check = Check("duration", "1 s", "2 s", True, "https://example.com", "2026-11-24")
    artifact = Artifact(
        "gif", Path("gif.gif"), 2, 3, 12.0, 6, 0.5, 99, Seam(1.0, 0.1), 0.5, (check,)
    )
    nouns = (scene, dressed, examined, artifact)

    freeze(nouns, tmp_path / "kept.npz")

    assert_same(nouns, thaw(tmp_path / "kept.npz"))


def test_a_clip_comes_back_with_its_frames(context: Context, tmp_path: Path) -> None:
    spec = recipe()
    dressed = dress(find_scene(spec, still(), context), spec, context)
    clip = show(spec, dressed, "web-loop", context).loop.clip

    freeze(clip, tmp_path / "kept.npz")
    back = thaw(tmp_path / "kept.npz")

    assert isinstance(back, Clip)
    assert_same(clip, back)
    np.testing.assert_array_equal(back.stack(), clip.stack())


def test_what_a_look_on_paper_shows_comes_back_without_its_paper(
    context: Context, tmp_path: Path
) -> None:
    spec = recipe(look="watercolor")
    dressed = dress(find_scene(spec, still(), context), spec, context)
    assert dressed.paper is not None
    showing = show(spec, dressed, "instagram-reel", context)

    freeze(showing, tmp_path / "kept.npz")
    back = thaw(tmp_path / "kept.npz")

    assert back.framed.paper is None
    np.testing.assert_array_equal(back.framed.pixels, showing.framed.pixels)


def test_nothing_but_nouns_comes_out(tmp_path: Path) -> None:
    document = json.dumps({"class": "Popen", "map": {"args": "true"}})
    np.savez(tmp_path / "a.npz", document=np.array(document))
    with pytest.raises(ValueError, match="Popen"):
        thaw(tmp_path / "a.npz")

    np.savez(tmp_path / "b.npz", document=np.array([object()]), allow_pickle=True)
    with pytest.raises(ValueError, match="pickle"):
        thaw(tmp_path / "b.npz")
