"""A cohort in a real browser: from a number to a patient, on a telephone too."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, expect

from bonemets.cohort.look import Look
from browser.looking import violations
from served import Served, serving
from small_cohort import small_cohort


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(Look(small_cohort(tmp_path_factory.mktemp("cohort")))) as running:
        yield running


@pytest.mark.parametrize("width", [320, pytest.param(1280, marks=pytest.mark.slow)])
def test_from_a_number_to_a_patient(browser: Browser, served: Served, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900})
    page, told = context.new_page(), list[str]()
    page.on("console", lambda message: told.append(message.text))
    page.goto(served.start)

    def looked() -> None:
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        found = [(x["id"], x["nodes"][0]["html"][:200]) for x in violations(page)]
        assert found == []

    def follow(link: Locator) -> None:
        with page.expect_navigation():  # else the page that is left may be looked at
            link.click()

    follow(page.get_by_role("link", name="The cohort of"))
    looked()
    follow(page.locator(".bm-count a").first)
    expect(page.get_by_role("link", name="The definition and its sources")).to_be_visible()
    looked()
    follow(page.get_by_role("link", name="The definition and its sources"))
    looked()
    follow(page.get_by_role("link", name="Worklist"))
    page.get_by_label("Order").select_option("name")
    follow(page.get_by_role("button", name="Show"))
    looked()
    follow(page.locator(".bm-waiting h2 a").first)
    expect(page.get_by_text("Read again from the source")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()
    assert told == []
