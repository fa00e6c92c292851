"""The page in a real browser: the journeys of a clinician, by mouse and by keyboard."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader

from browser.looking import violations
from served import Served, serving

WIDTHS = (320, 390, 1280)
GIVEN_UP = ("htmx:afterRequest", "htmx:sendAbort")
"""What htmx tells where a newer answer is awaited instead; a failure has names of its own."""
EXAMPLES = Path(__file__).parents[2] / "examples"
SLOW = pytest.mark.slow


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving() as running:
        yield running


@pytest.fixture
def page(browser: Browser, served: Served) -> Iterator[Page]:
    """The start page; a message on the console or a request elsewhere fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text))
    page.on("pageerror", lambda error: told.append(str(error)))
    page.on(
        "request",
        lambda request: told.append(request.url) if not request.url.startswith(served.base) else 0,
    )
    page.goto(served.start)
    yield page
    page.wait_for_timeout(0)  # lets in what was told until now
    until_closed = [x for x in told if not x.startswith(GIVEN_UP)]
    context.close()  # an answer still awaited is cut off, and htmx complains of that
    assert until_closed == []


def ready(page: Page) -> None:
    """Wait until the case is there, and its script."""
    expect(page.locator("#case")).to_be_visible()
    page.wait_for_load_state("load")


def empty(page: Page) -> None:
    page.get_by_role("button", name="Start an empty case").click()
    ready(page)


def example(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).click()
    ready(page)


def test_from_an_example_to_a_report(page: Page) -> None:
    example(page, "Cord compression prostate")
    expect(page.locator("#assessed h3").first).to_contain_text("Signs of spinal cord compression")
    page.get_by_role("button", name="Present").click()
    expect(page.locator(".bm-form")).to_be_hidden()
    expect(page.locator("#plan")).to_be_visible()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="PDF").click()
    text = "".join(x.extract_text() for x in PdfReader(waiting.value.path()).pages)
    assert "Signs of spinal cord compression" in " ".join(text.split())


def test_from_an_empty_form_to_a_plan_as_one_types(page: Page) -> None:
    empty(page)
    page.locator("#f-p-age").fill("66")
    page.locator("#f-p-cancer").select_option("current")
    page.locator("#f-p-primary_site").select_option("prostate")
    page.locator("#f-p-bone_metastasis").select_option("confirmed")
    page.get_by_text("Nerves, legs, bladder and bowel").click()
    page.locator("#f-p-limb_weakness input[value=yes]").check()
    expect(page.locator("#assessed")).to_contain_text("Signs of spinal cord compression")
    expect(page.locator("#plan ~ h3").first).to_contain_text("Within the hour")
    assert page.locator("#f-p-age").input_value() == "66"


def test_on_a_phone_what_is_urgent_comes_first_and_follows_the_answers(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    empty(page)
    line = page.locator("#urgent a")
    expect(line).to_have_text("To the assessment, below the form")
    page.locator("#f-p-cancer").select_option("current")
    expect(line).to_have_text("To the assessment, below the form")
    page.get_by_text("Fever, bleeding, chest and vital signs").click()
    page.locator("#f-p-breathlessness").select_option("at_rest_or_sudden")
    expect(line).to_contain_text("Not ruled out (")
    page.get_by_text("Nerves, legs, bladder and bowel").click()
    page.locator("#f-p-limb_weakness input[value=yes]").check()
    expect(line).to_contain_text("Today: Signs of spinal cord compression")
    box = line.bounding_box()
    assert box is not None and box["y"] + box["height"] < 800
    page.evaluate("scrollTo(0, 0)")
    line.click()
    expect(page.locator("#action")).to_be_in_viewport()
    page.set_viewport_size({"width": 1280, "height": 800})
    expect(line).to_be_hidden()


def test_a_bundle_is_opened_and_one_of_its_facts_corrected(page: Page) -> None:
    page.locator("#file").set_input_files(EXAMPLES / "hypercalcaemia_breast.json")
    page.get_by_role("button", name="Open", exact=True).click()
    numbers = page.locator("section[aria-labelledby=numbers]")
    expect(numbers).to_contain_text("creatinine")
    page.get_by_text("Kidneys, blood and liver").click()
    field = page.locator(".bm-field", has=page.locator("#f-p-creatinine"))
    expect(field).to_contain_text("Record: ")
    page.locator("#f-p-creatinine").fill("4,2")
    page.get_by_label("Unit of creatinine", exact=True).select_option("mg/dL")
    expect(numbers).to_contain_text("371 µmol/L")


def test_a_lesion_is_placed_by_a_click_on_its_bone(page: Page) -> None:
    empty(page)
    page.locator("#f-p-cancer").select_option("current")
    page.locator('[data-site="femur_shaft"][data-side="left"]').click()
    expect(page.locator('select[name="new.laterality"]')).to_have_value("left")
    page.get_by_role("button", name="Add lesion").click()
    expect(page.locator("#f-l-0-lesion_site")).to_have_value("femur_shaft")
    lesions = page.locator("section[aria-labelledby=lesions]")
    expect(lesions).to_contain_text("Left shaft of the femur")


def test_a_lesion_is_placed_by_the_keyboard_alone(page: Page) -> None:
    empty(page)
    page.locator('select[name="new.lesion_site"]').focus()
    page.keyboard.type("lumbar")
    page.keyboard.press("Tab")
    page.keyboard.type("L2")
    page.get_by_role("button", name="Add lesion").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#f-l-0-vertebral_level")).to_have_value("l2")
    page.get_by_role("button", name="Remove").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#f-l-0-vertebral_level")).to_have_count(0)


def test_what_is_unknown_is_answered_and_the_plan_changes(page: Page) -> None:
    example(page, "Cord compression prostate")
    page.get_by_text("Patient", exact=True).click()
    plan = page.locator(".bm-plan")
    expect(plan).to_contain_text("Zoledronic acid against skeletal events (check first)")
    before = plan.inner_text()
    page.locator("#f-p-goals_of_care").select_option("comfort_only")
    expect(plan).to_contain_text("Comfort is the only goal")
    assert plan.inner_text() != before


def test_a_number_out_of_range_is_told_beside_its_field_and_not_taken(page: Page) -> None:
    empty(page)
    page.get_by_text("Calcium and its symptoms").click()
    page.locator("#f-p-total_calcium").fill("11.2")
    expect(page.locator(".nhsuk-error-summary")).to_contain_text("mg/dL")
    page.get_by_label("Unit of total calcium").select_option("mg/dL")
    expect(page.locator(".nhsuk-error-summary")).to_have_count(0)


def test_a_calculator_gives_a_range_and_a_link_with_its_inputs(page: Page, served: Served) -> None:
    page.get_by_role("link", name="Spinal Instability Neoplastic Score").click()
    page.wait_for_url("**/scores/sins")
    page.wait_for_load_state("load")
    page.locator("select").first.select_option("junctional")
    expect(page.locator("#result")).to_contain_text("SINS 3 to 18 of 18")
    page.get_by_role("link", name="Link with these values").click()
    expect(page.locator("#result")).to_contain_text("SINS 3 to 18 of 18")
    assert "spine_junction=junctional" in page.url


def test_the_leaflet_opens_for_the_patient(page: Page) -> None:
    example(page, "Cord compression prostate")
    with page.context.expect_page() as waiting:
        page.get_by_role("button", name="Patient's leaflet").click()
    leaflet = waiting.value
    expect(leaflet.get_by_role("heading", name="Call now")).to_be_visible()


def test_the_assessment_is_copied_as_text(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    example(page, "Cord compression prostate")
    page.get_by_role("button", name="Copy as text").click()
    expect(page.get_by_role("status").filter(has_text="Copied.")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "Signs of spinal cord compression" in copied
    assert "WHAT WE PROPOSE, IN ITS ORDER" in copied


VIEWS = (
    "start",
    "empty",
    "example",
    "present",
    "scores",
    "score",
    "leaflet",
    "guide",
    "chapter",
)
LONG = {"example": WIDTHS[0], "present": WIDTHS[2]}
QUICK = (WIDTHS[0], WIDTHS[2])


def view(page: Page, served: Served, name: str) -> Page:
    """Go to a view from the start page."""
    match name:
        case "empty":
            empty(page)
        case "example" | "present" | "leaflet":
            example(page, "Cord compression prostate")
            if name == "present":
                page.get_by_role("button", name="Present").click()
                expect(page.locator(".bm-case--present")).to_be_visible()
            if name == "leaflet":
                with page.context.expect_page() as waiting:
                    page.get_by_role("button", name="Patient's leaflet").click()
                waiting.value.wait_for_load_state()  # it is there before its style sheet is
                return waiting.value
        case "scores":
            page.goto(f"{served.base}/scores")
        case "guide":
            page.goto(f"{served.base}/guide?q=calcium")
        case "chapter":
            page.goto(f"{served.base}/guide/fracture")
        case "score":
            page.goto(f"{served.base}/scores/mirels?l.0.lesion_quality=lytic")
    return page


def seen() -> list[Any]:
    """Every view at the least and the largest width, the longest at one; more with `--all`."""
    return [
        pytest.param(
            name,
            width,
            marks=() if width in (QUICK if name not in LONG else (LONG[name],)) else SLOW,
        )
        for name in VIEWS
        for width in WIDTHS
    ]


@pytest.mark.parametrize(("name", "width"), seen())
def test_no_view_is_wider_than_its_window_and_axe_finds_nothing_serious(
    page: Page, served: Served, name: str, width: int, request: pytest.FixtureRequest
) -> None:
    """Colours are the same at every width: without `--all` contrast is looked at in the least.

    What "present" shows is a part of "example", where contrast is looked at.
    """
    contrast = width == WIDTHS[0] or request.config.getoption("--all")
    page.set_viewport_size({"width": width, "height": 800})
    shown = view(page, served, name)
    shown.set_viewport_size({"width": width, "height": 800})
    assert shown.evaluate("document.documentElement.scrollWidth") <= width
    found = violations(shown, contrast=contrast)
    assert [(x["id"], x["nodes"][0]["html"][:200]) for x in found] == []


def test_the_first_stops_of_the_tab_key_lead_past_the_head_to_the_case(page: Page) -> None:
    empty(page)
    stops: list[str] = []
    for _ in range(10):
        page.keyboard.press("Tab")
        stops.append(
            page.evaluate("document.activeElement.innerText || document.activeElement.name")
        )
    assert stops[0] == "Skip to the content"
    assert [x for x in stops if x in ("Present", "PDF", "Save the case")] != []


def test_without_script_the_form_still_works(browser: Browser, served: Served) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(served.start)
    empty(page)
    page.locator("#f-p-cancer").select_option("current")
    page.get_by_text("Nerves, legs, bladder and bowel").click()
    page.locator("#f-p-limb_weakness input[value=yes]").check()
    page.get_by_role("button", name="Update the assessment").click()
    expect(page.locator("#assessed")).to_contain_text(
        re.compile("Signs of spinal cord compression")
    )
    context.close()
