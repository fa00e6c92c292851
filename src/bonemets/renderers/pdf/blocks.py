"""A report as blocks for the typesetter: headings, paragraphs, bullets, tables, figures, sources.

Every text is data. The template asks for it by key and never reads it as markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final, Literal

from msgspec import Struct

from bonemets.model import Source
from bonemets.renderers.citations import Citations
from bonemets.renderers.pdf.letters import shown
from bonemets.renderers.sheet import MARGIN, NUMBER_AND_UNIT

OPEN: Final = "\ue001"
CLOSE: Final = "\ue002"
RESERVED: Final = (OPEN, CLOSE)
"""They stand about a citation within a text; an assessment is freed of them before."""
CITED: Final = re.compile(f"{OPEN}([^{CLOSE}]*){CLOSE}")
UNBROKEN: Final = re.compile(rf"{NUMBER_AND_UNIT.pattern}| (?=\*(?:\W|$))")
"""A space at which no line may break: before a unit, or before a mark."""
HARD_SPACE: Final = "\u00a0"

Style = Literal["", "bold", "bold red", "bold yellow", "bold green"]


class Run(Struct, omit_defaults=True):
    """A stretch of text: its style, or what it links to."""

    text: str
    style: str = ""
    source: int = 0
    """The number of the source that it cites."""
    link: str = ""
    """An address."""


class Block(Struct, omit_defaults=True):
    """One block: `kind` says which of the keys count."""

    kind: Literal[
        "title",
        "heading",
        "subheading",
        "text",
        "bullet",
        "table",
        "figures",
        "scale",
        "chart",
        "people",
        "source",
    ]
    runs: list[Run] = []
    deep: int = 0
    """How far it is set in: 0, 1 or 2."""
    keep: bool = False
    """Whether it stays with what follows."""
    header: list[list[Run]] = []
    rows: list[list[list[Run]]] = []
    wide: list[float] = []
    """Widths of columns, as parts of the whole."""
    figures: list[Figure] = []
    number: int = 0
    lines: list[list[Run]] = []
    gap: bool = False
    """Whether something new begins."""


class Figure(Struct):
    """A drawing with its name, and what stands beneath it."""

    svg: str
    name: str
    caption: str
    proportion: float
    """Width over height."""


class Marked(Citations):
    """Citations that can be found again within a text."""

    def cite(self, cited: Iterable[Source]) -> str:
        """Give the citation of some sources, marked; empty for none."""
        said = [f"{n}:{mark}" for n, mark in self.marks(cited)]
        return f" {OPEN}{','.join(said)}{CLOSE}" if said else ""


def runs_of(text: str, style: str = "") -> list[Run]:
    """Part a text into its stretches, citations apart."""
    found: list[Run] = []
    for n, part in enumerate(CITED.split(text)):
        if n % 2 == 0:
            said = UNBROKEN.sub(HARD_SPACE, shown_within(part))
            if said:
                found.append(Run(said, style))
            continue
        found.append(Run("["))
        for k, one in enumerate(part.split(",")):
            number, _, mark = one.partition(":")
            found += [Run(", ")] if k else []
            found.append(Run(mark, source=int(number)))
        found.append(Run("]"))
    return found


def shown_within(part: str) -> str:
    """Give a part of a text as it is shown, with the spaces at its ends."""
    said = shown(part)
    if not said:
        return " " if part else ""
    return f"{' ' * part[:1].isspace()}{said}{' ' * part[-1:].isspace()}"


class Blocks:
    """A medium to write a report on that keeps its blocks."""

    def __init__(self) -> None:
        """Begin without a block."""
        self.width = 0
        self.blocks: list[Block] = []
        self._gap = False

    def taken(self) -> list[Block]:
        """Give the blocks, and begin anew."""
        found, self.blocks = self.blocks, []
        self._gap = False
        return found

    def add(self, block: Block) -> None:
        """Add a block."""
        block.gap = self._gap and block.kind in ("text", "bullet")
        self._gap = False
        self.blocks.append(block)

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
        """Add a paragraph; a label alone heads what follows, and nothing at all is no paragraph."""
        runs = runs_of(label, label_style)
        body = runs_of(text, style)
        if not runs and not body:
            return
        if runs and body:
            runs.append(Run(" "))
        deep = max(0, indent // MARGIN - 1)
        if label and not body and not bullet and not deep:
            self.add(Block("subheading", runs=runs, keep=True))
            return
        alone = not label and style.startswith("bold") and not bullet
        heads = alone or (bool(label) and not body)
        kind = "bullet" if bullet else "text"
        self.add(Block(kind, runs=runs + body, deep=deep, keep=heads))

    def gap(self) -> None:
        """Let something new begin."""
        self._gap = True

    def heading(self, title: str) -> None:
        """Begin a section."""
        self.add(Block("heading", runs=[Run(title)], keep=True))

    def table(
        self, rows: Sequence[Sequence[str]], widths: Sequence[int], *, indent: int = MARGIN
    ) -> None:
        """Add a table; its first row heads the columns."""
        header, *others = [[runs_of(cell) for cell in row] for row in rows]
        self.add(Block("table", header=header, rows=others, wide=[float(x) for x in widths]))
