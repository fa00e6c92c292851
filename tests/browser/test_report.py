"""The report in a real browser: whole without a network or a script, accessible, at every width."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from pypdf import PdfReader

import bonemets
from bonemets.model import Assessment
from bonemets.renderers.board import Board, parts
from bonemets.renderers.html import render
from bonemets.renderers.words import sentence
from browser.looking import violations

ROOT = Path(__file__).parents[2]
WIDTHS = (320, 390, 1280)
ZOOMED = 1280 // 2
"""What is left of the widest at a zoom of 200 %."""
LONGEST_FRONT, LONGEST_REPORT = 10, 24
"""Pages of A4 before the annex, and in all: a letter is wider where the page's font is absent."""
RECORDS = ("hypercalcaemia_breast.json", "cord_compression_prostate.yaml")
ASSESSED: dict[Path, Assessment] = {}


@pytest.fixture(scope="module", params=RECORDS)
def report(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    record = bonemets.read(ROOT / "examples" / request.param)
    path = tmp_path_factory.mktemp("report") / "report.html"
    ASSESSED[path] = bonemets.assess(record, run_date=dt.date(2026, 11, 26))
    path.write_text(render(ASSESSED[path]))
    return path


@pytest.fixture(scope="module")
def board(report: Path) -> Board:
    """What the report was made from."""
    return Board(ASSESSED[report])


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


@pytest.mark.parametrize("width", (*WIDTHS, ZOOMED))
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
def test_the_report_is_accessible(
    browser: Browser, report: Path, width: int, request: pytest.FixtureRequest
) -> None:
    """Colours are the same at every width: without `--all` their contrast is looked at once."""
    once = width != WIDTHS[-1] or request.config.getoption("--all")
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.goto(report.as_uri())
    found = violations(page, contrast=once)
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


def test_print_tells_what_is_told_of_every_option_once_and_declined_ones_by_their_reason(
    browser: Browser, report: Path, board: Board
) -> None:
    """Whenever an option begins: checks, side effects, results; the screen has all of each."""
    page = browser.new_page(viewport={"width": 794, "height": 1123})
    page.goto(report.as_uri())
    page.emulate_media(media="print")
    lines = page.locator("details[id^=option-]").evaluate_all("""all => all.map(x => [
        x.id.slice(7), [...x.querySelectorAll('li, tr')].filter(
            y => y.getBoundingClientRect().height > 0).map(y => y.innerText)])""")
    rows = page.locator("table.bm-options:not(.bm-models) tbody tr:visible").count()
    page.close()
    full = board.parted_options()[0]
    printed = [x for x in full if not board.is_refused(x)]
    assert rows == len(printed) < len(full)
    told = "\n".join(" ".join(x.split()) for _, said in lines for x in said)
    assert {x for x, said in lines if said} <= {x.id for x in printed}
    for option in printed:
        for kind in ("checks_before", "monitoring"):
            for check in parts(option, kind):
                assert " ".join(sentence(check.text).split()) in told, check.text
        for effect in (*option.side_effects, *option.effects):
            assert (" ".join(effect.figure.split()) in told) == (effect.speaks_of != "no")


def test_a_printed_report_is_short_and_begins_with_what_a_board_reads(
    browser: Browser, report: Path
) -> None:
    page = browser.new_page()
    page.goto(report.as_uri())
    pdf = PdfReader(BytesIO(page.pdf(format="A4")))
    page.close()
    said = cache(lambda n: pdf.pages[n].extract_text())  # a page takes a fifth of a second
    pages = range(len(pdf.pages))
    first = [
        next(n + 1 for n in pages if re.search(rf"^{heading}", said(n), re.MULTILINE))
        for heading in ("What needs action", "Questions that would", "Bone lesions$", "Scores")
    ]
    annex = next(n + 1 for n in pages if said(n).count("Annex: "))
    assert first == sorted(first)
    assert first[-1] <= 3
    assert annex <= LONGEST_FRONT
    assert len(pages) <= LONGEST_REPORT
    assert any("Evidence" in said(n) for n in pages[annex:])


def test_nothing_is_told_by_colour_alone(page: Page) -> None:
    """What a colour marks is marked by a word, a weight or a shape too."""
    tags = page.locator(".nhsuk-tag, .bm-stop, .bm-caution").all_inner_texts()
    assert len(tags) > 5
    assert all(re.search("[A-Za-z]{4}", x) for x in tags)
    for score in page.locator(".bm-score").all():
        figure = score.locator("figure svg")
        assert figure.locator("circle, line").count() >= 1
        assert figure.locator("text[font-weight=bold]").count() >= 1
