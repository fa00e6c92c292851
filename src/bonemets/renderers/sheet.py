"""A sheet of wrapped lines."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Final, NamedTuple, Protocol

from rich.cells import cell_len, chop_cells

from bonemets.renderers.words import clean

MARGIN: Final = 2
NARROWEST: Final = 20
GLUE: Final = "\ue000"
"""Stands for a space at which no line may break; `clean` lets none of these in."""

NUMBER_AND_UNIT: Final = re.compile(r"(?<=\d) (?=[%A-Za-zµ×°])")
WORD: Final = re.compile(r"\s*\S+\s*")


class Line(NamedTuple):
    """One line: its text, and which stretches of it (from, to) bear which style."""

    text: str
    styles: tuple[tuple[int, int, str], ...] = ()


class Medium(Protocol):
    """What a report can be written on; see `Sheet` for what each does."""

    width: int

    def put(
        self,
        text: str,
        *,
        indent: int = MARGIN,
        bullet: str = "",
        style: str = "",
        label: str = "",
        label_style: str = "bold",
        whole: bool = False,
    ) -> None:
        """Add a paragraph."""
        ...

    def gap(self) -> None:
        """Part what follows from what was."""
        ...

    def heading(self, title: str) -> None:
        """Begin a section."""
        ...

    def table(
        self, rows: Sequence[Sequence[str]], widths: Sequence[int], *, indent: int = MARGIN
    ) -> None:
        """Add rows of cells."""
        ...


class Sheet:
    """Lines of text, wrapped at a width; whatever is put in is data, never markup."""

    def __init__(self, width: int, colour: bool = False, *, blank: bool = False) -> None:
        """Take the columns to wrap at, and whether the terminal's colour codes are put in.

        `blank`: nothing is kept of what is put in.
        """
        self.width = width
        self.blank = blank
        self.colour = colour
        self.lines: list[Line] = []

    def put(
        self,
        text: str,
        *,
        indent: int = MARGIN,
        bullet: str = "",
        style: str = "",
        label: str = "",
        label_style: str = "bold",
        whole: bool = False,
    ) -> None:
        """Add a paragraph, its bullet hanging out, its label leading in; `whole`: not wrapped."""
        if self.blank:
            return
        body = NUMBER_AND_UNIT.sub(GLUE, clean(text))
        head = clean(label)
        said = f"{head} {body}" if label else body
        styled = ((0, len(head), label_style), (len(said) - len(body), len(said), style))
        room = max(NARROWEST, self.width - indent - len(bullet))
        for first, last in [(0, len(said))] if whole else wrapped(said, room):
            line = said[first:last].replace(GLUE, " ").rstrip()
            before = " " * indent + (" " * len(bullet) if first else bullet)
            shift, end = len(before) - first, first + len(line)
            styles = tuple(
                (max(a, first) + shift, min(b, end) + shift, name)
                for a, b, name in styled
                if name and a < end and b > first
            )
            self.lines.append(Line(before + line, styles))

    def gap(self) -> None:
        """Leave a line empty, once."""
        if self.lines and self.lines[-1].text:
            self.lines.append(Line(""))

    def heading(self, title: str) -> None:
        """Begin a section."""
        self.gap()
        self.put(title, indent=0, style="bold")

    def table(
        self, rows: Sequence[Sequence[str]], widths: Sequence[int], *, indent: int = MARGIN
    ) -> None:
        """Add rows of cells in columns, each cell wrapped in its own."""
        for row in rows:
            cells = [
                [cell[first:last].rstrip() for first, last in wrapped(cell, room)]
                for cell, room in zip(map(clean, row), widths, strict=True)
            ]
            for n in range(max(map(len, cells))):
                parts = [
                    (cell[n] if n < len(cell) else "").ljust(room)
                    for cell, room in zip(cells, widths, strict=True)
                ]
                self.lines.append(Line((" " * indent + "  ".join(parts)).rstrip()))

    def text(self) -> str:
        """Give the sheet as one text."""
        if not self.colour:
            return "".join(f"{line.text}\n" for line in self.lines)
        from rich.console import Console  # a twentieth of a cold start; no colour, no need
        from rich.text import Text

        console = Console(
            file=io.StringIO(),
            width=self.width,
            color_system="standard",
            force_terminal=True,
            force_jupyter=False,
            no_color=False,
            highlight=False,
            markup=False,
            emoji=False,
            legacy_windows=False,
        )
        with console.capture() as caught:
            for line in self.lines:
                said = Text(line.text)
                for first, last, name in line.styles:
                    said.stylize(name, first, last)
                console.print(said, no_wrap=True, overflow="ignore", crop=False)
        return caught.get()


cells = lru_cache(4096)(cell_len)
"""How many cells of a terminal a word takes."""


def wrapped(text: str, room: int) -> Iterator[tuple[int, int]]:
    """Give where each line of a text begins and ends, so that it fits in `room` terminal cells.

    A word that fits on no line is cut. The breaks are those of `rich.text.Text.wrap`, which takes
    several times as long.
    """
    measure = len if text.isascii() else cells
    breaks = [0]
    used = 0
    for found in WORD.finditer(text):
        word, start = found[0], found.start()
        width = measure(word.rstrip())
        if used + width <= room:
            used += measure(word)
            continue
        parts = chop_cells(word, room) if width > room else [word]
        for part in parts:
            if start:
                breaks.append(start)
            start += len(part)
        used = measure(parts[-1])
    return pairwise([*breaks, len(text)])
