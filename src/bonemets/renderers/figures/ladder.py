"""The spine as a ladder: one rung a vertebra, with what is known of the lesions at each level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bonemets.renderers.figures.svg import (
    GREY,
    INK,
    PALE,
    RED,
    WHITE,
    add,
    drawing,
    words,
    written,
)

LEVELS = (
    *(f"c{n}" for n in range(1, 8)),
    *(f"t{n}" for n in range(1, 13)),
    *(f"l{n}" for n in range(1, 6)),
    "s1",
)
NARROWEST = 150
LETTER = 6.4
"""About how wide a bold letter is."""
PITCH = 15
TOP = 6
SPINE = 34
"""Where the middle of the vertebrae is drawn."""
TEXT = SPINE + 30


@dataclass(frozen=True, slots=True)
class Rung:
    """A spinal lesion: its number, where it may be, and what is said of it in a few words."""

    number: int
    levels: tuple[str, ...]
    text: str
    confirmed: bool


def ladder(rungs: Sequence[Rung], name: str) -> str:
    """Draw the spine with the lesions whose level is known; sacral levels share the last rung."""
    room = max(_width(rungs, level) for level in LEVELS)
    root = drawing(max(NARROWEST, TEXT + room), 2 * TOP + PITCH * len(LEVELS), name)
    for n, level in enumerate(LEVELS):
        y, half = TOP + PITCH * n, 7 + 7 * n / len(LEVELS)
        here = _here(rungs, level)
        confirmed = any(r.confirmed and len(r.levels) == 1 for r in here)
        dashes = {} if confirmed or not here else {"stroke_dasharray": "3 2"}
        add(
            root,
            "rect",
            x=SPINE - half,
            y=y + 1.5,
            width=2 * half,
            height=PITCH - 3,
            rx=2,
            fill=RED if confirmed else WHITE,
            stroke=RED if here else GREY,
            stroke_width=1.6 if here else 0.8,
            **dashes,
        )
        shown = "S" if level == "s1" else level.upper()
        weight = "bold" if here else "normal"
        colour = INK if here else GREY
        words(root, 0, y + 11, shown, 10, fill=colour, font_weight=weight)
        if here:
            middle = y + PITCH / 2
            add(
                root,
                "line",
                x1=SPINE + half,
                y1=middle,
                x2=SPINE + 26,
                y2=middle,
                stroke=PALE,
                stroke_width=1,
            )
            x = float(TEXT)
            for rung in here:
                paints = (INK, WHITE) if rung.confirmed else (WHITE, INK)
                add(root, "circle", cx=x + 6, cy=middle, r=6.5, fill=paints[0], stroke=INK)
                bold = {"font_weight": "bold"}
                number = {"fill": paints[1], "text_anchor": "middle", **bold}
                words(root, x + 6, middle + 3, str(rung.number), 9, **number)
                words(root, x + 16, middle + 4, rung.text, 11, **bold)
                x += 24 + LETTER * len(rung.text)
    return written(root)


def _width(rungs: Sequence[Rung], level: str) -> float:
    """Give about how much room the lesions of a level need."""
    return sum(24 + LETTER * len(r.text) for r in _here(rungs, level))


def _here(rungs: Sequence[Rung], level: str) -> list[Rung]:
    return [r for r in rungs if level in {_rung(x) for x in r.levels}]


def _rung(level: str) -> str:
    return "s1" if level.startswith("s") else level
