"""Models of outlook side by side: one row a model, on one scale that begins at nothing."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import Final

from bonemets.renderers.figures.svg import GREY, INK, PALE, add, drawing, words, written
from bonemets.renderers.outlook import Bar

WIDTH: Final = 520
LEFT: Final = 210
RIGHT: Final = 500
ROW: Final = 22
TOP: Final = 18
LONGEST: Final = 40
"""More letters of a title than this are cut: the table beside the chart has them all."""
LETTER: Final = 5.6
"""How wide a letter of a note is at most, on average."""
STEP: Final = 12
"""A scale of months ends at a multiple of this."""


def outlook(bars: Sequence[Bar], name: str, whole: float | None) -> str | None:
    """Draw a dot for a value, a thin line for its interval, a thick one for bands still possible.

    A row without figures holds its note. `whole`: where the scale ends (None: past the last
    figure). Gives None where there is no row.
    """
    if not bars:
        return None
    figures = [x for bar in bars for x in (bar.low, bar.value, bar.high) if x is not None]
    end = whole or STEP * (1 + max(figures, default=0) // STEP)
    height = TOP + ROW * len(bars) + 18
    root = drawing(WIDTH, height, name)

    def x(share: float) -> float:
        return LEFT + (RIGHT - LEFT) * share / end

    for share in (end * n / 4 for n in range(5)):
        add(root, "line", x1=x(share), y1=TOP - 4, x2=x(share), y2=height - 16, stroke=PALE)
        words(root, x(share), height - 4, f"{share:g}", 9, text_anchor="middle")
    for n, bar in enumerate(bars):
        title, low, value, high, note = bar.title, bar.low, bar.value, bar.high, bar.note
        y = TOP + ROW * n + ROW / 2
        short = title if len(title) <= LONGEST else f"{title[: LONGEST - 1]}…"
        words(root, LEFT - 8, y + 3, short, 9, text_anchor="end")
        if low is not None and low == high and value is None:
            # One band is left with a figure: a line of no length is drawn by browsers alone.
            add(root, "circle", cx=x(low), cy=y, r=3, fill=INK)
        elif low is not None and high is not None:
            width = 1.6 if value is not None else 6
            ends = {"x1": x(low), "y1": y, "x2": x(high), "y2": y}
            add(root, "line", **ends, stroke=INK, stroke_width=width, stroke_linecap="round")
        if value is not None:
            add(root, "circle", cx=x(value), cy=y, r=5, fill=INK)
        if note:
            at = LEFT + 6 if low is None and value is None else x(high or value or 0) + 10
            lines = wrap(note, max(int((WIDTH - at) / LETTER), 1), max_lines=2, placeholder="…")
            for line, text in enumerate(lines):
                below = y + 3 if len(lines) == 1 else y - 2 + 10 * line
                words(root, at, below, text, 9, font_style="italic")
        add(
            root,
            "line",
            x1=LEFT,
            y1=y + ROW / 2,
            x2=RIGHT,
            y2=y + ROW / 2,
            stroke=GREY,
            stroke_width=0.2,
        )
    return written(root)
