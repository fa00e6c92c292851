"""What a screen reader reads: headings in their order, a name for everything, what is announced."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

import pytest
from playwright.sync_api import Browser, Page, expect

from served import Served, serving

NAMED = {
    *("button", "combobox", "checkbox", "heading", "img", "link"),
    *("navigation", "radio", "region", "searchbox", "textbox"),
}
"""Roles that say nothing without a name."""
LINE = re.compile(r"\s*- '?(?P<role>[a-z]+)(?: \"(?P<name>(?:[^\"\\]|\\.)*)\")?(?P<more>[^\"]*)")
LEVEL = re.compile(r"\[level=(\d)\]")
SETTLED = 3000
"""What the page lets go by, in ms, before it tells what was exchanged (`page.js`)."""


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving() as running:
        yield running


@pytest.fixture
def page(browser: Browser, served: Served) -> Iterator[Page]:
    context = browser.new_context()
    page = context.new_page()
    page.goto(served.start)
    yield page
    context.close()


def go(page: Page, view: str) -> Page:
    """Go to a view from the start page, everything folded opened."""
    if view == "empty":
        page.get_by_role("button", name="Start an empty case").click()
    elif view != "start":
        page.get_by_role("button", name="Cord compression prostate").click()
        page.wait_for_load_state("load")
    if view == "present":
        page.get_by_role("button", name="Present").click()
        page.locator(".bm-case--present").wait_for()
    if view == "leaflet":
        with page.context.expect_page() as waiting:
            page.get_by_role("button", name="Patient's leaflet").click()
        page = waiting.value
    page.wait_for_load_state("load")
    page.evaluate("for (const x of document.querySelectorAll('details')) x.open = true")
    return page


def read(page: Page) -> list[tuple[str, str, str]]:
    """Everything with a role, from top to bottom: role, name, and the rest of it."""
    lines = page.locator("body").aria_snapshot().splitlines()
    found = [LINE.match(x) for x in lines if not x.strip().startswith("- /url")]
    return [(x["role"], x["name"] or "", x["more"]) for x in found if x]


@pytest.mark.parametrize("view", ["start", "empty", "present", "leaflet"])
def test_headings_come_in_their_order_and_everything_has_a_name(page: Page, view: str) -> None:
    said = read(go(page, view))
    heads = [LEVEL.search(more) for role, _, more in said if role == "heading"]
    levels = [int(x[1]) for x in heads if x]
    assert levels.count(1) == 1 and levels[0] == 1
    assert all(b <= a + 1 for a, b in pairwise(levels)), levels
    assert len(said) > 20
    nameless = [
        (role, more)
        for role, name, more in said
        if role in NAMED and not name.strip() and not more.strip(" :")
    ]
    assert nameless == []
    shown = page.context.pages[-1]
    for whole, its in (("fieldset", "legend"), ("details", "summary")):
        assert shown.locator(f"{whole}:not(:has(> {its}))").count() == 0


def test_present_reads_what_needs_action_first_and_says_what_a_link_is(page: Page) -> None:
    said = read(go(page, "present"))
    heads = [name for role, name, _ in said if role == "heading"]
    assert heads[1].startswith("What needs action")
    assert heads[2].startswith("Immediate action required: ")
    assert heads.index("Plan, in its order") < heads.index("Options") < heads.index("Evidence")
    assert not [x for x in heads if "[" in x]  # no citation within a heading
    links = {name for role, name, _ in said if role == "link"}
    assert not [x for x in links if re.fullmatch(r"\d+[a-z]*", x)]  # "1ab" says nothing
    assert any(x.startswith("source ") for x in links)
    lists = [name for role, name, _ in said if role == "list" and name]
    assert lists[0] == "At once"


def test_the_leaflet_reads_whom_to_call_before_anything_else(page: Page) -> None:
    shown = go(page, "leaflet")
    assert shown.locator("html").get_attribute("lang") == "en-GB"
    said = read(shown)
    heads = [name for role, name, _ in said if role == "heading"]
    assert heads[1:3] == ["Call now", "Signs that must not wait"]
    drawings = [name for role, name, _ in said if role == "img"]
    assert drawings and all(re.match(r"Think of 100 .* (about )?\d+ .*\.$", x) for x in drawings)


@contextmanager
def exchange(page: Page) -> Iterator[None]:
    """Wait until a part was exchanged, and pass over the time that the page lets go by then.

    The clock of the page has to be installed; it goes on by itself.
    """
    page.evaluate(
        """() => {
            const root = document.documentElement;
            root.removeAttribute("data-exchanged");
            const swapped = () => root.setAttribute("data-exchanged", "");
            document.addEventListener("htmx:afterSwap", swapped, {once: true});
        }"""
    )
    yield
    page.locator("html[data-exchanged]").wait_for()
    page.clock.fast_forward(SETTLED)


def test_a_change_of_the_assessment_and_a_fault_are_announced(page: Page) -> None:
    page.clock.install()
    go(page, "empty")
    updated = page.locator("#updated")
    expect(updated).to_have_attribute("role", "status")
    expect(updated).to_be_empty()
    with exchange(page):
        page.locator("#f-p-cancer").select_option("current")
    expect(updated).to_contain_text("Updated. No alert is certain")
    with exchange(page):
        page.locator("#f-p-limb_weakness input[value=yes]").check()
    expect(updated).to_contain_text("Signs of spinal cord compression")
    with exchange(page):
        page.locator("#f-p-total_calcium").fill("11.2")
    expect(updated).to_contain_text("Not taken, until it is mended: Total calcium")
    expect(updated).to_contain_text("mg/dL")
    field = page.locator("#f-p-total_calcium")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description(re.compile(r"^in mmol/L or mg/dL: .*mg/dL"))
    with exchange(page):
        field.fill("2.8")
    expect(updated).to_contain_text("Updated. What needs action")
    expect(field).not_to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description(re.compile(r"stands behind it\.$"))
    with exchange(page):
        page.locator("#f-p-age").fill("70")
    expect(updated).to_have_text("Updated. The same stands on top.")


def test_a_calculator_tells_its_result_in_one_sentence(page: Page, served: Served) -> None:
    """Not each piece of its table, in any order, as a part that is live itself would be told."""
    page.clock.install()
    page.goto(f"{served.base}/scores/sins")
    assert page.locator("#result").get_attribute("aria-live") is None
    with exchange(page):
        page.get_by_label("Lytic or blastic").select_option("lytic")
    updated = page.locator("#updated")
    expect(updated).to_contain_text("Updated. SINS 2 to 18 of 18")
    expect(updated).to_contain_text("Missing: ")
