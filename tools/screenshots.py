"""Take the pictures of the page that docs/screenshots/ keeps, from the examples.

python tools/screenshots.py [FOLDER]

It needs Debian's Chromium (`chromium`) and the extra `dev`.
"""

from __future__ import annotations

import base64
import os
import sys
from collections.abc import Callable
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory
from threading import Thread

from playwright.sync_api import Browser, Page, sync_playwright

import bonemets
from bonemets.web.server import ready

FOLDER = Path(__file__).parents[1] / "docs" / "screenshots"
WIDTHS = {"desktop": 1280, "phone": 390}
TALLEST = 2600
"""A picture ends here; the page goes on."""
QUALITY = 40
FONTS = Path(bonemets.__file__).parent / "renderers" / "pdf" / "fonts"
"""Liberation Sans, as wide as the Arial that most readers have: no machine changes a picture."""
FONTCONFIG = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{fonts}</dir><cachedir>{cache}</cachedir>
<alias binding="same"><family>Arial</family>
<prefer><family>Liberation Sans</family></prefer></alias>
</fontconfig>"""
EXAMPLE = "Cord compression prostate"


def start(_: Page) -> None:
    """Stay on the start page."""


def empty(page: Page) -> None:
    """Begin a case."""
    page.get_by_role("button", name="Start an empty case").click()
    page.locator("#case").wait_for()


def prepare(page: Page) -> None:
    """Open the example."""
    page.get_by_role("button", name=EXAMPLE).click()
    page.locator("#shown").wait_for()


def present(page: Page) -> None:
    """Show the example's assessment alone."""
    prepare(page)
    page.get_by_role("button", name="Present").click()
    page.locator(".bm-case--present").wait_for()


def option(page: Page) -> None:
    """Open the options, and what the first with numbers of people achieved."""
    present(page)
    details = page.locator("details:has(.bm-people)").first
    details.evaluate("x => { x.open = true; x.scrollIntoView(); }")


def leaflet(page: Page) -> Page:
    """Open the patient's leaflet of the example."""
    prepare(page)
    with page.context.expect_page() as waiting:
        page.get_by_role("button", name="Patient's leaflet").click()
    return waiting.value


def address(path: str) -> Callable[[Page], None]:
    """Go to an address of the server."""

    def go(page: Page) -> None:
        page.goto(page.url.rstrip("/") + path)

    return go


VIEWS: dict[str, Callable[[Page], Page | None]] = {
    "start": start,
    "empty": empty,
    "prepare": prepare,
    "present": present,
    "option": option,
    "leaflet": leaflet,
    "scores": address("/scores"),
    "score": address("/scores/sins?l.0.spine_junction=junctional&l.0.spine_pain=mechanical"),
    "guide": address("/guide?q=calcium"),
    "chapter": address("/guide/fracture"),
}


def served() -> str:
    """Run the server until this program ends; give its start address."""
    address, run = ready(bonemets.load_pack(), 0, None)
    Thread(target=run, daemon=True).start()
    return address


def take(browser: Browser, address: str, view: str, width: int) -> bytes:
    """Take one picture, as WebP."""
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    page.goto(address)
    page = VIEWS[view](page) or page
    page.set_viewport_size({"width": width, "height": 900})
    page.wait_for_load_state("networkidle")
    top = page.evaluate("scrollY")
    height = page.evaluate("document.documentElement.scrollHeight") - top
    clip = {"x": 0, "y": top, "width": width, "height": min(height, TALLEST), "scale": 1}
    taken = context.new_cdp_session(page).send(
        "Page.captureScreenshot",
        {"format": "webp", "quality": QUALITY, "clip": clip, "captureBeyondViewport": True},
    )
    context.close()
    return base64.b64decode(taken["data"])


def main() -> None:
    """Take every picture at every width."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    chromium = which("chromium") or sys.exit("needs Chromium (Debian: apt-get install chromium)")
    address = served()
    with TemporaryDirectory() as place, sync_playwright() as play:
        fonts = Path(place) / "fonts.conf"
        fonts.write_text(FONTCONFIG.format(fonts=FONTS, cache=place))
        browser = play.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox"],
            env={**os.environ, "FONTCONFIG_FILE": str(fonts)},
        )
        for view in VIEWS:
            for name, width in WIDTHS.items():
                data = take(browser, address, view, width)
                (folder / f"{view}-{name}.webp").write_bytes(data)
        browser.close()


if __name__ == "__main__":
    main()
