"""The report in a real browser: whole without a network or a script, accessible, at every width."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

import bonemets
from bonemets.renderers.html import render

ROOT = Path(__file__).parents[2]
WIDTHS = (320, 390, 1280)
RECORDS = ("hypercalcaemia_breast.json", "cord_compression_prostate.yaml")


@pytest.fixture(scope="module", params=RECORDS)
def report(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    record = bonemets.read(ROOT / "examples" / request.param)
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(render(bonemets.assess(record, run_date=dt.date(2026, 11, 26))))
    return path


@pytest.fixture
def page(browser: Browser, report: Path) -> Iterator[Page]:
    """The report opened without script; whatever it fetches or complains of fails the test."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    told: list[str] = []
    page.on("request", lambda request: told.append(request.url))
    page.on("console", lambda message: told.append(message.text))
    page.goto(report.as_uri())
    yield page
    context.close()
    assert told == [report.as_uri()]


def test_the_report_fetches_nothing_and_says_what_matters_first(page: Page) -> None:
    headings = page.locator("h1, h2, h3").all_inner_texts()
    assert headings[:2] == ["Bone metastasis assessment", "What needs action now, and by when"]
    assert re.match(r"Immediate action required: (Now|Today): ", " ".join(headings[2].split()))


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_runs_out_of_the_page_at_any_width(
    browser: Browser, report: Path, width: int
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.goto(report.as_uri())
    wide = page.evaluate("document.documentElement.scrollWidth")
    wider = page.evaluate(
        "[...document.querySelectorAll('main *')].filter(x => x.getBoundingClientRect().right > "
        f"{width} + 1 && !x.closest('.nhsuk-u-visually-hidden')).map(x => x.outerHTML.slice(0, 90))"
    )
    page.close()
    assert (wide, wider) == (width, [])


def looked_at() -> list[Any]:
    """Each record at each width; without `--all` each width once: looking takes ten seconds."""
    quick = {(record, width) for record, width in zip(RECORDS * 2, WIDTHS, strict=False)}
    return [
        pytest.param(record, width, marks=() if (record, width) in quick else pytest.mark.slow)
        for record in RECORDS
        for width in WIDTHS
    ]


@pytest.mark.parametrize(("report", "width"), looked_at(), indirect=["report"])
def test_the_report_is_accessible(browser: Browser, report: Path, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.goto(report.as_uri())
    found = Axe().run(page).response["violations"]
    page.close()
    assert [(x["id"], x["impact"], x["nodes"][0]["html"][:120]) for x in found] == []


def test_every_citation_leads_to_its_source(page: Page) -> None:
    # One call each: a report holds thousands of both.
    links = set(page.locator("a[href^='#']").evaluate_all("all => all.map(x => x.hash)"))
    ids = set(page.locator("[id]").evaluate_all("all => all.map(x => '#' + x.id)"))
    assert links - ids == set()
    assert sum(x.startswith("#source-") for x in links) > 5


def test_figures_have_a_name_and_stand_beside_words(page: Page) -> None:
    figures = page.locator("figure svg[role=img]")
    assert figures.count() >= 3
    for figure in figures.all():
        assert len(figure.get_attribute("aria-label") or "") > 20


def test_print_shows_what_is_folded_and_no_addresses(browser: Browser, report: Path) -> None:
    page = browser.new_page(viewport={"width": 794, "height": 1123})
    page.goto(report.as_uri())
    printed = ":is(details :is(p, li), p.bm-print):not(details.bm-screen *)"
    folded = page.locator(printed).first
    assert not folded.is_visible()
    page.emulate_media(media="print")
    shown = folded.evaluate("x => x.getBoundingClientRect().height")
    pdf = page.pdf(format="A4")
    page.close()
    assert shown > 0
    assert pdf.startswith(b"%PDF")


def test_the_first_page_in_print_is_filled_with_the_first_alert(
    browser: Browser, report: Path
) -> None:
    """A card that may not be broken would leave the first page blank beneath the heading."""
    page = browser.new_page()
    page.goto(report.as_uri())
    page.emulate_media(media="print")
    broken = page.locator(".nhsuk-card--care").evaluate_all(
        "all => all.map(x => getComputedStyle(x).breakInside)"
    )
    page.close()
    assert broken
    assert set(broken) == {"auto"}
