"""A sheet of wrapped lines."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import Final

from rich.console import Console
from rich.text import Text

from bonemets.renderers.words import clean

MARGIN: Final = 2
NARROWEST: Final = 20
GLUE: Final = "\ue000"
"""Stands for a space at which no line may break; `clean` lets none of these in."""

NUMBER_AND_UNIT: Final = re.compile(r"(?<=\d) (?=[%A-Za-zµ×°])")


class Sheet:
    """Lines of text, wrapped at a width; whatever is put in is data, never markup."""

    def __init__(self, width: int, colour: bool) -> None:
        """Take the columns to wrap at, and whether the terminal's colour codes are put in."""
        self.width = width
        self.lines: list[Text] = []
        self.console = Console(
            file=io.StringIO(),
            width=width,
            color_system="standard" if colour else None,
            force_terminal=colour,
            force_jupyter=False,
            no_color=not colour,
            highlight=False,
            markup=False,
            emoji=False,
            legacy_windows=False,
        )

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
        said = Text()
        if label:
            said.append(clean(label), style=label_style)
            said.append(" ")
        said.append(NUMBER_AND_UNIT.sub(GLUE, clean(text)), style=style)
        room = max(NARROWEST, self.width - indent - len(bullet))
        for n, line in enumerate([said] if whole else said.wrap(self.console, room)):
            line.plain = line.plain.replace(GLUE, " ").rstrip()
            before = " " * indent + (bullet if n == 0 else " " * len(bullet))
            self.lines.append(Text(before) + line)

    def gap(self) -> None:
        """Leave a line empty, once."""
        if self.lines and self.lines[-1].plain:
            self.lines.append(Text(""))

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
                [line.plain.rstrip() for line in Text(clean(cell)).wrap(self.console, room)]
                for cell, room in zip(row, widths, strict=True)
            ]
            for n in range(max(map(len, cells))):
                parts = [
                    (cell[n] if n < len(cell) else "").ljust(room)
                    for cell, room in zip(cells, widths, strict=True)
                ]
                self.lines.append(Text((" " * indent + "  ".join(parts)).rstrip()))

    def text(self) -> str:
        """Give the sheet as one text."""
        with self.console.capture() as caught:
            for line in self.lines:
                self.console.print(line, no_wrap=True, overflow="ignore", crop=False)
        return caught.get()
