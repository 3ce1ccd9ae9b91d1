"""The page: complete, and held by its own policy."""

from __future__ import annotations

import re

import httpx2
import pytest

pytestmark = pytest.mark.xdist_group("service-api")


def test_the_page_and_all_it_names_are_there(http: httpx2.Client) -> None:
    page = http.get("/")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    named = re.findall(r'(?:src|href)="(/[^"]+)"', page.text)
    assert set(named) == {"/page.css", "/page.js"}
    types = {http.get(path).headers["content-type"].partition(";")[0] for path in named}
    assert types == {"text/css", "text/javascript"}


def test_nothing_in_it_needs_what_its_policy_forbids(http: httpx2.Client) -> None:
    page = http.get("/")
    policy = page.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "script-src 'self'" in policy
    assert not re.search(r"<style|<script(?![^>]*\bsrc=)| on\w+=|style=|javascript:", page.text)
    script = http.get("/page.js").text
    assert not re.search(r"innerHTML|eval\(|insertAdjacentHTML|document\.write|\.style\b", script)


def test_every_element_that_the_script_asks_for_is_in_the_page(http: httpx2.Client) -> None:
    asked = set(re.findall(r'byId\("(\w+)"\)', http.get("/page.js").text))
    there = set(re.findall(r'\bid="(\w+)"', http.get("/").text))
    assert asked
    assert asked <= there


def test_every_route_that_the_script_asks_for_is_there(http: httpx2.Client) -> None:
    asked = set(re.findall(r'"(/v1/[a-z]+)', http.get("/page.js").text))
    assert asked
    assert asked <= set(http.get("/openapi.json").json()["paths"])
