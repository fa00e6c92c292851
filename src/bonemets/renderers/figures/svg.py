"""A little SVG: elements by name and attributes, written by the standard library (so escaped)."""

from __future__ import annotations

from typing import Final
from xml.etree import ElementTree as ET

FONT: Final = "Liberation Sans, Arial, sans-serif"
INK: Final = "#212b32"
PALE: Final = "#d8dde0"
GREY: Final = "#768692"
WHITE: Final = "#ffffff"
RED: Final = "#b01c14"

Element = ET.Element
"""An element of a figure."""


def drawing(width: float, height: float, name: str) -> Element:
    """Begin a figure that scales with its place; `name` says in one sentence what it shows."""
    root = Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {width:g} {height:g}",
            "role": "img",
            "aria-label": name,
            "font-family": FONT,
        },
    )
    return root


def add(parent: Element, tag: str, text: str = "", /, **attributes: float | str) -> Element:
    """Add an element; `_` in an attribute's name stands for `-`."""
    made = ET.SubElement(
        parent,
        tag,
        {
            k.rstrip("_").replace("_", "-"): f"{v:g}" if isinstance(v, float | int) else v
            for k, v in attributes.items()
        },
    )
    if text:
        made.text = text
    return made


def words(
    parent: Element, x: float, y: float, text: str, size: float = 11, /, **more: float | str
) -> Element:
    """Add a line of text; `size` in the figure's units."""
    return add(parent, "text", text, x=x, y=y, font_size=size, **{"fill": INK, **more})


def written(root: Element) -> str:
    """Give the figure as text."""
    return ET.tostring(root, encoding="unicode")
