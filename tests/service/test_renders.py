"""The use cases, as every door calls them; nobody works here, so jobs stay queued."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from pipelines.errors import (
    InvalidInput,
    InvalidMask,
    InvalidRecipe,
    InvalidSource,
    OutOfRange,
    UnknownName,
)
from service.errors import Conflict, KeyReused, NotFound, OutOfService, TooMany
from service.jobs.nouns import LIVE, Page, Render
from service.renders import Renders, open_renders
from service.settings import Settings
from tests.service.jobs.conftest import recipe, still

Open = Callable[..., Renders]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """Opens the one service of a test, with other settings if need be."""
    found: list[Renders] = []

    def start(**settings: object) -> Renders:
        told = {"data_dir": tmp_path, "min_free_mb": 0} | settings
        found.append(open_renders(Settings.model_validate(told)))
        return found[-1]

    yield start
    for renders in found:
        renders.close()


@pytest.fixture
def renders(opened: Open) -> Renders:
    return opened()


@pytest.fixture
def source(renders: Renders) -> str:
    return renders.add_source("anna", still())


def test_an_accepted_render_is_remembered_as_it_was_asked_for(
    renders: Renders, source: str, opened: Open
) -> None:
    spec = recipe(look="winter", seed=7)
    made = renders.submit("anna", spec, source, priority=4, metadata={"model": "x"})

    assert (made.state, made.queue, made.attempts) == ("queued", "cpu", 0)
    assert made.recipe == spec.model_dump(mode="json")
    assert made.metadata == {"model": "x"}
    assert opened().get("anna", made.id) == made, "another process sees the same"
    assert [event.kind for event in renders.events("anna", made.id)] == ["queued"]
    assert renders.depths() == {("cpu", "queued"): 1}


def test_a_still_is_kept_by_its_content(renders: Renders) -> None:
    data = still()
    first = renders.add_source("anna", data)
    assert renders.add_source("anna", [data[:100], data[100:]]) == first
    assert renders.add_source("bert", data) == first
    assert renders.add_source("anna", still(1)) != first


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"<svg/>", b"\xff\xd8\xff" * 50])
def test_what_is_no_still_is_refused(renders: Renders, data: bytes) -> None:
    with pytest.raises(InvalidSource):
        renders.add_source("anna", data)


def test_what_was_sent_as_another_file_is_no_still_yet(renders: Renders, source: str) -> None:
    ramp = BytesIO()
    np.save(ramp, np.linspace(0, 1, 600, dtype=np.float32).reshape(20, 30))
    depth = renders.add_source("anna", ramp.getvalue(), "depth")

    with pytest.raises(NotFound, match=depth):
        renders.submit("anna", recipe(), depth)
    with pytest.raises(InvalidSource):
        renders.add_source("anna", ramp.getvalue())
    assert renders.add_source("anna", still(), "backdrop") == source
    assert renders.submit("anna", recipe(backdrop=f"source:{source}"), source).source_id == source


def test_reading_stops_when_a_still_is_too_large(renders: Renders) -> None:
    read = 0

    def endless() -> Iterator[bytes]:
        nonlocal read
        while True:
            read += 1
            yield bytes(1 << 20)

    with pytest.raises(InvalidSource):
        renders.add_source("anna", endless())
    assert read <= 65


def test_twenty_clients_with_one_key_get_one_render(renders: Renders, source: str) -> None:
    def ask(_: int) -> Render:
        return renders.submit("anna", recipe(), source, idempotency_key="k")

    with ThreadPoolExecutor(20) as clients:
        made = list(clients.map(ask, range(20)))

    assert len({render.id for render in made}) == 1
    assert len(renders.list("anna").items) == 1
    assert len(renders.events("anna", made[0].id)) == 1


def test_files_of_a_recipe_are_the_tenant_s_own(renders: Renders, source: str) -> None:
    mask = renders.add_source("bert", still(1), "mask")
    with pytest.raises(NotFound, match=mask):
        renders.submit("anna", recipe(mask=f"source:{mask}"), source)
    assert renders.add_source("anna", still(1), "mask") == mask
    made = renders.submit("anna", recipe(mask=f"source:{mask}"), source)
    assert made.recipe["mask"] == f"source:{mask}"
    with pytest.raises(InvalidMask):
        renders.add_source("anna", flat(0), "mask")


def flat(level: int) -> bytes:
    """A picture of one grey."""
    file = BytesIO()
    Pillow.new("L", (64, 48), level).save(file, "PNG")
    return file.getvalue()


def test_a_key_with_another_request_is_refused(renders: Renders, source: str) -> None:
    renders.submit("anna", recipe(), source, idempotency_key="k")
    with pytest.raises(KeyReused):
        renders.submit("anna", recipe(seed=1), source, idempotency_key="k")
    with pytest.raises(KeyReused):
        renders.explore(
            "anna", recipe(), source, looks=["winter"], cameras=["orbit"], idempotency_key="k"
        )
    renders.add_source("bert", still())
    renders.submit("bert", recipe(seed=1), source, idempotency_key="k")


def test_tenants_do_not_see_each_other(renders: Renders, source: str) -> None:
    made = renders.submit("anna", recipe(), source)
    calls: list[Callable[[str, str], object]] = [
        renders.get,
        renders.cancel,
        renders.delete,
        renders.events,
        lambda tenant, id: renders.artifact(tenant, id, "report.json"),
        lambda tenant, id: renders.promote(tenant, id, "01"),
    ]
    for call in calls:
        foreign = _refusal(lambda call=call: call("bert", made.id))  # type: ignore[misc]
        unknown = _refusal(lambda call=call: call("bert", "0" * 32))  # type: ignore[misc]
        assert foreign.replace(made.id, "0" * 32) == unknown
    assert renders.list("bert") == Page()
    with pytest.raises(NotFound):
        renders.submit("bert", recipe(), source)
    assert renders.get("anna", made.id) == made


def _refusal(call: Callable[[], object]) -> str:
    with pytest.raises(NotFound) as caught:
        call()
    return str(caught.value)


@pytest.mark.parametrize(
    "changes",
    [
        {"mask": "/etc/passwd"},
        {"depth": "/etc/passwd"},
        {"backdrop": "/etc/passwd"},
        {"motion": {"mask": "/etc/passwd"}},
        {"look": {"name": "winter", "reference": "/etc/passwd"}},
    ],
)
def test_a_recipe_cannot_name_files_of_the_machine(
    renders: Renders, source: str, changes: dict[str, object]
) -> None:
    with pytest.raises(InvalidRecipe, match="a service does not read"):
        renders.submit("anna", recipe(**changes), source)
    renders.submit("anna", recipe(backdrop="studio"), source)


def test_generative_engines_go_to_their_own_queue(renders: Renders, source: str) -> None:
    queues = [
        renders.submit("anna", recipe(**changes), source).queue
        for changes in (
            {"motion": {"engine": "svd"}},
            {"look": {"engine": "img2img"}},
            {"motion": {"engine": "parallax"}},
        )
    ]
    assert queues == ["gpu", "gpu", "cpu"]


def test_lists_are_walked_newest_first_without_gaps(renders: Renders, source: str) -> None:
    made = [renders.submit("anna", recipe(seed=seed), source).id for seed in range(5)]
    renders.cancel("anna", made[2])

    walked, cursor = [], None
    while True:
        page = renders.list("anna", cursor=cursor, limit=2)
        walked += [render.id for render in page.items]
        if (cursor := page.next_cursor) is None:
            break

    assert walked == sorted(made, reverse=True)
    assert [render.id for render in renders.list("anna", state="canceled").items] == [made[2]]
    with pytest.raises(OutOfRange):
        renders.list("anna", limit=101)
    with pytest.raises(InvalidInput, match="cursor"):
        renders.list("anna", cursor="' OR 1=1")


def test_a_full_queue_says_when_to_come_back(opened: Open) -> None:
    renders = opened(queue_limit=3, tenant_queue_limit=2)
    source = renders.add_source("anna", still())
    renders.add_source("bert", still())
    first = renders.submit("anna", recipe(), source)
    renders.submit("anna", recipe(), source)

    with pytest.raises(TooMany, match="your queue") as caught:
        renders.submit("anna", recipe(), source)
    assert caught.value.wait > 0
    renders.submit("bert", recipe(), source)
    renders.cancel("anna", first.id)
    renders.submit("bert", recipe(), source)
    with pytest.raises(TooMany, match="the queue"):
        renders.submit("anna", recipe(), source)


def test_a_full_disk_takes_neither_stills_nor_jobs(opened: Open) -> None:
    source = opened().add_source("anna", still())
    full = opened(min_free_mb=10**9)
    with pytest.raises(TooMany, match="disk"):
        full.add_source("anna", still())
    with pytest.raises(TooMany, match="disk"):
        full.submit("anna", recipe(), source)
    assert "nearly full" in full.ready()["disk"]


def test_cancelling_is_final_and_may_be_repeated(renders: Renders, source: str) -> None:
    made = renders.submit("anna", recipe(), source)
    first = renders.cancel("anna", made.id)
    assert first.state == "canceled"
    assert renders.cancel("anna", made.id) == first
    assert renders.depths() == {}


def test_a_deleted_render_is_gone_and_its_key_is_free(renders: Renders, source: str) -> None:
    made = renders.submit("anna", recipe(), source, idempotency_key="k")
    renders.delete("anna", made.id)
    with pytest.raises(NotFound):
        renders.get("anna", made.id)
    assert renders.submit("anna", recipe(seed=5), source, idempotency_key="k").state in LIVE


def test_an_exploration_is_checked_before_it_is_accepted(renders: Renders, source: str) -> None:
    with pytest.raises(UnknownName):
        renders.explore("anna", recipe(), source, looks=["wintr"], cameras=["orbit"])
    with pytest.raises(OutOfRange):
        renders.explore("anna", recipe(), source, looks=["winter"], cameras=[])
    with pytest.raises(OutOfRange):
        renders.explore(
            "anna", recipe(), source, looks=["winter"], cameras=["orbit"], seeds=range(65)
        )
    made = renders.explore("anna", recipe(seed=3), source, looks=["winter"], cameras=["orbit"])
    assert made.options == {"looks": ["winter"], "cameras": ["orbit"], "seeds": [3]}
    assert renders.list("anna") == Page()
    assert renders.list("anna", kind="exploration").items == (made,)
    with pytest.raises(Conflict):
        renders.promote("anna", made.id, "01")


def test_what_is_missing_is_said(renders: Renders) -> None:
    ready = renders.ready()
    assert [name for name, state in ready.items() if state == "ok"] == [
        "database",
        "storage",
        "disk",
    ]
    assert "no worker" in ready["workers"]


def test_a_database_that_does_not_answer_is_out_of_service(tmp_path: Path) -> None:
    settings = Settings.model_validate(
        {"data_dir": tmp_path, "database_url": "postgresql://nobody@127.0.0.1:1/none"}
    )
    with pytest.raises(OutOfService, match="database"):
        open_renders(settings)
