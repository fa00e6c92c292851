"""What axe finds wrong with a page, with or without its look at contrast."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

WANTED = {"resultTypes": ["violations"]}
ALL_BUT_CONTRAST = {**WANTED, "rules": {"color-contrast": {"enabled": False}}}
"""Contrast takes three quarters of a look at a long page."""


def violations(page: Page, *, contrast: bool = True) -> list[dict[str, Any]]:
    return Axe().run(page, options=WANTED if contrast else ALL_BUT_CONTRAST).response["violations"]
