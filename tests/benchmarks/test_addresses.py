"""Every address of the table is refused by the application itself, with its place."""

from __future__ import annotations

from benchmarks.faults.addresses import table, tried


def test_no_address_that_leads_inside_is_fetched() -> None:
    found = tried()

    assert len(found) > 80
    for each in found:
        assert (each.status, each.type, each.place) == (422, "/problems/fetch-refused", "/url"), (
            each
        )
        assert "1.1.1.1" not in each.detail, "what a name means is not told"
    assert f"{len(found)} refused" in table(found).title
